import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

import { openListener, type Listener, type Route } from './listener.ts';

async function open(routes: readonly Route[], onBug: (error: unknown) => void = () => {}): Promise<Listener> {
  const opened = await openListener({ host: '127.0.0.1', port: 0, routes, onBug });
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

const echo: Route = {
  method: 'POST',
  path: '/echo',
  async answer({ header, readJson }) {
    if (header('x-key') !== 'k') return { status: 401, json: {} };
    const body = await readJson(100);
    return body === null ? { status: 400, json: {} } : { status: 200, json: body.json };
  },
};

const post = (listener: Listener, body: string, headers: Record<string, string> = { 'x-key': 'k' }) =>
  fetch(`${listener.url}/echo?x=1`, { method: 'POST', body, headers });

test('a route answers its method and path; everything else is 404 or 405', async () => {
  await using listener = await open([echo]);
  const answer = await post(listener, '{"a":1}');
  expect([answer.status, await answer.json()]).toEqual([200, { a: 1 }]);
  expect((await fetch(`${listener.url}/echo`)).status).toBe(405);
  expect((await fetch(`${listener.url}/other`)).status).toBe(404);
  expect((await post(listener, '{"a":')).status).toBe(400);
});

test('HEAD is answered like GET, without a body', async () => {
  const health: Route = { method: 'GET', path: '/health', answer: () => ({ status: 503, json: { a: 1 } }) };
  await using listener = await open([health]);
  const answer = await fetch(`${listener.url}/health`, { method: 'HEAD' });
  expect([answer.status, await answer.text()]).toEqual([503, '']);
});

test('a body that announces more than the limit is refused before it comes', async () => {
  await using listener = await open([echo]);
  const socket = connect(Number(new URL(listener.url).port), '127.0.0.1');
  socket.write('POST /echo HTTP/1.1\r\nhost: x\r\nx-key: k\r\ncontent-length: 10000000000\r\n\r\n{');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 .*connection: close.*too large/s);
});

test('a body that turns out longer than the limit ends the connection', async () => {
  await using listener = await open([echo]);
  const socket = connect(Number(new URL(listener.url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  socket.write('POST /echo HTTP/1.1\r\nhost: x\r\nx-key: k\r\ntransfer-encoding: chunked\r\n\r\n');
  socket.write(`c8\r\n${'x'.repeat(200)}\r\n`);
  await once(socket, 'close');
  expect((await post(listener, '1')).status, 'and nothing else').toBe(200);
});

test('a visitor without the key is answered before the body has come', async () => {
  await using listener = await open([echo]);
  const socket = connect(Number(new URL(listener.url).port), '127.0.0.1');
  socket.write('POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 90\r\n\r\n{');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 401 /);
});

test('an exception in a route is a 500 without its words, and the next request is served', async () => {
  const bugs: unknown[] = [];
  const broken: Route = {
    method: 'GET',
    path: '/broken',
    answer: () => {
      throw new Error('secret words');
    },
  };
  await using listener = await open([broken, echo], (error) => bugs.push(error));
  const answer = await fetch(`${listener.url}/broken`);
  expect([answer.status, await answer.text()]).toEqual([500, '{"error":"internal error"}\n']);
  expect(bugs).toHaveLength(1);
  expect((await post(listener, '1')).status).toBe(200);
});

test('a port that is taken is a failure that says what to do', async () => {
  await using listener = await open([]);
  const port = Number(new URL(listener.url).port);
  const second = await openListener({ host: '127.0.0.1', port, routes: [], onBug: () => {} });
  expect(second).toMatchObject({ ok: false, failure: { code: 'usage' } });
});

test('closing ends connections that are still open', async () => {
  const listener = await open([echo]);
  const socket = connect(Number(new URL(listener.url).port), '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write('POST /echo HTTP/1.1\r\n');
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.resume();
  await listener[Symbol.asyncDispose]();
  await closed;
});
