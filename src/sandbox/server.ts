/**
 * A stand-in for every paid provider, on this machine: OpenAI, PiAPI, Runway and a file host, as their real clients speak
 * with them. It lets the whole mill run without keys or money, and lets tests make any provider misbehave.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

import { readBounded, TooLargeError } from '../adapters/http/read-bounded.ts';
import { SandboxClock } from './clock.ts';
import { createControl, type Control } from './control.ts';
import { digestOf } from './digest.ts';
import type { Call, Operation, Outcome, Reply, Vendor } from './exchange.ts';
import { Faults, type FaultAction, type ProviderName } from './faults.ts';
import { FileHost } from './file-host.ts';
import { Ledger, type LedgerOutcome } from './ledger.ts';
import { OpenaiVendor } from './openai.ts';
import type { Sandbox, SandboxOptions } from './options.ts';
import { PiapiVendor } from './piapi.ts';
import { RunwayVendor } from './runway.ts';
import { hangUp, send } from './send.ts';
import { Webhooks } from './webhooks.ts';

const ADDRESS = '127.0.0.1';
/** Four pictures for the judge come to less; so does the largest data URI. */
const MOST_REQUEST_BYTES = 32 * 1024 * 1024;
const TICK_MILLISECONDS = 500;
const DEFAULT_IMAGE_SECONDS = 100;
const DEFAULT_VIDEO_SECONDS = 40;
const DEFAULT_URL_SECONDS = 86_400;
const DEFAULT_CREDITS = 1_000_000;

/** Everything that a request may touch. */
interface Parts {
  readonly clock: SandboxClock;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly files: FileHost;
  readonly piapi: PiapiVendor;
  readonly vendors: Readonly<Record<ProviderName, Vendor>>;
  readonly control: Control;
  readonly webhooks: Webhooks;
  readonly closing: AbortController;
}

