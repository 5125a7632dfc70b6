import { describe, expect, test } from 'vitest';

import type { ImageRequest } from '../../ports/image-task.ts';
import { createHttp } from '../http/http.ts';
import { closedPort, json, startTestServer, type Answer, type TestServer } from '../http/test-server.ts';
import { createPiapiTasks, type PiapiOptions } from './piapi-tasks.ts';

const KEY = 'pi-key-0123456789';
const redact = (text: string): string => text.replaceAll(KEY, '[redacted]');
const http = createHttp({ allowLoopback: true, userAgent: 'reelmill-test', redact });

function tasksAt(url: string, change: Partial<PiapiOptions> = {}) {
  return createPiapiTasks({
    apiKey: KEY,
    endpoint: `${url}/api/v1/task`,
    fetchEndpoint: `${url}/mj/v2/fetch`,
    statusApi: 'fetch',
    http,
    conceal: redact,
    processMode: 'fast',
    ...change,
  });
}

const REQUEST: ImageRequest = { prompt: 'a lighthouse', aspectRatio: '16:9', version: '7.0', style: null };

async function submitted(
  answer: Answer,
  change: Partial<PiapiOptions> = {},
  request: Partial<ImageRequest> = {},
) {
  await using server = await startTestServer(answer);
  const result = await tasksAt(server.url, change).submit({ ...REQUEST, ...request });
  return { result, seen: server.seen };
}

async function statusOf(answer: Answer, change: Partial<PiapiOptions> = {}) {
  await using server: TestServer = await startTestServer(answer);
  const result = await tasksAt(server.url, change).status('task-1');
  return { result, seen: server.seen };
}

describe('P3 submitting', () => {
  const created = json(200, {
    code: 200,
    data: { task_id: 'task-1', status: 'pending' },
    message: 'success',
  });

  test('one request with key, prompt, ratio and version; no style when none is set', async () => {
    const { result, seen } = await submitted(created);
    expect(result).toEqual({ ok: true, value: { taskId: 'task-1', costUsd: null } });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/api/v1/task', headers: { 'x-api-key': KEY } });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      model: 'midjourney',
      task_type: 'imagine',
      input: {
        prompt: 'a lighthouse',
        aspect_ratio: '16:9',
        process_mode: 'fast',
        skip_prompt_check: false,
        version: '7.0',
      },
    });
  });

  test('style, webhook and the prompt check are sent when they are set', async () => {
    const webhook = { endpoint: 'https://hooks.example.com/piapi', secret: 'hook-secret' };
    const { seen } = await submitted(created, { webhook, skipPromptCheck: true }, { style: 'raw' });
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
      input: { style: 'raw', skip_prompt_check: true },
      config: { webhook_config: { endpoint: 'https://hooks.example.com/piapi', secret: 'hook-secret' } },
    });
  });

  test.each([
    [400, 'provider_refused', 'refused'],
    [401, 'provider_denied', 'refused'],
    [429, 'provider_throttled', 'refused'],
    [500, 'provider_outcome_unknown', 'unknown'],
    [40001, 'provider_refused', 'refused'],
    [50001, 'provider_outcome_unknown', 'unknown'],
    [700, 'provider_outcome_unknown', 'unknown'],
    [1, 'provider_bad_answer', 'unknown'],
  ])('body code %i under HTTP 200 is %s', async (code, failed, effect) => {
    const { result } = await submitted(
      json(200, {
        code,
        data: { task_id: '', error: { raw_message: `banned word, ${KEY}` } },
        message: 'failed',
      }),
    );
    expect(result).toMatchObject({ failure: { code: failed, effect } });
    expect(JSON.stringify(result)).toContain('banned word, [redacted]');
  });

  test('D4 an answer without a task id may have been charged', async () => {
    for (const body of [
      { code: 200, data: {} },
      { code: 200 },
      { code: 200, data: { task_id: ' ' } },
      [],
      'text',
    ]) {
      const { result } = await submitted(json(200, body));
      expect(result).toMatchObject({ failure: { code: 'provider_bad_answer', effect: 'unknown' } });
    }
  });

  test.each([0, 201, '200', null, undefined])('I3 body code %j does not hide the task', async (code) => {
    const { result } = await submitted(json(200, { code, data: { task_id: 'task-1' } }));
    expect(result).toMatchObject({ value: { taskId: 'task-1' } });
  });

  test.each(['..', '\ud800'])('an id %j that cannot be asked after is none', async (id) => {
    const { result } = await submitted(json(200, { code: 200, data: { task_id: id } }));
    expect(result).toMatchObject({ failure: { code: 'provider_bad_answer', effect: 'unknown' } });
  });

  test('I3 nothing is sent a second time', async () => {
    const { seen } = await submitted(json(503, {}));
    expect(seen).toHaveLength(1);
    const unreachable = await tasksAt(`http://127.0.0.1:${await closedPort()}`).submit(REQUEST);
    expect(unreachable).toMatchObject({ failure: { code: 'provider_unavailable', effect: 'refused' } });
  });
});

