/** Whatever knocks at the port of a serving process: it is answered, wakes nobody without the secret, and breaks nothing. */
import { connect } from 'node:net';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';

import { openListener, type Listener } from '../../src/adapters/http/listener.ts';
import { piapiWebhook, WEBHOOK_PATH } from '../../src/adapters/piapi/webhook.ts';
import { Secret } from '../../src/domain/secret.ts';
import { KEY } from './answers.ts';
import { fuzz } from './fuzz.ts';
import { jsonBytes, text } from './hostile.ts';

const REPORT = { timestamp: 1764000000, data: { task_id: 'task-1', status: 'completed', output: {} } };
const MOST_BYTES = 256 * 1024;

let listener: Listener;
let port = 0;
let reports = 0;
const bugs: unknown[] = [];
beforeAll(async () => {
  const routes = [piapiWebhook(new Secret(KEY), () => void (reports += 1))];
  const opened = await openListener({
    host: '127.0.0.1',
    port: 0,
    routes,
    onBug: (error) => void bugs.push(error),
  });
  if (!opened.ok) throw new Error(opened.failure.message);
  listener = opened.value;
  port = Number(new URL(listener.url).port);
});
afterAll(() => listener[Symbol.asyncDispose]());

/** Sends these very bytes and reads to the end. Null: the connection was closed without a word. */
async function knock(bytes: Uint8Array): Promise<{ readonly status: number; readonly body: string } | null> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // A large body is refused while it is still on its way.
  socket.on('error', () => {});
  socket.end(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  const said = Buffer.concat(chunks).toString('latin1').replace('HTTP/1.1 100 Continue\r\n\r\n', '');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(said)?.[1];
  return status === undefined ? null : { status: Number(status), body: said.split('\r\n\r\n').at(1) ?? '' };
}

/** What is written after the head. `length`: what the head says of it. */
interface Knock {
  readonly method: string;
  readonly path: string;
  readonly secret: readonly string[];
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  readonly length: 'right' | 'none' | 'short' | 'chunked' | 'huge' | 'odd';
}

const headerText = text.map((value) => value.replaceAll(/[^\u0020-\u007e\u0080-\u00ff]/g, '').slice(0, 200));
const knocks: fc.Arbitrary<Knock> = fc.record({
  method: fc.oneof(
    { arbitrary: fc.constant('POST'), weight: 8 },
    fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'),
  ),
  path: fc.oneof(
    { arbitrary: fc.constant(WEBHOOK_PATH), weight: 8 },
    fc.constantFrom(
      `${WEBHOOK_PATH}?a=1`,
      `${WEBHOOK_PATH}/`,
      `/..${WEBHOOK_PATH}`,
      '/',
      '*',
      'http://x.example/',
      `/%2e%2e`,
      '//',
    ),
  ),
  secret: fc.oneof(
    { arbitrary: fc.constant([KEY]), weight: 6 },
    fc.constantFrom(
      [],
      [''],
      [KEY.slice(0, -1)],
      [`${KEY}x`],
      [KEY.toUpperCase()],
      [KEY, KEY],
      [KEY, 'x'],
      [`${KEY}, ${KEY}`],
    ),
    headerText.map((value) => [value]),
  ),
  headers: fc.array(
    fc.oneof(
      fc.constantFrom(
        'content-type: text/html',
        'content-encoding: gzip',
        '__proto__: x',
        'expect: 100-continue',
        'upgrade: websocket',
      ),
      headerText.map((value) => `x-odd: ${value}`),
    ),
    { maxLength: 3 },
  ),
  body: fc.oneof(
    { arbitrary: jsonBytes(REPORT), weight: 6 },
    { arbitrary: fc.constant(new TextEncoder().encode(JSON.stringify(REPORT))), weight: 3 },
    fc.integer({ min: MOST_BYTES - 100, max: 2 * MOST_BYTES }).map((size) => {
      const small = JSON.stringify({ ...REPORT, pad: '' });
      return Buffer.from(small.replace('"pad":""', `"pad":"${'x'.repeat(size - small.length)}"`));
    }),
  ),
  length: fc.oneof(
    { arbitrary: fc.constant('right' as const), weight: 8 },
    fc.constantFrom('none' as const, 'short' as const, 'chunked' as const, 'huge' as const, 'odd' as const),
  ),
});

