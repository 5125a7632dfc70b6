import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { startTestServer } from '../adapters/http/test-server.ts';
import { imageCandidates } from '../domain/piapi-answer.ts';
import type { Sandbox } from './options.ts';
import { startSandbox } from './server.ts';
import { solidMedia, startTestSandbox } from './test-sandbox.ts';
import { Webhooks } from './webhooks.ts';

const HEADERS = { 'content-type': 'application/json', 'x-api-key': 'key' };
const task = z.looseObject({ task_id: z.string(), status: z.string() });
const envelope = z.looseObject({ code: z.literal(200), message: z.literal('success'), data: task });

async function post(sandbox: Sandbox, path: string, body: unknown, headers = HEADERS) {
  const answer = await fetch(`${sandbox.urls.piapi}${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return { status: answer.status, json: z.record(z.string(), z.unknown()).parse(await answer.json()) };
}

const imagine = (prompt = 'a door', more: object = {}) => ({
  model: 'midjourney',
  task_type: 'imagine',
  input: { prompt, aspect_ratio: '16:9', process_mode: 'fast', skip_prompt_check: false },
  ...more,
});

async function submit(sandbox: Sandbox, body: unknown = imagine()): Promise<string> {
  const { status, json } = await post(sandbox, '/api/v1/task', body);
  expect(status).toBe(200);
  return envelope.parse(json).data.task_id;
}

const flat = async (sandbox: Sandbox, id: string) =>
  (await post(sandbox, '/mj/v2/fetch', { task_id: id })).json;

async function newer(sandbox: Sandbox, id: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${sandbox.urls.piapi}/api/v1/task/${id}`, { headers: HEADERS });
  return envelope.parse(await answer.json());
}

const averages = async (url: string) => {
  const { channels } = await sharp(Buffer.from(await (await fetch(url)).arrayBuffer())).stats();
  return channels.slice(0, 3).map(({ mean }) => Math.round(mean));
};

