/** The owner's three other programs, each alone on the state in the bucket. */
import { expect, test } from 'vitest';
import type { GenerationId } from '../../src/domain/generation-id.ts';
import { formatTimestamp } from '../../src/domain/timestamp.ts';
import { contentPart, imageCheckPart, mediaPart } from '../../src/runtime/single-step.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { AT_REST, FIRST_ID, GENERATION, IMAGE, Mill, type Json } from '../support/mill.ts';
import { wrappedStore } from '../support/wrapped-store.ts';

const ID = FIRST_ID as GenerationId;
const POST = `666/${ID}.json`;
const content = { part: contentPart(ID) };
const media = { part: mediaPart(ID, false) };
const mock = { part: mediaPart(ID, true) };
const check = { part: imageCheckPart, mode: 'check' as const };
const TEXT = {
  topic: 'Clocks',
  content: '',
  sarcasm: {},
  script: 'It ticks.',
  first_frame_description: 'A clock.',
};

test('C5 generate-content alone: the text is saved, then generation is true and nothing else is set', async () => {
  await using mill = await Mill.start();
  await mill.put(IMAGE, { ...AT_REST, note: 'mine' });
  expect(await mill.run(content)).toMatchObject({ stop: 'part-done', failure: null, id: ID });
  expect(await mill.json(IMAGE)).toEqual({ ...AT_REST, generation: true, note: 'mine' });
  expect(await mill.json(GENERATION)).toEqual({ generation_id: ID });
  expect(await mill.objects('666/')).toEqual([POST]);
  expect(mill.paid()).toEqual({ text: 5 });
});

test('C5 D6 generate-content again uses the text that is there, and will not begin beside another post', async () => {
  await using mill = await Mill.start();
  await mill.put(POST, TEXT);
  expect(await mill.run(content)).toMatchObject({ stop: 'part-done', failure: null });
  expect(await mill.json(IMAGE)).toMatchObject({ generation: true });
  expect(mill.ledger).toEqual([]);
  expect(await mill.run({ part: contentPart('20260201-2030' as GenerationId) })).toMatchObject({
    stop: 'failed',
    failure: { code: 'usage', where: { id: ID } },
  });
  expect(await mill.json(GENERATION)).toEqual({ generation_id: ID });
});

test('M3 P7 the programs one after another make a post, as the coordinator does', async () => {
  await using mill = await Mill.start();
  await mill.run(content);
  await mill.run(media);
  await mill.advance(200);
  await mill.run(check);
  expect(await mill.run(media)).toMatchObject({ failure: null });
  expect((await mill.json(POST)).media).toMatchObject({ image: 'midjourney', video: 'runway' });
  expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 1, video: 1 });
});

test.each([
  { folder: '666/', part: content },
  { folder: '555/', part: content },
  { folder: 'archive/', part: content },
  { folder: '666/', part: media },
  { folder: '444/', part: media },
  { folder: '666/', part: mock },
])('I3 D9 a post that is complete in $folder is not made again', async ({ folder, part }) => {
  await using mill = await Mill.start();
  await mill.put(POST, TEXT);
  await mill.put(`666/${ID}.png`, 'a picture');
  await mill.put(`666/${ID}.mp4`, 'a video');
  if (folder !== '666/')
    for (const key of await mill.objects('666/')) {
      await mill.put(key.replace('666/', folder), (await mill.bytes(key)) ?? '');
      await mill.remove(key);
    }
  const before = await mill.objects();
  expect(await mill.run(part)).toMatchObject({
    stop: 'failed',
    failure: {
      code: 'usage',
      message: `The post ${ID} lies in ${folder} already; it is not made or paid for again`,
    },
  });
  expect(await mill.objects()).toEqual(before);
  expect(mill.wire.seen).toEqual([]);
});

test('I3 generate-media after the state was reset goes on with what is ordered', async () => {
  await using mill = await Mill.start();
  await mill.run(content);
  await mill.run(media);
  await mill.put(IMAGE, AT_REST);
  await mill.run(media);
  expect(await mill.json(IMAGE)).toMatchObject({ midjourney_task: { task_id: mill.ledger.at(-1)?.taskId } });
  expect(mill.paid()).toEqual({ text: 5, image: 1 });
});

test('I3 P2 --use-mock after the state was reset remembers the picture that is being painted', async () => {
  await using mill = await Mill.start();
  await mill.run(content);
  await mill.run(media);
  await mill.put(IMAGE, AT_REST);
  await mill.run(mock);
  expect((await mill.json(POST)).media).toMatchObject({ image: 'placeholder', video: 'mock' });
  expect((await mill.json(IMAGE)).late_tasks).toMatchObject([{ kind: 'image', id: ID }]);
});

test('P1 generate-media without a stored text is an error, before anything is asked or changed', async () => {
  await using mill = await Mill.start();
  const report = await mill.run(media);
  expect(report).toMatchObject({
    stop: 'failed',
    failure: { code: 'content_missing', where: { key: POST } },
  });
  expect(mill.wire.seen).toEqual([]);
  expect(await mill.objects()).toEqual([]);
});