describe('W1–W3 checking by /mj/v2/fetch', () => {
  const answer = (status: string, task_result: object = {}): Answer =>
    json(200, { task_id: 'task-1', status, meta: { x: 1 }, task_result });

  test('W1 asks with the task id and the key', async () => {
    const { seen } = await statusOf(answer('pending'));
    expect(seen).toEqual([
      expect.objectContaining({ method: 'POST', path: '/mj/v2/fetch', body: '{"task_id":"task-1"}' }),
    ]);
    expect(seen[0]?.headers['x-api-key']).toBe(KEY);
  });

  test('W1 the answer is waited for up to 120 seconds', async () => {
    const limits: number[] = [];
    const watched: typeof http = {
      ...http,
      requestJson: (request) => {
        limits.push(request.timeoutSeconds);
        return http.requestJson(request);
      },
    };
    await statusOf(answer('pending'), { http: watched });
    expect(limits).toEqual([120]);
  });

  test.each(['pending', 'processing', 'staged', 'Processing', 'something-new'])(
    'W2 %s is not final',
    async (status) => {
      const { result } = await statusOf(answer(status, { task_progress: 42 }));
      expect(result).toEqual({ ok: true, value: { state: 'pending', status, progress: 42 } });
    },
  );

  test.each(['completed', 'finished', 'failed', 'Completed', 'FAILED'])(
    'W3 %s is final, with the whole answer',
    async (status) => {
      const { result } = await statusOf(answer(status, { image_url: 'https://x/1.png', odd: [1] }));
      expect(result).toEqual({
        ok: true,
        value: {
          state: 'final',
          status,
          costUsd: null,
          answer: {
            task_id: 'task-1',
            status,
            meta: { x: 1 },
            task_result: { image_url: 'https://x/1.png', odd: [1] },
          },
        },
      });
    },
  );

  test('BUDGET the points that a task took come back in dollars, when they are points and a plain number', async () => {
    for (const [usage, costUsd] of [
      [{ type: 'point', frozen: 700_000, consume: 700_000 }, 0.07],
      [{ type: 'point', frozen: 700_000, consume: 0 }, 0],
      [{ type: 'quota', consume: 9 }, null],
      [{ type: 'point', consume: -1 }, null],
      [{ type: 'point', consume: '700000' }, null],
      ['none', null],
    ] as const)
      expect(
        (await statusOf(json(200, { task_id: 'task-1', status: 'finished', meta: { usage } }))).result,
      ).toMatchObject({
        value: { costUsd },
      });
  });

  test.each([
    [json(500, { message: 'oops' }), 'provider_unavailable'],
    [json(401, {}), 'provider_denied'],
    [json(200, { code: 400, message: 'no such task' }), 'provider_refused'],
    [json(200, { task_id: 'other', status: 'finished' }), 'provider_bad_answer'],
    [json(200, { task_id: 'task-1' }), 'provider_bad_answer'],
    [json(200, null), 'provider_bad_answer'],
  ])('W2 a failed request is %#: a failure, never a final status', async (reply, code) => {
    expect((await statusOf(reply)).result).toMatchObject({ failure: { code } });
  });
});

describe('W1–W3 checking by the newer call', () => {
  const reply = (data: object): Answer => json(200, { code: 200, data, message: 'success' });

  test('asks by GET, with the id kept inside the path', async () => {
    await using server = await startTestServer(reply({ status: 'pending' }));
    await tasksAt(server.url, { statusApi: 'task' }).status('../a?b');
    expect(server.seen[0]).toMatchObject({ method: 'GET', path: '/api/v1/task/..%2Fa%3Fb', body: '' });
  });

  test('W3 the answer is brought into the flat shape, and keeps everything', async () => {
    const { result } = await statusOf(
      reply({
        task_id: 'task-1',
        status: 'Completed',
        input: { prompt: 'p' },
        output: { image_url: 'https://x/1.png', temporary_image_urls: ['https://x/2.png'] },
        meta: { usage: { type: 'point', consume: 700000 } },
        error: { code: 0, message: '' },
      }),
      { statusApi: 'task' },
    );
    expect(result).toMatchObject({
      value: {
        state: 'final',
        status: 'Completed',
        costUsd: 0.07,
        answer: {
          task_id: 'task-1',
          status: 'Completed',
          input: { prompt: 'p' },
          meta: { usage: { type: 'point', consume: 700000 } },
          error: { code: 0, message: '' },
          message: 'success',
          task_result: { image_url: 'https://x/1.png', temporary_image_urls: ['https://x/2.png'] },
        },
      },
    });
  });

  test('W2 staged is not final', async () => {
    const { result } = await statusOf(reply({ status: 'Staged', output: { task_progress: '30%' } }), {
      statusApi: 'task',
    });
    expect(result).toEqual({ ok: true, value: { state: 'pending', status: 'Staged', progress: 30 } });
  });

  test('I8 W3 the webhook’s secret, which the answer repeats, is not stored; all the rest is', async () => {
    const config = {
      service_mode: 'public',
      webhook_config: { endpoint: 'https://x/y?token=only-for-piapi', secret: 's3cret-hook' },
    };
    const echoed = {
      task_id: 'task-1',
      status: 'completed',
      config,
      input: { a: ['s3cret-hook', `the key ${KEY} is good`, 'kept'] },
    };
    const conceal = (text: string): string => redact(text).replaceAll('s3cret-hook', '[redacted]');
    for (const change of [{ conceal }, {}]) {
      const { result } = await statusOf(reply(echoed), { statusApi: 'task', ...change });
      const known = 'conceal' in change ? '[redacted]' : 's3cret-hook';
      expect(result).toMatchObject({
        value: {
          answer: {
            config: {
              service_mode: 'public',
              webhook_config: { endpoint: 'https://x/y', secret: '[redacted]' },
            },
            input: { a: [known, 'the key [redacted] is good', 'kept'] },
          },
        },
      });
    }
  });
});
