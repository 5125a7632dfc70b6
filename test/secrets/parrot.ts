/**
 * A stand-in for every service at once, which repeats what it was told: each secret of a request comes back in its answer, in
 * every encoding, in errors, in good answers and in headers. Behind it is the sandbox, for the answers themselves.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

import { formsOf, MARKS, type MarkName } from './marks.ts';

/**
 * `kind`: the good answer, with the secrets beside it. `refuses`: an error whose words are the secrets. `babbles`: a success
 * that is no JSON. `fails`: the task was taken and has failed, for a reason that holds them. `declines`: the model will not.
 */
export type Mood = 'kind' | 'refuses' | 'babbles' | 'fails' | 'declines';
export type Service = 'openai' | 'piapi' | 'runway' | 's3' | 'otlp' | 'alerts';

export interface Parrot extends AsyncDisposable {
  readonly origin: string;
  /** Of services that are not named: `kind`. */
  moods: Partial<Record<Service, Mood>>;
  /** The marks that were repeated to the client. */
  readonly repeated: ReadonlySet<MarkName>;
  /** What was sent to people and to the collector of traces. */
  readonly told: readonly string[];
}

// oxlint-disable-next-line typescript/no-explicit-any -- answers of every vendor, changed in place.
type Json = any;

interface Heard {
  readonly service: Service;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly marks: readonly MarkName[];
}

/** Where a text is cut on its way to a message, a secret must not be cut in two. */
const PADDINGS = [0, 185, 60, 288].map((length) => '.'.repeat(length));

/** `sandbox`: its origin. */
export async function startParrot(sandbox: string): Promise<Parrot> {
  const repeated = new Set<MarkName>();
  const told: string[] = [];
  let answers = 0;
  const words = (heard: Heard): string => {
    answers += 1;
    const forms = heard.marks.flatMap((name) => formsOf(MARKS[name]));
    for (const name of heard.marks) repeated.add(name);
    const first = answers % Math.max(1, forms.length);
    return `${PADDINGS[answers % PADDINGS.length]} ${[...forms.slice(first), ...forms.slice(0, first)].join(' ')}`;
  };
  const server = createServer((request, response) => {
    void serve(parrot, sandbox, words, told, request, response).catch(() => response.socket?.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the parrot has no port');
  const parrot: Parrot = {
    origin: `http://127.0.0.1:${address.port}`,
    moods: {},
    repeated,
    told,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return parrot;
}

async function serve(
  parrot: Parrot,
  sandbox: string,
  words: (heard: Heard) => string,
  told: string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const heard = await hear(request);
  if (heard.service === 'otlp' || (heard.service === 'alerts' && !heard.url.startsWith('/webhooks/')))
    told.push(heard.body);
  const mood = parrot.moods[heard.service] ?? 'kind';
  const echo = words(heard);
  const headers = {
    'x-you-said': encodeURIComponent(echo),
    'www-authenticate': `Bearer realm="${printable(echo)}"`,
  };
  if (mood === 'babbles') return void response.writeHead(200, headers).end(`<html>${echo}</html>`);
  if (mood === 'refuses' && heard.service === 's3')
    return void response
      .writeHead(403, { ...headers, 'content-type': 'application/xml' })
      .end(xmlError(echo));
  if (mood === 'refuses')
    return void response
      .writeHead(401, { ...headers, 'content-type': 'application/json' })
      .end(JSON.stringify(jsonError(echo)));
  const answer = await forwarded(sandbox, heard);
  if (answer.json !== null) repeat(answer.json, heard, mood, echo);
  response
    .writeHead(answer.status, { ...headers, 'content-type': 'application/json' })
    .end(answer.json === null ? 'ok' : JSON.stringify(answer.json));
}

async function hear(request: IncomingMessage): Promise<Heard> {
  const body = await text(request);
  const url = request.url ?? '';
  const [, first = ''] = /^\/([\w-]+)/.exec(url) ?? [];
  const service =
    (['openai', 'piapi', 'runway', 's3', 'otlp'] as const).find((name) => name === first) ?? 'alerts';
  const said = [url, ...request.rawHeaders, body].join('\n');
  const marks = (Object.keys(MARKS) as MarkName[]).filter((name) =>
    formsOf(MARKS[name]).some((form) => said.includes(form)),
  );
  return { service, url, body, marks, headers: request.headers, method: request.method ?? 'GET' };
}

/** What a header may hold. */
function printable(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]|"/g, '');
}

function xmlError(echo: string): string {
  const escaped = echo.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<?xml version="1.0"?><Error><Code>InvalidAccessKeyId</Code><Message>The key ${escaped} is not valid</Message><AWSAccessKeyId>${escaped}</AWSAccessKeyId></Error>`;
}

/** An error in everybody's shape at once. */
function jsonError(echo: string): Json {
  const error = { message: echo, raw_message: echo, code: echo, type: echo };
  return { ok: false, code: 401, message: echo, description: echo, detail: echo, error, data: { error } };
}

async function forwarded(
  sandbox: string,
  { service, method, url, headers, body }: Heard,
): Promise<{ readonly status: number; readonly json: Json }> {
  if (service === 'alerts' || service === 'otlp')
    return { status: 200, json: url.startsWith('/telegram/') || service === 'otlp' ? { ok: true } : null };
  const kept = ['authorization', 'x-api-key', 'content-type', 'x-runway-version'];
  const sent = Object.fromEntries(
    kept.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
  );
  const answer = await fetch(`${sandbox}${url}`, { method, headers: sent, ...(body === '' ? {} : { body }) });
  return { status: answer.status, json: await answer.json() };
}

/** Puts the secrets into a good answer, wherever a service has words of its own. */
function repeat(json: Json, { service, method }: Heard, mood: Mood, echo: string): void {
  const task = service === 'piapi' && json.data?.task_id !== undefined ? json.data : json;
  Object.assign(task, { you_said: echo, logs: [echo, { deep: { [echo]: echo } }] });
  if (mood === 'declines')
    Object.assign(json.choices[0], {
      finish_reason: 'content_filter',
      message: { role: 'assistant', content: echo, refusal: null },
    });
  if (service === 'openai' && typeof json.model === 'string') json.model += ` ${echo}`;
  if (mood !== 'fails') return;
  const failure = { status: 'FAILED', failure: echo, failureCode: echo };
  if (service === 'runway' && method === 'GET') Object.assign(task, failure);
  if (service === 'piapi' && 'status' in task)
    Object.assign(task, { status: 'failed', error: { message: echo, raw_message: echo } });
}