test('P1 D10 a text that the store shows only after a while is waited for, within a bound', async () => {
  const hiding = (times: number) => (store: ObjectStore) => {
    let asked = 0;
    return wrappedStore(store, {
      get: async (key, most) =>
        key === POST && (asked += 1) <= times ? { ok: true, value: null } : store.get(key, most),
      head: async (key) =>
        key === POST && (asked += 1) <= times ? { ok: true, value: null } : store.head(key),
    });
  };
  await using patient = await Mill.start({ throughStore: hiding(3) });
  await patient.put(POST, TEXT);
  const before = patient.clock.now().getTime();
  expect(await patient.run(media)).toMatchObject({ stop: 'part-done', failure: null });
  expect((await patient.json(IMAGE)).midjourney_task).not.toBeNull();
  const waited = (patient.clock.now().getTime() - before) / 1000;
  expect(waited).toBeGreaterThan(1);
  expect(waited).toBeLessThan(60);

  await using never = await Mill.start({ throughStore: hiding(1_000) });
  await never.put(POST, TEXT);
  expect(await never.run(media)).toMatchObject({ stop: 'failed', failure: { code: 'content_missing' } });
  expect(await never.objects('config/config_midjourney')).toEqual([]);
  expect(never.ledger).toEqual([]);
});

test('P3 generate-media without results orders the picture, and ends there', async () => {
  await using mill = await Mill.start();
  await mill.put(POST, TEXT);
  expect(await mill.run(media)).toMatchObject({ stop: 'part-done', failure: null });
  expect((await mill.state()).image).toMatchObject({
    ...AT_REST,
    midjourney_task: { task_id: expect.any(String) },
  });
  expect(mill.paid()).toEqual({ image: 1 });
});

const MOCK_FROM: readonly [string, Json][] = [
  ['no state at all', null],
  ['a picture to be ordered', { ...AT_REST, generation: true }],
  [
    'a picture that is being painted',
    { ...AT_REST, midjourney_task: { task_id: 't', requested_at_utc: '2026-01-31T20:00:00.000000+00:00' } },
  ],
  ['an old task', { ...AT_REST, midjourney_task: 'an-old-task' }],
  [
    'results',
    { ...AT_REST, midjourney_results: { task_result: { image_urls: ['https://a.example/1.png'] } } },
  ],
  ['results without a URL', { ...AT_REST, midjourney_results: { status: 'failed' } }],
  ['a timeout', { ...AT_REST, status: 'timed_out_mock_needed' }],
];

test.each(MOCK_FROM)(
  'P2 --use-mock from %s: title card and mock video, both uploaded, state cleared, nobody asked',
  async (_name, image) => {
    await using mill = await Mill.start();
    await mill.put(POST, TEXT);
    if (image !== null) {
      await mill.put(IMAGE, image);
      await mill.put(GENERATION, { generation_id: ID });
    }
    expect(await mill.run(mock)).toMatchObject({ failure: null, tasksProcessed: 1 });
    expect(await mill.objects('666/')).toEqual([POST, `666/${ID}.mp4`, `666/${ID}.png`]);
    expect((await mill.state()).image).toMatchObject(AT_REST);
    expect(await mill.json(POST)).toMatchObject({ ...TEXT, media: { image: 'placeholder', video: 'mock' } });
    expect(mill.wire.seen).toEqual([]);
  },
);

test('W1 check-image without a task says so and ends: no request, no change', async () => {
  await using mill = await Mill.start();
  expect(await mill.run(check)).toMatchObject({ failure: null, actions: [] });
  expect(mill.wire.seen).toEqual([]);
  expect(await mill.objects()).toEqual([]);
});

test('W1 check-image without MIDJOURNEY_API_KEY names the variable; the state stays as it was', async () => {
  await using mill = await Mill.start({ variables: { MIDJOURNEY_API_KEY: undefined } });
  await mill.put(GENERATION, { generation_id: ID });
  const task = { task_id: 'known', requested_at_utc: '2026-01-31T20:29:00.000000+00:00' };
  await mill.put(IMAGE, { ...AT_REST, midjourney_task: task });
  const before = await mill.text(IMAGE);
  await mill.run(check);
  expect(mill.complaints().join()).toContain('MIDJOURNEY_API_KEY is not set');
  expect(await mill.text(IMAGE)).toBe(before);
  expect(mill.wire.seen).toEqual([]);
});

/** A mill whose picture was ordered, for both ways of asking after it. */
async function ordered(api: 'fetch' | 'task', faults: Json[] = []): Promise<Mill> {
  const mill = await Mill.start({
    config: { API_KEYS: { midjourney: { status_api: api } } },
    sandbox: { faults },
    variables: { MIDJOURNEY_API_KEY: 'the-piapi-key' },
  });
  await mill.put(POST, TEXT);
  await mill.run(media);
  return mill;
}