describe('P3, W1 a picture task', () => {
  test('is pending, then processing, then done in both shapes with four pictures that differ', async () => {
    await using sandbox = await startTestSandbox();
    const id = await submit(sandbox);
    expect(await flat(sandbox, id)).toMatchObject({ task_id: id, status: 'pending' });
    await sandbox.advance(50);
    expect(await flat(sandbox, id)).toMatchObject({
      status: 'processing',
      task_result: { task_progress: 50, image_url: '' },
    });
    expect(await newer(sandbox, id)).toMatchObject({
      data: { status: 'processing', output: { progress: 50 } },
    });
    await sandbox.advance(50);
    const done = await flat(sandbox, id);
    expect(done).toMatchObject({ status: 'finished', task_result: { task_progress: 100 } });
    const found = imageCandidates(done);
    expect(found).toMatchObject({ grid: false });
    expect(imageCandidates(await newer(sandbox, id))).toEqual(found);
    const colours = await Promise.all((found?.urls ?? []).map(averages));
    expect(colours).toEqual([
      [192, 57, 43],
      [39, 174, 96],
      [41, 128, 185],
      [142, 68, 173],
    ]);
    expect(sandbox.ledger.entries()).toMatchObject([
      {
        provider: 'piapi',
        kind: 'image',
        model: 'midjourney fast',
        taskId: id,
        costUsd: 0.07,
        hint: 'a door',
      },
    ]);
  });

  test('P4 a plan with the grid only gives one picture of four, drawn once', async () => {
    const drawn: string[] = [];
    await using sandbox = await startTestSandbox({ gridOnly: true, media: solidMedia(drawn) });
    const id = await submit(sandbox);
    await sandbox.advance(100);
    const found = imageCandidates(await flat(sandbox, id));
    expect(found).toMatchObject({ grid: true, urls: [expect.stringMatching(/\/grid\.png\?/)] });
    const [url = ''] = found?.urls ?? [];
    const [first, second] = await Promise.all([fetch(url), fetch(url)]);
    expect(second.status).toBe(200);
    const grid = sharp(Buffer.from(await first.arrayBuffer()));
    expect(await grid.metadata()).toMatchObject({ width: 128, height: 72 });
    const corner = await grid.extract({ left: 64, top: 0, width: 64, height: 36 }).toBuffer();
    expect((await sharp(corner).stats()).channels.map(({ mean }) => mean)).toEqual([39, 174, 96]);
    expect(drawn).toHaveLength(4);
  });

  test('the addresses run out by the sandbox’s clock, and asking again does not renew them', async () => {
    await using sandbox = await startTestSandbox({ urlSeconds: 600 });
    const id = await submit(sandbox);
    await sandbox.advance(699);
    const before = imageCandidates(await flat(sandbox, id))?.urls ?? [];
    expect((await fetch(before[0] ?? '')).status).toBe(200);
    await sandbox.advance(2);
    expect(imageCandidates(await flat(sandbox, id))?.urls).toEqual(before);
    expect((await fetch(before[0] ?? '')).status).toBe(403);
    expect((await fetch((before[0] ?? '').replace(/expires=\d+/, 'expires=9999999999'))).status).toBe(403);
  });

  test('one of the four can be upscaled once the four are there', async () => {
    await using sandbox = await startTestSandbox();
    const origin = await submit(sandbox);
    const upscale = {
      model: 'midjourney',
      task_type: 'upscale',
      input: { origin_task_id: origin, index: '2' },
    };
    expect((await post(sandbox, '/api/v1/task', upscale)).status).toBe(400);
    await sandbox.advance(100);
    const id = await submit(sandbox, upscale);
    await sandbox.advance(34);
    const found = imageCandidates(await newer(sandbox, id));
    expect(found).toMatchObject({ grid: false, urls: [expect.any(String)] });
    expect(await averages(found?.urls[0] ?? '')).toEqual([39, 174, 96]);
  });

  test.each([
    ['no prompt', imagine('')],
    ['a bad ratio', { ...imagine(), input: { prompt: 'x', aspect_ratio: '16x9' } }],
    ['an unknown model', { ...imagine(), model: 'other' }],
    ['no JSON object', 'text'],
  ])('what cannot be drawn is refused: %s', async (_, body) => {
    await using sandbox = await startTestSandbox();
    const { status, json } = await post(sandbox, '/api/v1/task', body);
    expect([status, json['code']]).toEqual([400, 400]);
    expect(sandbox.ledger.entries()).toMatchObject([{ outcome: 'refused', costUsd: 0 }]);
  });

  test('a sandbox that is started later does not answer for the tasks of an earlier one', async () => {
    const idAt = async (time: string) => {
      await using sandbox = await startTestSandbox({ now: () => new Date(time) });
      return await submit(sandbox);
    };
    const first = await idAt('2026-11-24T20:30:00Z');
    expect(await idAt('2026-11-24T20:30:00Z')).toBe(first);
    expect(await idAt('2026-11-24T20:30:01Z')).not.toBe(first);
  });

  test('a wrong key and an unknown task are answered as errors', async () => {
    await using sandbox = await startTestSandbox({ keys: { piapi: 'key' } });
    const wrong = await post(sandbox, '/api/v1/task', imagine(), { ...HEADERS, 'x-api-key': 'other' });
    expect(wrong).toMatchObject({ status: 401, json: { code: 401, message: 'Invalid API key' } });
    expect(await post(sandbox, '/mj/v2/fetch', { task_id: 'nobody' })).toMatchObject({ status: 400 });
    expect(sandbox.ledger.entries()).toEqual([]);
  });
});

