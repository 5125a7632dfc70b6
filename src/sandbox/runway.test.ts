import RunwayML, { APIError } from '@runwayml/sdk';
import { describe, expect, test } from 'vitest';

import type { Sandbox } from './options.ts';
import { pictureUri, solidMedia, startTestSandbox, VIDEO_BYTES } from './test-sandbox.ts';

const clientOf = (sandbox: Sandbox, apiKey = 'key_1') =>
  new RunwayML({ apiKey, baseURL: sandbox.urls.runway, maxRetries: 0, logLevel: 'off' });

const request = async () => ({
  model: 'gen4_turbo' as const,
  promptImage: await pictureUri(),
  promptText: 'A door opens slowly.',
  ratio: '1280:720' as const,
  duration: 5 as const,
});

async function errorOf(asking: PromiseLike<unknown>): Promise<APIError> {
  const error = await Promise.resolve(asking).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof APIError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

describe('P5 a video, through the real library', () => {
  test('runs from pending to a file, and a later look gives a fresh address', async () => {
    const drawn: string[] = [];
    await using sandbox = await startTestSandbox({ media: solidMedia(drawn), urlSeconds: 60 });
    const client = clientOf(sandbox);
    const { id, estimatedCost } = await client.imageToVideo.create(await request());
    expect(estimatedCost.credits).toBe(25);
    expect(await client.tasks.retrieve(id)).toMatchObject({ id, status: 'PENDING' });
    await sandbox.advance(20);
    expect(await client.tasks.retrieve(id)).toMatchObject({ status: 'RUNNING', progress: 0.5 });
    await sandbox.advance(20);
    const done = await client.tasks.retrieve(id);
    if (done.status !== 'SUCCEEDED') throw new Error(`it is ${done.status}`);
    const [url = ''] = done.output;
    const file = await fetch(url);
    expect(file.headers.get('content-type')).toBe('video/mp4');
    expect(file.headers.get('content-length')).toBe(String(VIDEO_BYTES.length));
    expect(Buffer.from(await file.arrayBuffer())).toEqual(VIDEO_BYTES);
    expect(drawn).toEqual(['video 5 1280x720 a picture A door opens slowly.']);
    await sandbox.advance(61);
    expect((await fetch(url)).status).toBe(403);
    const again = await client.tasks.retrieve(id);
    if (again.status !== 'SUCCEEDED') throw new Error(`it is ${again.status}`);
    expect((await fetch(again.output[0] ?? '')).status).toBe(200);
    expect(drawn).toHaveLength(1);
    expect(sandbox.ledger.entries()).toMatchObject([
      {
        provider: 'runway',
        kind: 'video',
        outcome: 'accepted',
        taskId: id,
        costUsd: 0.25,
        hint: 'A door opens slowly.',
      },
    ]);
  });

  test.each([
    ['ratio', { ratio: '1280:768' }],
    ['promptText', { promptText: 'x'.repeat(1001) }],
    ['duration', { duration: 11 }],
    ['model', { model: 'gen3a_turbo' }],
    ['promptImage', { promptImage: `data:image/png;base64,${'A'.repeat(5_000_000)}` }],
    ['promptImage', { promptImage: 'http://example.com/a.png' }],
    ['duration', { model: 'gen4.5', duration: undefined }],
  ])('what Runway would refuse is refused: %s', async (field, change) => {
    await using sandbox = await startTestSandbox();
    const body = { ...(await request()), ...change };
    const error = await errorOf(clientOf(sandbox).post('/v1/image_to_video', { body }));
    expect(error.status).toBe(400);
    expect(error.error).toMatchObject({ error: 'Validation of body failed', issues: [{ path: [field] }] });
    expect(sandbox.ledger.entries()).toMatchObject([{ outcome: 'refused', costUsd: 0, taskId: null }]);
  });

  test('a wrong key, a missing version and an unknown task are answered as Runway answers them', async () => {
    await using sandbox = await startTestSandbox({ keys: { runway: 'key_right' } });
    expect((await errorOf(clientOf(sandbox, 'key_wrong').tasks.retrieve('x'))).status).toBe(401);
    expect((await errorOf(clientOf(sandbox, 'key_right').tasks.retrieve('x'))).status).toBe(404);
    const bare = await fetch(`${sandbox.urls.runway}/v1/tasks/x`, {
      headers: { authorization: 'Bearer key_right' },
    });
    expect(bare.status).toBe(400);
  });

  test('a second task waits while the first one runs; a deleted one is cancelled, and then gone', async () => {
    await using sandbox = await startTestSandbox();
    const client = clientOf(sandbox);
    const first = await client.imageToVideo.create(await request());
    await sandbox.advance(1);
    const second = await client.imageToVideo.create(await request());
    expect((await client.tasks.retrieve(second.id)).status).toBe('THROTTLED');
    await client.tasks.delete(first.id);
    expect((await client.tasks.retrieve(first.id)).status).toBe('CANCELLED');
    expect((await client.tasks.retrieve(second.id)).status).toBe('PENDING');
    await client.tasks.delete(first.id);
    expect((await errorOf(client.tasks.retrieve(first.id))).status).toBe(404);
  });
});

describe('faults', () => {
  test('a lost answer is a payment that the ledger knows and the client does not', async () => {
    await using sandbox = await startTestSandbox({
      faults: [
        { provider: 'runway', operation: 'image_to_video', times: 1, action: { type: 'lose-answer' } },
      ],
    });
    const client = clientOf(sandbox);
    expect((await errorOf(client.imageToVideo.create(await request()))).status).toBeUndefined();
    await client.imageToVideo.create(await request());
    expect(sandbox.ledger.entries().map(({ outcome }) => outcome)).toEqual(['lost', 'accepted']);
    expect(sandbox.ledger.paidTwice()).toHaveLength(1);
  });

  test('a dropped connection and a throttled one cost nothing', async () => {
    await using sandbox = await startTestSandbox({
      faults: [
        { provider: 'runway', operation: 'image_to_video', times: 1, action: { type: 'drop' } },
        {
          provider: 'runway',
          operation: 'image_to_video',
          times: 1,
          action: { type: 'throttle', retryAfterSeconds: 7 },
        },
      ],
    });
    const client = clientOf(sandbox);
    expect((await errorOf(client.imageToVideo.create(await request()))).status).toBeUndefined();
    const throttled = await errorOf(client.imageToVideo.create(await request()));
    expect([throttled.status, throttled.headers?.get('retry-after')]).toEqual([429, '7']);
    expect(sandbox.ledger.entries()).toMatchObject([{ outcome: 'refused', status: 429 }]);
    expect(sandbox.ledger.totalUsd()).toBe(0);
    await client.imageToVideo.create(await request());
    expect(sandbox.ledger.paidTwice()).toEqual([]);
  });

  test.each([
    ['task-fails', { status: 'FAILED', failureCode: 'SAFETY.INPUT.TEXT', failure: 'Not allowed.' }],
    ['task-never-finishes', { status: 'RUNNING' }],
    ['no-urls', { status: 'SUCCEEDED', output: [] }],
  ] as const)('%s', async (type, expected) => {
    const action =
      type === 'task-fails' ? { type, reason: 'Not allowed.', code: 'SAFETY.INPUT.TEXT' } : { type };
    await using sandbox = await startTestSandbox({ faults: [{ provider: 'runway', action }] });
    const client = clientOf(sandbox);
    const { id } = await client.imageToVideo.create(await request());
    await sandbox.advance(4000);
    expect(await client.tasks.retrieve(id)).toMatchObject(expected);
    const endsEmpty = type !== 'task-never-finishes';
    expect(sandbox.ledger.entries()).toMatchObject([{ outcome: 'accepted', endsEmpty }]);
  });
});

test('a sandbox that is started later does not answer for the tasks of an earlier one', async () => {
  const idAt = async (time: string) => {
    await using sandbox = await startTestSandbox({ now: () => new Date(time) });
    return (await clientOf(sandbox).imageToVideo.create(await request())).id;
  };
  const first = await idAt('2026-11-24T20:30:00Z');
  expect(await idAt('2026-11-24T20:30:00Z')).toBe(first);
  expect(await idAt('2026-11-24T20:30:01Z')).not.toBe(first);
});
