import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import type { VideoRequest } from '../../ports/video-task.ts';
import { closedPort, json, startRawServer, startTestServer, type Answer } from '../http/test-server.ts';
import { createRunwayTasks, type RunwayOptions } from './runway-tasks.ts';

const KEY = 'key_0123456789abcdef';
let folder = '';
let request: VideoRequest;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'runway-test-'));
  const picture = path.join(folder, 'frame.png');
  await sharp({ create: { width: 16, height: 9, channels: 3, background: '#445566' } })
    .png()
    .toFile(picture);
  request = { picture, prompt: 'The camera tilts.', duration: 10, ratio: '1280:720' };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function tasksAt(url: string, change: Partial<RunwayOptions> = {}) {
  const redact = (text: string): string => text.replaceAll(KEY, '[redacted]');
  return createRunwayTasks({
    apiKey: KEY,
    baseURL: url,
    model: 'gen4_turbo',
    timeoutSeconds: 10,
    redact,
    ...change,
  });
}

async function started(
  answer: Answer,
  change: Partial<VideoRequest> = {},
  options: Partial<RunwayOptions> = {},
) {
  await using server = await startTestServer(answer);
  const result = await tasksAt(server.url, options).start({ ...request, ...change });
  return { result, seen: server.seen };
}

async function statusOf(answer: Answer) {
  await using server = await startTestServer(answer);
  const result = await tasksAt(server.url).status('task-1');
  return { result, seen: server.seen };
}