describe('webhooks', () => {
  const hooked = (endpoint: string) =>
    imagine('a door', { config: { webhook_config: { endpoint, secret: 'whisper' } } });

  test('arrive once, with the secret, when the task ends', async () => {
    await using sandbox = await startTestSandbox();
    await using receiver = await startTestServer((response) => response.end());
    const id = await submit(sandbox, hooked(`${receiver.url}/hook`));
    await sandbox.advance(99);
    expect(receiver.seen).toEqual([]);
    await sandbox.advance(1);
    await sandbox.tick();
    expect(receiver.seen).toHaveLength(1);
    const [seen] = receiver.seen;
    expect(seen?.headers['x-webhook-secret']).toBe('whisper');
    expect(JSON.parse(seen?.body ?? '')).toMatchObject({
      timestamp: 1_795_552_300,
      data: { task_id: id, status: 'completed', output: { temporary_image_urls: expect.any(Array) } },
    });
  });

  test('arrive by themselves while the machine’s own clock runs', async () => {
    await using sandbox = await startSandbox({ media: solidMedia(), imageSeconds: 0 });
    const arrived = Promise.withResolvers<void>();
    await using receiver = await startTestServer((response) => {
      response.end();
      arrived.resolve();
    });
    await submit(sandbox, hooked(receiver.url));
    await arrived.promise;
  });

  test('a receiver that is not on this machine is never called', async () => {
    await using sandbox = await startTestSandbox();
    const webhooks = new Webhooks();
    webhooks.add({ endpoint: 'http://192.0.2.1/hook', secret: '', body: {} });
    webhooks.add({ endpoint: 'nonsense', secret: '', body: {} });
    expect(webhooks.waiting).toBe(0);
    webhooks.add({ endpoint: sandbox.urls.control, secret: '', body: {} });
    expect(webhooks.waiting).toBe(1);
  });

  test('a receiver that fails is tried three times', async () => {
    await using sandbox = await startTestSandbox();
    await using receiver = await startTestServer((response) => response.writeHead(500).end());
    await submit(sandbox, hooked(receiver.url));
    for (const seconds of [100, 1, 1, 1, 1]) await sandbox.advance(seconds);
    expect(receiver.seen).toHaveLength(3);
  });

  test('a secret that fits into no header harms nobody else', async () => {
    await using sandbox = await startTestSandbox();
    await using receiver = await startTestServer((response) => response.end());
    const config = { webhook_config: { endpoint: receiver.url, secret: 'ключ\n' } };
    await submit(sandbox, imagine('a door', { config }));
    await submit(sandbox, hooked(receiver.url));
    await sandbox.advance(100);
    expect(receiver.seen.map(({ headers }) => headers['x-webhook-secret'])).toEqual(['whisper']);
  });

  test('one can be lost by a rule of its own only', async () => {
    await using sandbox = await startTestSandbox({
      faults: [{ provider: 'piapi', operation: 'webhook', times: 1, action: { type: 'drop' } }],
    });
    await using receiver = await startTestServer((response) => response.end());
    await submit(sandbox, hooked(receiver.url));
    await sandbox.advance(100);
    expect(receiver.seen).toEqual([]);
    await submit(sandbox, hooked(receiver.url));
    await sandbox.advance(100);
    expect(receiver.seen).toHaveLength(1);
  });
});

describe('faults', () => {
  test('an answer is lost after the task was taken: the digest shows the second payment', async () => {
    await using sandbox = await startTestSandbox({
      faults: [{ provider: 'piapi', operation: 'imagine', times: 1, action: { type: 'lose-answer' } }],
    });
    await expect(submit(sandbox)).rejects.toThrow('fetch failed');
    await submit(sandbox, imagine('another'));
    expect(sandbox.ledger.paidTwice()).toEqual([]);
    await submit(sandbox);
    expect(sandbox.ledger.paidTwice()).toMatchObject([[{ outcome: 'lost' }, { outcome: 'accepted' }]]);
  });

  test('D5 a task fails, or ends without addresses', async () => {
    await using sandbox = await startTestSandbox({
      faults: [
        {
          provider: 'piapi',
          operation: 'imagine',
          times: 1,
          action: { type: 'task-fails', reason: 'Banned prompt.' },
        },
        { provider: 'piapi', operation: 'imagine', times: 1, action: { type: 'no-urls' } },
      ],
    });
    const [failing, empty] = [await submit(sandbox), await submit(sandbox)];
    await sandbox.advance(100);
    expect(await flat(sandbox, failing)).toMatchObject({
      status: 'failed',
      task_result: { error_messages: ['Banned prompt.'] },
    });
    expect(await newer(sandbox, failing)).toMatchObject({
      data: { status: 'failed', error: { raw_message: 'Banned prompt.' } },
    });
    const finished = await flat(sandbox, empty);
    expect(finished).toMatchObject({ status: 'finished' });
    expect(imageCandidates(finished)).toBeNull();
    await submit(sandbox);
    expect(sandbox.ledger.entries().map(({ endsEmpty }) => endsEmpty)).toEqual([true, true, false]);
    expect(sandbox.ledger.paidTwice()).toEqual([]);
  });

  test('an error says its code in the body too', async () => {
    await using sandbox = await startTestSandbox({
      faults: [{ provider: 'piapi', operation: 'fetch', action: { type: 'status', status: 503 } }],
    });
    const id = await submit(sandbox);
    expect(await post(sandbox, '/mj/v2/fetch', { task_id: id })).toMatchObject({
      status: 503,
      json: { code: 503 },
    });
    expect(await newer(sandbox, id)).toMatchObject({ data: { status: 'pending' } });
  });

  test('an error can hide under HTTP 200, and is no payment', async () => {
    await using sandbox = await startTestSandbox({
      faults: [{ provider: 'piapi', action: { type: 'status', status: 500, underHttp200: true } }],
    });
    const answer = await post(sandbox, '/api/v1/task', imagine());
    expect(answer).toMatchObject({ status: 200, json: { code: 500, data: { task_id: '' } } });
    expect(sandbox.ledger.entries()).toMatchObject([{ outcome: 'refused', costUsd: 0 }]);
  });
});