test('W1 the specified check is POST /mj/v2/fetch with the task id; the newer one is GET /api/v1/task/{id}', async () => {
  for (const [api, method] of [
    ['fetch', 'POST'],
    ['task', 'GET'],
  ] as const) {
    await using mill = await ordered(api);
    const { task_id: id } = (await mill.json(IMAGE)).midjourney_task;
    await mill.run(check);
    const look = mill.wire.seen.at(-1);
    expect(look).toMatchObject({
      provider: 'piapi',
      method,
      path: api === 'fetch' ? '/mj/v2/fetch' : `/api/v1/task/${id}`,
      headers: { 'x-api-key': 'the-piapi-key' },
    });
    if (api === 'fetch') expect(look?.json).toEqual({ task_id: id });
  }
});

const NO_MOMENT: readonly [string, Json][] = [
  ['that lies ahead', { task_id: 'known', requested_at_utc: '2027-01-31T20:00:00.000000+00:00' }],
  ['that an old tool did not write', 'known'],
];

test.each(NO_MOMENT)(
  'W1 S5 check-image of a task with a moment %s asks after it, and notes that it runs since now',
  async (_name, task) => {
    await using mill = await Mill.start();
    await mill.put(POST, TEXT);
    await mill.put(GENERATION, { generation_id: ID });
    await mill.put(IMAGE, { ...AT_REST, midjourney_task: task });
    mill.wire.middleman = async () => ({ status: 200, json: { task_id: 'known', status: 'processing' } });
    expect(await mill.run(check)).toMatchObject({ stop: 'waiting', failure: null });
    expect(mill.wire.asked('piapi', '/mj/v2/fetch')).toHaveLength(1);
    expect((await mill.state()).image.midjourney_task).toEqual({
      task_id: 'known',
      requested_at_utc: formatTimestamp(mill.clock.now()),
    });
  },
);

const NOT_FINAL = ['pending', 'processing', 'Staged', 'queued', ''];

test.each(['fetch', 'task'] as const)(
  'W2 by %s: a status that is not final, or no answer, leaves the state as it was',
  async (api) => {
    await using mill = await ordered(api);
    const before = await mill.text(IMAGE);
    const { task_id: id } = (await mill.json(IMAGE)).midjourney_task;
    for (const status of NOT_FINAL) {
      const data = { task_id: id, status, task_result: {}, output: {} };
      mill.wire.middleman = async () => ({ status: 200, json: api === 'fetch' ? data : { code: 200, data } });
      await mill.run(check);
      expect(await mill.text(IMAGE), status).toBe(before);
    }
    for (const [status, json] of [
      [500, { message: 'down' }],
      [404, { message: 'unknown' }],
      [200, '<html>502</html>'],
      [200, { code: 500, message: 'down', data: null }],
      [200, { task_id: 'of-somebody-else', status: 'finished', task_result: {} }],
    ] as const) {
      mill.wire.middleman = async () => ({ status, json });
      await mill.run(check);
      expect(await mill.text(IMAGE), `HTTP ${status}`).toBe(before);
    }
    mill.wire.middleman = () => Promise.reject(new Error('the connection breaks'));
    await mill.run(check);
    expect(await mill.text(IMAGE)).toBe(before);
  },
);

const FINAL = ['completed', 'finished', 'failed', 'Completed', 'FAILED'];

test.each(FINAL)(
  'W3 S4 a final status (%s): the whole answer is kept, task and status null, generation false',
  async (status) => {
    await using mill = await ordered('fetch');
    const answer = {
      task_id: (await mill.json(IMAGE)).midjourney_task.task_id,
      status,
      meta: { strange: [1, { deep: 'ü' }] },
      task_result: { image_url: 'https://a.example/grid.png', task_progress: 100 },
      more: null,
    };
    mill.wire.middleman = async () => ({ status: 200, json: answer });
    expect(await mill.run(check)).toMatchObject({ stop: 'part-done', failure: null });
    expect((await mill.state()).image).toMatchObject({ ...AT_REST, midjourney_results: answer });
  },
);

test('W3 by the newer API the answer is kept whole too, in the shape of the specified one', async () => {
  await using mill = await ordered('task');
  await mill.advance(200);
  await mill.run(check);
  const { midjourney_results: results, midjourney_task: task } = await mill.json(IMAGE);
  expect(task).toBeNull();
  expect(results.status).toBe('completed');
  expect(results.task_result.temporary_image_urls).toHaveLength(4);
  expect(JSON.stringify(results)).toContain('is_using_private_pool');
});

test('D12 M2 a single program honours the lock as the coordinator does', async () => {
  await using mill = await Mill.start();
  await mill.put('config/config_public.json', { processing_lock: true });
  for (const run of [content, media, mock, check]) {
    expect(await mill.run(run)).toMatchObject({ stop: 'locked', failure: null });
  }
  expect(mill.wire.seen).toEqual([]);
});
