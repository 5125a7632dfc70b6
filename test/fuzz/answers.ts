/**
 * What a provider, or something on the way to it, may send back: any status, any head, any body, whole or cut. One server
 * on this machine sends it byte for byte, since a library's own idea of an answer would leave out what hurts.
 */
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import * as fc from 'fast-check';
import { expect } from 'vitest';

import { FAILURES, type Failure } from '../../src/domain/failure.ts';
import { text } from './hostile.ts';

/** A secret that the other side may repeat anywhere. */
export const KEY = 'key-that-nobody-may-read-0123456789';
export const redact = (shown: string): string => shown.replaceAll(KEY, '[redacted]');

type Framing = 'length' | 'chunked' | 'close' | 'cut' | 'cut-chunk' | 'announced' | 'reset' | 'garbage';

export interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  readonly framing: Framing;
}

const STATUSES = [
  100, 101, 103, 201, 202, 203, 204, 205, 206, 226, 299, 300, 301, 302, 303, 304, 305, 307, 308, 399, 400,
  401, 402, 403, 404, 405, 408, 409, 410, 413, 418, 422, 425, 429, 431, 451, 499, 500, 501, 502, 503, 504,
  507, 520, 529, 599, 600, 700, 999,
];
const header = fc.oneof(
  fc.tuple(
    fc.constant('content-type'),
    fc.constantFrom(
      'text/html',
      'text/plain',
      'application/problem+json',
      'image/png',
      'x',
      'a/b; charset=utf-16',
    ),
  ),
  fc.tuple(fc.constant('content-encoding'), fc.constantFrom('gzip', 'br', 'nonsense')),
  fc.tuple(
    fc.constant('location'),
    fc.constantFrom('https://169.254.169.254/', '//x', 'file:///etc/passwd', ''),
  ),
  fc.tuple(
    fc.constant('retry-after'),
    fc.constantFrom('7', '0.5', '-1', '999999999', '1e9', 'Wed, 21 Oct 2026 07:28:00 GMT', KEY),
  ),
  fc.tuple(
    fc.constantFrom('set-cookie', '__proto__', 'constructor', 'x-request-id', 'link'),
    fc.constantFrom('a=1', KEY),
  ),
);

/** `body` in an envelope that is mostly as it should be, so that the body is read at all. */
export function answers(body: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Answer> {
  return fc.record({
    status: fc.oneof(
      { arbitrary: fc.constant(200), weight: 6 },
      { arbitrary: fc.constantFrom(...STATUSES), weight: 4 },
    ),
    headers: fc.oneof(
      { arbitrary: fc.constant([['content-type', 'application/json'] as const]), weight: 3 },
      fc.array(header, { maxLength: 4 }),
    ),
    body,
    framing: fc.oneof(
      { arbitrary: fc.constant('length' as const), weight: 12 },
      fc.constantFrom<Framing>('chunked', 'close', 'cut', 'cut-chunk', 'announced', 'reset', 'garbage'),
    ),
  });
}

/** Nothing of the answer is missing, and it has a status at all. */
export function isWhole({ framing, status }: Answer): boolean {
  return status >= 200 && ['length', 'chunked', 'close'].includes(framing);
}

/** The body as the other side means it; undefined when it is no JSON. */
export function jsonOf({ body }: Answer): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

/** The sender says for certain that it did nothing; only then may a paid request be made again as if nothing had been. */
export function mayBeRefusal(answer: Answer): boolean {
  const { headers, status } = answer;
  if (!isWhole(answer)) return false;
  if (status === 503) {
    const json = jsonOf(answer);
    return (typeof json === 'object' && json !== null) || headers.some(([name]) => name === 'retry-after');
  }
  return isPlainRefusal(answer) || [301, 302, 307, 308].includes(status);
}

/** The same in the way that leaves no room for doubt, so that the retry must not be given away either. */
export function isPlainRefusal(answer: Answer): boolean {
  const { status } = answer;
  return isWhole(answer) && status >= 400 && status <= 498 && status !== 408;
}

/** Classified, and fit to be shown: one short line, without what is secret. */
export function judgeFailure(failed: Failure): void {
  expect(Object.keys(FAILURES)).toContain(failed.code);
  expect(failed.message.length).toBeGreaterThan(10);
  expect(failed.message.length).toBeLessThan(1_000);
  // oxlint-disable-next-line no-control-regex -- what must not reach a terminal or a log.
  expect(failed.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  expect(JSON.stringify(failed)).not.toContain(KEY);
  const { retryAfterSeconds = 0, usage } = failed;
  expect(retryAfterSeconds).toBeGreaterThanOrEqual(0);
  expect(retryAfterSeconds).toBeLessThanOrEqual(86_400);
  if (usage) judgeTokens(usage);
}

export function judgeTokens(usage: { readonly inputTokens: number; readonly outputTokens: number }): void {
  for (const tokens of [usage.inputTokens, usage.outputTokens]) {
    expect(Number.isSafeInteger(tokens)).toBe(true);
    expect(tokens).toBeGreaterThanOrEqual(0);
    expect(tokens).toBeLessThanOrEqual(10_000_000);
  }
}

/** I3: a failure of a paid request says `refused` only when that is certain, and always when it is plain. */
export function judgePaidFailure(failed: Failure, answer: Answer, bodyRefuses = false): void {
  judgeFailure(failed);
  if (failed.effect === 'refused') expect(mayBeRefusal(answer) || bodyRefuses, failed.message).toBe(true);
  else expect(isPlainRefusal(answer), failed.message).toBe(false);
}

export interface AnsweringServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** `POST /path` of each request since the last `answer`. */
  readonly asked: readonly string[];
  /** Each request gets the next one; the last is repeated. */
  answer(...answers: readonly Answer[]): void;
}

export async function startAnsweringServer(): Promise<AnsweringServer> {
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  let script: readonly Answer[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let received = Buffer.alloc(0);
    let answered = false;
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const line = requestIn(received);
      if (line === null || answered) return;
      answered = true;
      const answer = script[Math.min(asked.length, script.length - 1)];
      asked.push(line);
      if (answer) send(socket, answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    answer(...given) {
      asked.length = 0;
      script = given;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Method and path, once the whole request is there. */
function requestIn(received: Buffer): string | null {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = received.toString('latin1', 0, end);
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  if (received.length < end + 4 + length) return null;
  return head.split(' ').slice(0, 2).join(' ');
}

function send(socket: Socket, { body, framing, headers, status }: Answer): void {
  if (framing === 'reset') return void socket.resetAndDestroy();
  if (framing === 'garbage') return void socket.end(body);
  const chunked = framing === 'chunked' || framing === 'cut-chunk';
  const size: Partial<Record<Framing, string>> = {
    length: `content-length: ${body.length}`,
    cut: `content-length: ${body.length + 10}`,
    announced: `content-length: ${10 * 1024 ** 3}`,
    chunked: 'transfer-encoding: chunked',
    'cut-chunk': 'transfer-encoding: chunked',
  };
  const lines = [
    `HTTP/1.1 ${status} Said`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...[size[framing] ?? []].flat(),
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (!chunked || body.length === 0) socket.write(body);
  else {
    socket.write(`${body.length.toString(16)}\r\n`);
    socket.write(body);
    socket.write('\r\n');
  }
  socket.end(framing === 'chunked' ? '0\r\n\r\n' : '');
}

/** Texts for ids and other short fields, the secret among them. */
export const word: fc.Arbitrary<string> = fc.oneof(text, fc.constant(KEY), fc.constant(` ${KEY}\n`));