/** Starts the sandbox. A port that is taken, and a fault rule that makes no sense, are exceptions. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const clock = new SandboxClock(options.now ?? (() => new Date()));
  let origin = '';
  const faults = new Faults();
  faults.set(options.faults ?? [], options.seed ?? 1);
  const files = await FileHost.open(clock, () => `${origin}/files`);
  const parts = build(options, clock, faults, files);
  const server = createServer((request, response) => void serve(parts, request, response));
  try {
    origin = await listen(server, options.port ?? 0);
  } catch (error) {
    await files.close();
    throw error;
  }
  const timer =
    options.now === undefined ? setInterval(() => void tick(parts), TICK_MILLISECONDS) : undefined;
  timer?.unref();
  const close = async () => {
    clearInterval(timer);
    parts.closing.abort();
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
    await files.close();
  };
  const urls = {
    openai: `${origin}/openai/v1`,
    piapi: `${origin}/piapi`,
    runway: `${origin}/runway`,
    files: `${origin}/files`,
    control: `${origin}/control`,
  };
  return {
    port: Number(new URL(origin).port),
    urls,
    ledger: parts.ledger,
    setFaults: (rules, seed = 1) => faults.set(rules, seed),
    faultCounts: () => faults.counts(),
    advance: (seconds) => advance(parts, seconds),
    tick: () => tick(parts),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function build(options: SandboxOptions, clock: SandboxClock, faults: Faults, files: FileHost): Parts {
  const {
    media,
    keys = {},
    imageSeconds = DEFAULT_IMAGE_SECONDS,
    videoSeconds = DEFAULT_VIDEO_SECONDS,
  } = options;
  const { urlSeconds = DEFAULT_URL_SECONDS, gridOnly = false } = options;
  const ledger = new Ledger();
  const shared = { clock, files, media, urlSeconds };
  const piapi = new PiapiVendor({ ...shared, key: keys.piapi, imageSeconds, gridOnly });
  const runway = new RunwayVendor({
    ...shared,
    key: keys.runway,
    videoSeconds,
    credits: options.runwayCredits ?? DEFAULT_CREDITS,
  });
  const openai = new OpenaiVendor({ clock, key: keys.openai });
  const parts: Parts = {
    clock,
    faults,
    ledger,
    files,
    piapi,
    vendors: { openai, piapi, runway, files },
    webhooks: new Webhooks(),
    closing: new AbortController(),
    control: createControl({ clock, faults, ledger, advance: (seconds) => advance(parts, seconds) }),
  };
  return parts;
}

async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, ADDRESS);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The sandbox has no port');
  return `http://${ADDRESS}:${address.port}`;
}

async function advance(parts: Parts, seconds: number): Promise<void> {
  parts.clock.advance(seconds);
  await tick(parts);
}

async function tick({ piapi, faults, webhooks, clock }: Parts): Promise<void> {
  for (const { endpoint, secret, data } of piapi.takeFinished()) {
    const { action } = faults.fateOf('piapi', 'webhook');
    if (action?.type === 'drop') continue;
    const timestamp = Math.floor(clock.milliseconds() / 1000);
    webhooks.add({
      endpoint,
      secret,
      body: action?.type === 'malformed' ? { event: 'done' } : { timestamp, data },
    });
  }
  await webhooks.deliver();
}

async function serve(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Clients hang up whenever they like; nobody is left to tell.
  response.on('error', () => {});
  try {
    await answer(parts, request, response);
  } catch (error) {
    if (response.destroyed || parts.closing.signal.aborted) return;
    if (error instanceof TooLargeError)
      return refuse(response, 413, 'The request is too large for the sandbox.');
    const reason = error instanceof Error ? error.message : 'unknown';
    refuse(response, 500, `The sandbox itself failed: ${reason}`);
  }
}

function refuse(response: ServerResponse, status: number, error: string): void {
  if (response.headersSent) return hangUp(response);
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ error }));
}

async function answer(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.parse(request.url ?? '', `http://${ADDRESS}`);
  const [, prefix = '', rest = '/'] = /^\/([a-z]+)(\/.*)?$/.exec(url?.pathname ?? '') ?? [];
  const body = await readBounded(request, MOST_REQUEST_BYTES);
  const call: Call = {
    method: request.method ?? '',
    path: decoded(rest),
    query: url?.searchParams ?? new URLSearchParams(),
    headers: request.headers,
    json: parsed(body),
  };
  if (prefix === 'control' || (isShortcut(prefix) && rest === '/')) {
    const path = prefix === 'control' ? call.path : `/${prefix}`;
    return send(request, response, await parts.control({ ...call, path }), null);
  }
  if (!isProvider(prefix))
    return refuse(response, 404, 'The sandbox has /openai, /piapi, /runway, /files and /control.');
  const vendor = parts.vendors[prefix];
  const opened = vendor.open(call);
  if ('status' in opened) return send(request, response, opened, null);
  const { delaySeconds, action } = parts.faults.fateOf(prefix, opened.name, opened.paid?.prompt);
  if (delaySeconds > 0)
    await wait(delaySeconds * 1000, undefined, { signal: parts.closing.signal, ref: false });
  if (action?.type === 'drop') return hangUp(response);
  const outcome = await outcomeOf(vendor, opened, action);
  record(parts, prefix, call, opened, outcome, action);
  await send(request, response, outcome.reply, action);
}

async function outcomeOf(vendor: Vendor, operation: Operation, fault: FaultAction | null): Promise<Outcome> {
  if (fault?.type === 'status') {
    const reply = vendor.error(fault.status, fault.message, fault.code);
    return { reply: fault.underHttp200 ? { ...reply, status: 200 } : reply, refused: true };
  }
  if (fault?.type !== 'throttle') return operation.run(fault);
  const reply: Reply = vendor.error(429);
  return {
    reply: { ...reply, headers: { ...reply.headers, 'retry-after': String(fault.retryAfterSeconds) } },
  };
}

function record(
  { ledger, clock }: Parts,
  provider: ProviderName,
  call: Call,
  { paid }: Operation,
  { reply, taskId, costUsd, endsEmpty = false, refused = reply.status >= 300 }: Outcome,
  fault: FaultAction | null,
): void {
  if (paid === null) return;
  const answered: LedgerOutcome = isUnreadable(provider, fault) ? 'lost' : 'accepted';
  ledger.add({
    ...paid,
    provider,
    at: clock.date().toISOString(),
    outcome: refused ? 'refused' : answered,
    status: reply.status,
    taskId: taskId ?? null,
    account: accountOf(call),
    postId: postIdIn(call.json),
    endsEmpty,
    costUsd: refused ? 0 : (costUsd ?? 0),
  });
}

function accountOf({ headers }: Call): string {
  const { authorization, 'x-api-key': key } = headers;
  return digestOf(String(key ?? authorization ?? '')).slice(0, 8);
}

/** Data URIs are left out: megabytes of letters that name nothing. */
function postIdIn(json: unknown): string | null {
  const text = JSON.stringify(json, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith('data:') ? '' : value,
  );
  return /\b\d{8}-\d{4}\b/.exec(text ?? '')?.[0] ?? null;
}

/** The client cannot have learnt what it paid for. A wrong answer of OpenAI is an answer all the same. */
function isUnreadable(provider: ProviderName, fault: FaultAction | null): boolean {
  if (fault?.type === 'lose-answer' || fault?.type === 'garbage') return true;
  return fault?.type === 'malformed' && provider !== 'openai';
}

function isProvider(name: string): name is ProviderName {
  return name === 'openai' || name === 'piapi' || name === 'runway' || name === 'files';
}

/** What is asked for most can be asked without the prefix. */
function isShortcut(prefix: string): boolean {
  return prefix === 'health' || prefix === 'ledger';
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function parsed(body: Buffer): unknown {
  try {
    return body.length === 0 ? undefined : JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