function written({ body, headers, length, method, path, secret }: Knock): Buffer {
  const size = {
    right: `content-length: ${body.length}`,
    none: '',
    short: `content-length: ${Math.floor(body.length / 2)}`,
    chunked: 'transfer-encoding: chunked',
    huge: `content-length: ${10 * 1024 ** 3}`,
    odd: 'content-length: 1e3',
  }[length];
  const lines = [`${method} ${path} HTTP/1.1`, 'host: x', 'connection: close', ...headers, size];
  const head = [...lines, ...secret.map((value) => `x-webhook-secret: ${value}`)].filter(
    (line) => line !== '',
  );
  const chunked = length === 'chunked' && body.length > 0;
  return Buffer.concat([
    Buffer.from(`${head.join('\r\n')}\r\n\r\n${chunked ? `${body.length.toString(16)}\r\n` : ''}`, 'latin1'),
    body,
    Buffer.from(chunked ? '\r\n0\r\n\r\n' : length === 'chunked' ? '0\r\n\r\n' : ''),
  ]);
}

function isReport(body: Uint8Array): boolean {
  try {
    // oxlint-disable-next-line typescript/no-explicit-any -- the body that was sent.
    const json: any = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return typeof json.data.task_id === 'string' && json.data.task_id !== '';
  } catch {
    return false;
  }
}

async function stillServes(): Promise<void> {
  const good = { method: 'POST', path: WEBHOOK_PATH, secret: [KEY], headers: [], length: 'right' as const };
  const before = reports;
  const answer = await knock(written({ ...good, body: Buffer.from(JSON.stringify(REPORT)) }));
  expect(answer?.status).toBe(202);
  expect(reports).toBe(before + 1);
}

fuzz(
  'I8 any report of a task is answered; only one with the secret and the right shape wakes the mill, once',
  400,
  fc.asyncProperty(knocks, async (given) => {
    const before = reports;
    const answer = await knock(written(given));
    const woken = reports - before;
    expect(bugs).toEqual([]);
    if (answer !== null) {
      expect([200, 202, 400, 401, 404, 405, 408, 413, 417, 431]).toContain(answer.status);
      expect(answer.body).not.toContain(KEY);
      expect(answer.body.length).toBeLessThan(200);
    }
    expect(woken).toBe(answer?.status === 202 ? 1 : 0);
    const { body, length, method, path, secret } = given;
    const plain = method === 'POST' && path === WEBHOOK_PATH && (length === 'right' || length === 'chunked');
    const known = secret.length === 1 && secret[0]?.trim() === KEY;
    if (woken === 1) {
      expect(method).toBe('POST');
      expect(path.split('?')[0]).toBe(WEBHOOK_PATH);
      expect(known).toBe(true);
      if (plain) expect(isReport(body) && body.length <= MOST_BYTES).toBe(true);
    }
    if (plain && !known && answer !== null) expect([400, 401]).toContain(answer.status);
    if (plain && known && body.length > MOST_BYTES) expect([413, undefined]).toContain(answer?.status);
    await stillServes();
  }),
);

fuzz(
  'I8 any bytes at the port are answered or hung up on, and the next visitor is served',
  100,
  fc.asyncProperty(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      text.map((head) =>
        Buffer.from(`POST ${WEBHOOK_PATH} HTTP/1.1\r\nx-webhook-secret: ${KEY}\r\n${head}\r\n\r\n`),
      ),
      fc
        .integer({ min: 1, max: 60_000 })
        .map((count) => Buffer.from(`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(count)}\r\n`)),
    ),
    async (bytes) => {
      const answer = await knock(bytes);
      if (answer) expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(bugs).toEqual([]);
      await stillServes();
    },
  ),
);
