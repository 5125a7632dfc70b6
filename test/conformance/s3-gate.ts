/**
 * A gate in front of fauxqs, which ignores conditions and keeps no versions, so that the adapter and the real SDK meet over
 * the wire what vendors do. It is ours: what a real server does is known from a run against one (docs/adr).
 */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

import { startS3, type RunningS3 } from './s3-process.ts';
import { KeptVersions } from './s3-versions.ts';

/**
 * `compares`: as AWS; `creates`: it knows `If-None-Match` alone and ignores the other; `compares bare`: as Ceph's gateway, which knows an etag only without its quotes; `refuses`: every
 * condition, the right ones too; `like B2`: it offers no conditions and keeps versions.
 */
export type GateKind = 'compares' | 'creates' | 'compares bare' | 'refuses' | 'like B2';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array;
}

/** One request for the server behind the gate; it looks at no signature. */
export type Ask = (method: string, path: string, from?: IncomingMessage) => Promise<Answer>;

export async function startGatedS3(kind: GateKind): Promise<RunningS3> {
  const server = await startS3('fauxqs');
  const gate = new Gate(kind, askerOf(server.options.endpoint));
  const listener = createServer((incoming, outgoing) => void gate.serve(incoming, outgoing));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' ? address?.port : 0;
  return {
    ...server,
    options: { ...server.options, endpoint: `http://127.0.0.1:${port}` },
    async close() {
      listener.close();
      listener.closeAllConnections();
      await server.close();
    },
  };
}

class Gate {
  readonly #kind: GateKind;
  readonly #ask: Ask;
  readonly #versions: KeptVersions | null;
  /** Between a look and the write that it allows, nothing else may write. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(kind: GateKind, ask: Ask) {
    this.#kind = kind;
    this.#ask = ask;
    this.#versions = kind === 'like B2' ? new KeptVersions(ask) : null;
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const writes = incoming.method !== 'GET' && incoming.method !== 'HEAD';
    const answering = writes ? this.#writing.then(() => this.#write(incoming)) : this.#read(incoming);
    if (writes) this.#writing = answering.catch(() => {});
    const { body, headers, status } = await answering;
    outgoing.writeHead(status, headers).end(body);
  }

  async #read(incoming: IncomingMessage): Promise<Answer> {
    const { method = '', url = '' } = incoming;
    return this.#versions?.answer(url) ?? this.#ask(method, url, incoming);
  }

  async #write(incoming: IncomingMessage): Promise<Answer> {
    const { headers, method = '', url = '' } = incoming;
    const { 'if-match': wanted, 'if-none-match': none } = headers;
    const refusal = wanted === undefined && none === undefined ? null : await this.#refusal(url, wanted);
    if (refusal !== null) {
      incoming.resume();
      return refusal;
    }
    const answer = await this.#ask(method, url, incoming);
    const version = answer.status < 300 ? await this.#versions?.keep(method, url) : undefined;
    return version === undefined
      ? answer
      : { ...answer, headers: { ...answer.headers, 'x-amz-version-id': version } };
  }

  async #refusal(url: string, wanted: string | undefined): Promise<Answer | null> {
    if (this.#kind === 'like B2')
      return refusal(
        501,
        'NotImplemented',
        'A header you provided implies functionality that is not implemented.',
      );
    if (this.#kind === 'creates' && wanted !== undefined) return null;
    const present = await this.#ask('HEAD', url);
    const conflict = refusal(412, 'PreconditionFailed', 'At least one of the preconditions did not hold.');
    if (wanted === undefined) return present.status === 404 ? null : conflict;
    if (present.status === 404) return refusal(404, 'NoSuchKey', 'The specified key does not exist.');
    const etag = present.headers.etag ?? '';
    const right = this.#kind === 'compares' ? etag : etag.replaceAll('"', '');
    return this.#kind !== 'refuses' && wanted === right ? null : conflict;
  }
}

export function refusal(status: number, code: string, message: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Error>\n    <Code>${code}</Code>\n    <Message>${message}</Message>\n</Error>\n`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) };
}

function askerOf(endpoint: string): Ask {
  return async (method, path, from) => {
    const asked = request(endpoint + path, { method, headers: from?.headers ?? {} });
    if (from === undefined) asked.end();
    else from.pipe(asked);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
  };
}
