import { request } from 'node:http';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { imageCandidates } from '../domain/piapi-answer.ts';
import type { FaultRule } from './faults.ts';
import type { Sandbox } from './options.ts';
import { startTestSandbox } from './test-sandbox.ts';

const HEADERS = { 'content-type': 'application/json', 'x-api-key': 'key' };

async function pictureUrl(sandbox: Sandbox): Promise<string> {
  const send = async (path: string, body: unknown) => {
    const options = { method: 'POST', headers: HEADERS, body: JSON.stringify(body) };
    return z.looseObject({}).parse(await (await fetch(`${sandbox.urls.piapi}${path}`, options)).json());
  };
  const created = await send('/api/v1/task', {
    model: 'midjourney',
    task_type: 'imagine',
    input: { prompt: 'x' },
  });
  const { task_id: taskId } = z.looseObject({ task_id: z.string() }).parse(created['data']);
  await sandbox.advance(100);
  return imageCandidates(await send('/mj/v2/fetch', { task_id: taskId }))?.urls[0] ?? '';
}

const withFileFault = (action: FaultRule['action']) =>
  startTestSandbox({ faults: [{ provider: 'files', action }] });

describe('faults of files', () => {
  test('a whole file has its length and type', async () => {
    await using sandbox = await startTestSandbox();
    const url = await pictureUrl(sandbox);
    const answer = await fetch(url);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 64 });
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(bytes.length));
  });

  test('a part of a file is given as a part, and one beyond its end is refused', async () => {
    await using sandbox = await startTestSandbox();
    const url = await pictureUrl(sandbox);
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
    const part = await fetch(url, { headers: { range: 'bytes=8-15' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 8-15/${whole.length}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(8, 16));
    const beyond = await fetch(url, { headers: { range: `bytes=${whole.length}-` } });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${whole.length}`]);
  });

  test('a file of a kind that nobody asked for', async () => {
    await using sandbox = await withFileFault({ type: 'wrong-content' });
    const answer = await fetch(await pictureUrl(sandbox));
    expect(answer.headers.get('content-type')).toBe('image/png');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'gif' });
  });

  test('a truncated file announces more than comes', async () => {
    await using sandbox = await withFileFault({ type: 'truncate-file' });
    const answer = await fetch(await pictureUrl(sandbox));
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(100);
    await expect(answer.arrayBuffer()).rejects.toThrow('terminated');
  });

  test('a page, nothing at all, or far too much', async () => {
    await using page = await withFileFault({ type: 'html-file' });
    const answer = await fetch(await pictureUrl(page));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(await answer.text()).toContain('<html>');
    await using empty = await withFileFault({ type: 'empty-file' });
    expect(await (await fetch(await pictureUrl(empty))).text()).toBe('');
    await using huge = await withFileFault({ type: 'huge-length' });
    const large = await fetch(await pictureUrl(huge));
    expect(large.headers.get('content-length')).toBe('50000000000');
    await expect(large.arrayBuffer()).rejects.toThrow('terminated');
  });

  test('a file that cannot be drawn is the sandbox’s own failure, and is tried again', async () => {
    let attempts = 0;
    const drawPicture = (): Promise<void> => Promise.reject(new Error(`no paint ${++attempts}`));
    await using sandbox = await startTestSandbox({ media: { drawPicture, drawVideo: drawPicture } });
    const url = await pictureUrl(sandbox);
    await fetch(url);
    expect([await (await fetch(url)).json(), attempts]).toEqual([
      { error: 'The sandbox itself failed: no paint 2' },
      2,
    ]);
  });
});

describe('the control door', () => {
  const post = (sandbox: Sandbox, path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${sandbox.urls.control}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  test('moves the clock, sets faults and shows the ledger', async () => {
    await using sandbox = await startTestSandbox();
    expect(await (await post(sandbox, '/clock', { advanceSeconds: 90 })).json()).toEqual({
      now: '2026-11-24T20:31:30.000Z',
    });
    expect(await (await fetch(`${sandbox.urls.control}/health`)).json()).toEqual({
      status: 'ok',
      now: '2026-11-24T20:31:30.000Z',
    });
    const rules = [{ provider: 'piapi', operation: 'imagine', action: { type: 'status', status: 500 } }];
    expect((await post(sandbox, '/faults', { rules })).status).toBe(200);
    expect(await pictureUrl(sandbox).catch(() => 'refused')).toBe('');
    expect(await (await fetch(`${sandbox.urls.control}/ledger`)).json()).toMatchObject({
      entries: [{ number: 1, provider: 'piapi', outcome: 'refused', status: 500 }],
      totalUsd: 0,
      paidTwice: [],
    });
    expect(sandbox.faultCounts()).toEqual([1]);
  });

  test('health and ledger also answer without the prefix, nothing else does', async () => {
    await using sandbox = await startTestSandbox();
    const { origin } = new URL(sandbox.urls.control);
    for (const path of ['/health', '/ledger'])
      expect(await (await fetch(origin + path)).json()).toEqual(
        await (await fetch(sandbox.urls.control + path)).json(),
      );
    expect((await fetch(`${origin}/health`, { headers: { origin: 'http://example.com' } })).status).toBe(403);
    for (const path of ['/clock', '/health/x', '/faults'])
      expect((await fetch(origin + path)).status).toBe(404);
  });

  test.each([
    ['/faults', { rules: [{ provider: 'files', action: { type: 'cut' } }] }],
    ['/faults', { rules: [{ provider: 'piapi', operation: 'paint', action: { type: 'drop' } }] }],
    ['/faults', { rules: [{ provider: 'piapi', action: { type: 'status', status: 200 } }] }],
    ['/faults', { rules: [{ provider: 'piapi', action: { type: 'drop' }, often: true }] }],
    ['/faults', { rules: [{ provider: 'files', action: { type: 'malformed' } }] }],
    [
      '/faults',
      { rules: [{ provider: 'runway', action: { type: 'status', status: 500, underHttp200: true } }] },
    ],
    [
      '/faults',
      { rules: [{ provider: 'piapi', operation: 'fetch', matching: 'x', action: { type: 'drop' } }] },
    ],
    ['/faults', { rules: [{ provider: 'runway', action: { type: 'wrong-content' } }] }],
    ['/clock', { advanceSeconds: -1 }],
    ['/clock', 'soon'],
  ])('refuses what makes no sense: %s %o', async (path, body) => {
    await using sandbox = await startTestSandbox();
    expect((await post(sandbox, path, body)).status).toBe(400);
  });

  test('a web page, and a request under another host name, are refused', async () => {
    await using sandbox = await startTestSandbox();
    expect(
      (await post(sandbox, '/clock', { advanceSeconds: 1 }, { origin: 'http://example.com' })).status,
    ).toBe(403);
    const status = await new Promise((resolve) => {
      const { port } = sandbox;
      const asking = request({
        host: '127.0.0.1',
        port,
        path: '/control/health',
        headers: { host: 'evil.example' },
      });
      asking.on('response', (answer) => resolve(answer.resume().statusCode)).end();
    });
    expect(status).toBe(403);
  });
});

describe('rules', () => {
  const statuses = async (rules: readonly FaultRule[], calls: number, seed = 1) => {
    await using sandbox = await startTestSandbox();
    sandbox.setFaults(rules, seed);
    const seen: number[] = [];
    for (let call = 0; call < calls; call += 1)
      seen.push(
        (await fetch(`${sandbox.urls.openai}/models`, { headers: { authorization: 'Bearer k' } })).status,
      );
    return seen;
  };
  const fails = { type: 'status', status: 500 } as const;

  test('let some pass, apply some times, and then no more', async () => {
    expect(await statuses([{ provider: 'openai', skip: 1, times: 2, action: fails }], 5)).toEqual([
      200, 500, 500, 200, 200,
    ]);
  });

  test('by chance apply to the same calls with the same seed', async () => {
    const rule: FaultRule = { provider: 'openai', probability: 0.5, action: fails };
    const first = await statuses([rule], 20);
    expect(await statuses([rule], 20)).toEqual(first);
    expect(await statuses([rule], 20, 2)).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 500]));
  });

  test('a delay lets the next rule have its say', async () => {
    const delay: FaultRule = { provider: 'openai', action: { type: 'delay', seconds: 0.001 } };
    expect(await statuses([delay, { provider: 'openai', action: fails }], 1)).toEqual([500]);
  });

  test('that can never apply are an exception', async () => {
    await using sandbox = await startTestSandbox();
    expect(() => sandbox.setFaults([{ provider: 'openai', action: { type: 'task-fails' } }])).toThrow(
      /does not fit/,
    );
  });
});

test('P8 closing ends waiting requests and removes the files', async () => {
  let folder = '';
  const drawPicture = async (file: string): Promise<void> => {
    folder = path.dirname(file);
    await writeFile(file, 'picture');
  };
  const sandbox = await startTestSandbox({
    media: { drawPicture, drawVideo: drawPicture },
    faults: [{ provider: 'openai', action: { type: 'delay', seconds: 600 } }],
  });
  await fetch(await pictureUrl(sandbox));
  const hanging = fetch(`${sandbox.urls.openai}/models`, { headers: { authorization: 'Bearer k' } });
  const ended = expect(hanging).rejects.toThrow('fetch failed');
  while (sandbox.faultCounts()[0] !== 1) await new Promise((resolve) => void setImmediate(resolve));
  expect(await readdir(folder)).not.toEqual([]);
  await sandbox.close();
  await ended;
  await expect(readdir(folder)).rejects.toThrow('ENOENT');
});

test('a request that is announced as too large is refused before it is read', async () => {
  await using sandbox = await startTestSandbox();
  const status = await new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer k', 'content-length': 33 * 1024 * 1024 };
    const asking = request(`${sandbox.urls.openai}/chat/completions`, { method: 'POST', headers });
    asking.on('response', (answer) => {
      resolve(answer.statusCode);
      asking.destroy();
    });
    asking.on('error', reject).flushHeaders();
  });
  expect(status).toBe(413);
  expect(sandbox.ledger.entries()).toEqual([]);
});

test('an address of nobody is answered as such', async () => {
  await using sandbox = await startTestSandbox();
  const origin = new URL(sandbox.urls.openai).origin;
  expect((await fetch(`${origin}/nowhere/x`)).status).toBe(404);
  expect((await fetch(`${origin}/files/none.png`)).status).toBe(404);
});