describe('P5 starting', () => {
  test('one request with picture, prompt, ratio, duration and model', async () => {
    const { result, seen } = await started(json(200, { id: 'task-1' }));
    expect(result).toEqual({ ok: true, value: { taskId: 'task-1', costUsd: null } });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/image_to_video' });
    expect(seen[0]?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'x-runway-version': '2024-11-06',
    });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      model: 'gen4_turbo',
      promptImage: expect.stringMatching(/^data:image\/png;base64,iVBOR/) as unknown,
      promptText: 'The camera tilts.',
      ratio: '1280:720',
      duration: 10,
    });
  });

  test('I3 an id in an answer of another content type is not lost', async () => {
    const plain: Answer = (response) => void response.writeHead(200).end('{"id":"task-1"}');
    expect((await started(plain)).result).toMatchObject({ value: { taskId: 'task-1' } });
  });

  test('I3 JSON too deep for the library’s own message is a refusal or an unknown outcome, and no bug', async () => {
    const deep = `{"message":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    for (const [status, code] of [
      [400, 'provider_refused'],
      [500, 'provider_outcome_unknown'],
      [200, 'provider_bad_answer'],
    ] as const) {
      const answer: Answer = (response) =>
        void response.writeHead(status, { 'content-type': 'application/json' }).end(deep);
      expect((await started(answer)).result).toMatchObject({ failure: { code } });
    }
  });

  test('BUDGET the most that Runway says it will charge comes back in dollars', async () => {
    const costs = [{ credits: 50 }, { credits: '50' }, { credits: -1 }, 'free'];
    const said = await Promise.all(
      costs.map(async (estimatedCost) => (await started(json(200, { id: 'task-1', estimatedCost }))).result),
    );
    expect(said).toEqual(
      [0.5, null, null, null].map((costUsd) => ({ ok: true, value: { taskId: 'task-1', costUsd } })),
    );
  });

  test.each([
    [{ ratio: '1280:768' }, '1280:720'],
    [{ prompt: 'x'.repeat(1001) }, '1000'],
    [{ prompt: '  ' }, 'empty'],
    [{ duration: 2.5 }, 'whole'],
  ])('%j is refused before anything is sent', async (change, reason) => {
    const { result, seen } = await started(json(200, { id: 'x' }), change);
    expect(result).toMatchObject({ failure: { code: 'provider_refused', effect: 'refused' } });
    expect(JSON.stringify(result)).toContain(reason);
    expect(seen).toEqual([]);
  });

  test('a picture that is too large, or none, is refused before anything is sent', async () => {
    const large = path.join(folder, 'large.png');
    await writeFile(large, Buffer.alloc(3_300_001));
    const text = path.join(folder, 'text.png');
    await writeFile(text, '<html>');
    for (const [picture, code] of [
      [large, 'too_large'],
      [text, 'download_invalid'],
    ] as const) {
      const { result, seen } = await started(json(200, { id: 'x' }), { picture });
      expect(result).toMatchObject({ failure: { code, effect: 'refused' } });
      expect(seen).toEqual([]);
    }
  });

  test.each([
    [400, 'provider_refused', 'refused'],
    [401, 'provider_denied', 'refused'],
    [429, 'provider_throttled', 'refused'],
    [500, 'provider_outcome_unknown', 'unknown'],
    [502, 'provider_outcome_unknown', 'unknown'],
    [503, 'provider_unavailable', 'refused'],
  ])('I3 HTTP %i is %s, and is not repeated', async (status, code, effect) => {
    const { result, seen } = await started(json(status, { error: `no, ${KEY}` }, { 'retry-after': '9' }));
    expect(result).toMatchObject({ failure: { code, effect } });
    expect(seen).toHaveLength(1);
    expect(JSON.stringify(result)).toContain('no, [redacted]');
    expect(JSON.stringify(result)).not.toContain(KEY);
  });

  test('P6 an account without credit is denied, whatever the status that says so', async () => {
    const words = 'You do not have enough credits to run this task.';
    const { result } = await started(json(400, { error: words }));
    expect(result).toMatchObject({ failure: { code: 'provider_denied', effect: 'refused' } });
    expect(result.ok ? '' : result.failure.message).toContain(words);
  });

  test('the daily limit names when to come back', async () => {
    const { result } = await started(json(429, { error: 'daily limit' }, { 'retry-after': '3600' }));
    expect(result).toMatchObject({ failure: { code: 'provider_throttled', retryAfterSeconds: 3600 } });
  });

  test('I3 no answer may have been charged; a connection that never opened was not', async () => {
    const silent = await started(() => {}, {}, { timeoutSeconds: 0.1 });
    expect(silent.result).toMatchObject({ failure: { code: 'provider_outcome_unknown' } });
    await using reset = await startRawServer((socket) => socket.on('data', () => socket.resetAndDestroy()));
    const cut = await tasksAt(`http://127.0.0.1:${reset.port}`).start(request);
    expect(cut).toMatchObject({ failure: { code: 'provider_outcome_unknown', effect: 'unknown' } });
    const refused = await tasksAt(`http://127.0.0.1:${await closedPort()}`).start(request);
    expect(refused).toMatchObject({ failure: { code: 'provider_unavailable', effect: 'refused' } });
  });

  test('I3 a failure that the library takes for a timeout by its words is still known not to have been sent', async () => {
    await using plain = await startTestServer(json(200, {}));
    const address = plain.url.replace('http://127.0.0.1', 'https://timedout.localhost');
    const result = await tasksAt(address).start(request);
    expect(result).toMatchObject({ failure: { code: 'provider_unavailable', effect: 'refused' } });
  });

  test('HTML, no id, or a huge answer after a create are unknown outcomes', async () => {
    const page: Answer = (response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('<html>');
    const plain: Answer = (response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    for (const answer of [page, plain, json(200, {}), json(200, [])])
      expect((await started(answer)).result).toMatchObject({
        failure: { code: 'provider_bad_answer', effect: 'unknown' },
      });
    const huge = await started(json(200, 'x'.repeat(3_000_000)));
    expect(huge.result).toMatchObject({ failure: { code: 'too_large', effect: 'unknown' } });
  });

  test('the address does not come from the library’s environment variable', async () => {
    await using server = await startTestServer(json(200, { id: 'stray' }));
    vi.stubEnv('RUNWAYML_BASE_URL', server.url);
    try {
      await tasksAt(`http://127.0.0.1:${await closedPort()}`).start(request);
      expect(server.seen).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('P5 asking', () => {
  test.each([
    ['PENDING', null],
    ['THROTTLED', null],
    ['RUNNING', 42],
    ['SOMETHING_NEW', null],
  ])('%s is pending', async (status, progress) => {
    const { result, seen } = await statusOf(
      json(200, { id: 'task-1', status, ...(progress === null ? {} : { progress: 0.42 }) }),
    );
    expect(result).toEqual({ ok: true, value: { state: 'pending', status, progress } });
    expect(seen).toMatchObject([{ method: 'GET', path: '/v1/tasks/task-1' }]);
  });

  test('a success gives the address that this very answer holds', async () => {
    let asked = 0;
    const fresh: Answer = (response, seen) => {
      asked += 1;
      json(200, { status: 'SUCCEEDED', output: [`https://v.example.com/${asked}.mp4?sig=a`] })(
        response,
        seen,
      );
    };
    await using server = await startTestServer(fresh);
    const tasks = tasksAt(server.url);
    expect(await tasks.status('t')).toMatchObject({ value: { url: 'https://v.example.com/1.mp4?sig=a' } });
    expect(await tasks.status('t')).toMatchObject({ value: { url: 'https://v.example.com/2.mp4?sig=a' } });
  });

  test('P6 a failure keeps the reason and its code', async () => {
    const failed = { status: 'FAILED', failure: 'Input was moderated', failureCode: 'SAFETY.INPUT.TEXT' };
    expect((await statusOf(json(200, failed))).result).toEqual({
      ok: true,
      value: { state: 'failed', reason: 'Input was moderated (SAFETY.INPUT.TEXT)', costUsd: null },
    });
    for (const body of [{ status: 'FAILED' }, { status: 'CANCELLED' }])
      expect((await statusOf(json(200, body))).result).toMatchObject({ value: { state: 'failed' } });
  });

  test('BUDGET a task that has ended says what it really cost', async () => {
    const output = ['https://v.example.com/1.mp4'];
    for (const [body, costUsd] of [
      [{ status: 'SUCCEEDED', output, cost: { credits: 45 } }, 0.45],
      [{ status: 'SUCCEEDED', output }, null],
      [{ status: 'FAILED', cost: { credits: 0 } }, 0],
      [{ status: 'CANCELLED', cost: { credits: 0 } }, 0],
      [{ status: 'FAILED', cost: { credits: 1e9 } }, null],
    ] as const)
      expect((await statusOf(json(200, body))).result).toMatchObject({ value: { costUsd } });
  });

  test('P6 a task that Runway no longer knows has failed; other errors say nothing about it', async () => {
    expect((await statusOf(json(404, { error: 'Not found' }))).result).toMatchObject({
      value: { state: 'failed' },
    });
    for (const [status, code] of [
      [500, 'provider_unavailable'],
      [400, 'provider_refused'],
      [401, 'provider_denied'],
    ] as const)
      expect((await statusOf(json(status, {}))).result).toMatchObject({
        failure: { code, effect: 'refused' },
      });
  });

  test('I3 a page of 404 on the way, or an answer about another task, does not end the task', async () => {
    const page: Answer = (response) => void response.writeHead(404).end('<html>not here</html>');
    expect((await statusOf(page)).result).toMatchObject({ failure: { code: 'provider_refused' } });
    const other = json(200, { id: 'task-2', status: 'FAILED' });
    expect((await statusOf(other)).result).toMatchObject({ failure: { code: 'provider_bad_answer' } });
  });

  test('an answer without a status, or a success without a video, is no success', async () => {
    for (const body of [
      {},
      { status: 7 },
      { status: 'SUCCEEDED', output: [] },
      { status: 'SUCCEEDED', output: ['x'] },
    ])
      expect((await statusOf(json(200, body))).result).toMatchObject({
        failure: { code: 'provider_bad_answer' },
      });
  });
});
