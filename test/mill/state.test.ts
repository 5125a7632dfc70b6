/** The documents in the bucket: where they lie, what is kept in them, and what becomes of a damaged one. */
import { afterEach, expect, test, vi } from 'vitest';
import { failure } from '../../src/domain/failure.ts';
import { AT_REST, FIRST_ID, GENERATION, IMAGE, Mill, PUBLIC, TRACKER, type Json } from '../support/mill.ts';
import { wrappedStore } from '../support/wrapped-store.ts';

afterEach(() => vi.unstubAllEnvs());

const FAST = { sandbox: { imageSeconds: 1, videoSeconds: 1 } };

test('S1 S2 documents and folders lie where FILE_PATHS says, and nowhere else', async () => {
  await using mill = await Mill.start({
    ...FAST,
    config: {
      FILE_PATHS: {
        config_public: 'state/public.json',
        config_gen: 'state/gen.json',
        config_midjourney: 'state/mj.json',
        topics_tracker: 'state/topics.json',
        folder_666: 'new',
        folder_555: 'middle/',
        folder_444: 'next/',
        archive_folder: 'old/',
      },
    },
  });
  await mill.run();
  expect(await mill.objects()).toEqual([
    `journal/${FIRST_ID}.json`,
    'ledger/2026-01.json',
    `new/${FIRST_ID}.json`,
    `new/${FIRST_ID}.mp4`,
    `new/${FIRST_ID}.png`,
    'state/gen.json',
    'state/mj.json',
    'state/public.json',
    'state/topics.json',
  ]);
  await mill.put('state/public.json', { generation_id: [FIRST_ID] });
  await mill.until('20:30');
  await mill.run();
  expect(await mill.objects('old/')).toHaveLength(3);
  expect(await mill.objects('new/')).toHaveLength(3);
});

test('S1 keys that nobody knows are kept in every document, through a whole post', async () => {
  await using mill = await Mill.start(FAST);
  const strange = { note: 'mine', nested: { deep: [1, null, 'ü'] } };
  await mill.put(PUBLIC, { ...strange, processing_lock: false, generation_id: [] });
  await mill.put(GENERATION, { ...strange, generation_id: null });
  await mill.put(IMAGE, { ...strange, ...AT_REST });
  await mill.put(TRACKER, { ...strange, all_focuses: ['Clocks'] });
  expect(await mill.run()).toMatchObject({ stop: 'task-done' });
  for (const key of [PUBLIC, GENERATION, IMAGE, TRACKER])
    expect(await mill.json(key), key).toMatchObject(strange);
  expect((await mill.json(TRACKER)).used_focuses).toEqual(['Clocks']);
});

test('S1 D11 what somebody added to the post stays in it when its media are described', async () => {
  await using mill = await Mill.start();
  await mill.run();
  const key = `666/${FIRST_ID}.json`;
  await mill.put(key, { ...(await mill.json(key)), hashtags: ['#clocks'] });
  await mill.until('21:30');
  await mill.run({ mode: 'check' });
  expect(await mill.json(key)).toMatchObject({ hashtags: ['#clocks'], media: { video: 'runway' } });
});

test('S1 a missing document is its documented default', async () => {
  await using mill = await Mill.start(FAST);
  expect(await mill.objects()).toEqual([]);
  expect(await mill.run()).toMatchObject({ stop: 'task-done', failure: null });
});

const DAMAGED: readonly [string, Uint8Array | string][] = [
  ['half a document', '{"generation_id": "2026'],
  ['nothing', ''],
  ['an HTML page', '<!DOCTYPE html><title>502</title>'],
  ['a list', '[]'],
  ['bytes that are no text', Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d)],
];
const WRONG_FORM: readonly [string, Json][] = [
  [PUBLIC, { processing_lock: 'yes' }],
  [PUBLIC, { processing_lock: false, generation_id: { a: 1 } }],
  [GENERATION, { generation_id: '../../etc' }],
  [GENERATION, { generation_id: 20_260_131 }],
  [IMAGE, { generation: 'true' }],
  [IMAGE, { midjourney_task: { task_id: '' } }],
  [IMAGE, { midjourney_results: 'none' }],
  [TRACKER, { used_focuses: 'Clocks' }],
];

async function expectUntouched(mill: Mill, key: string): Promise<void> {
  const before = await mill.bytes(key);
  const report = await mill.run();
  expect(report.failure, key).toMatchObject({ code: 'state_damaged', where: { key } });
  expect(report.stop).toBe('failed');
  expect(await mill.bytes(key), key).toEqual(before);
  expect(mill.wire.seen, 'nothing is paid on damaged state').toEqual([]);
  expect(await mill.objects('locks/')).toEqual([]);
}

test.each([PUBLIC, GENERATION, IMAGE, TRACKER])(
  'S1 a damaged %s is an error that names it, and is never overwritten',
  async (key) => {
    await using mill = await Mill.start();
    for (const [what, body] of DAMAGED) {
      await mill.put(key, body);
      await expectUntouched(mill, key);
      expect(what).toBeTruthy();
    }
  },
);

test('S1 a document of a wrong form is damaged too: no guess is made at what it meant', async () => {
  for (const [key, body] of WRONG_FORM) {
    await using mill = await Mill.start();
    await mill.put(key, body);
    await expectUntouched(mill, key);
  }
});

test('S1 a damaged post or journal stops the post, and nothing of it is overwritten or paid for', async () => {
  for (const key of [`666/${FIRST_ID}.json`, `journal/${FIRST_ID}.json`]) {
    await using mill = await Mill.start();
    await mill.put(GENERATION, { generation_id: FIRST_ID });
    await mill.put(IMAGE, { ...AT_REST, generation: true });
    await mill.put(`666/${FIRST_ID}.json`, { first_frame_description: 'A clock.' });
    await mill.put(key, '{"cut":');
    await expectUntouched(mill, key);
  }
});

test('S1 a check stops at a damaged document as a main run does', async () => {
  await using mill = await Mill.start();
  await mill.put(IMAGE, '{"midjourney_task": {');
  expect(await mill.run({ mode: 'check' })).toMatchObject({
    stop: 'failed',
    failure: { code: 'state_damaged', where: { key: IMAGE } },
  });
  expect(await mill.text(IMAGE)).toBe('{"midjourney_task": {');
});

test('S1 a document that cannot be read is an error, and never a default', async () => {
  for (const broken of [PUBLIC, GENERATION, IMAGE, TRACKER]) {
    await using mill = await Mill.start({
      throughStore: (store) =>
        wrappedStore(store, {
          get: async (key, most) =>
            key === broken
              ? failure('store_unavailable', 'the bucket is silent', { key }, { effect: 'refused' })
              : store.get(key, most),
        }),
    });
    const report = await mill.run();
    expect(report, broken).toMatchObject({ stop: 'failed', failure: { code: 'store_unavailable' } });
    expect(mill.wire.seen).toEqual([]);
    expect(await mill.objects(), broken).not.toContain(broken);
  }
});

const TASK_FORMS: readonly [string, (id: string, since: string) => Json][] = [
  ['an id alone', (id) => id],
  ['an object without a moment', (id) => ({ task_id: id, model: 'midjourney' })],
  ['an object with an unreadable moment', (id) => ({ task_id: id, requested_at_utc: 'yesterday' })],
  ['a moment with Z', (id, since) => ({ task_id: id, requested_at_utc: since.replace('+00:00', 'Z') })],
  [
    'a moment without an offset',
    (id, since) => ({ task_id: id, requested_at_utc: since.replace('+00:00', '') }),
  ],
  ['whole seconds', (id, since) => ({ task_id: id, requested_at_utc: since.replace(/\.\d+/, '') })],
];

test.each(TASK_FORMS)(
  'S5 midjourney_task as %s is understood, and its picture is used',
  async (_name, form) => {
    await using mill = await Mill.start();
    await mill.run();
    const image = await mill.json(IMAGE);
    const { task_id: id, requested_at_utc: since } = image.midjourney_task;
    await mill.put(IMAGE, { ...image, midjourney_task: form(id, since) });
    await mill.until('21:30');
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done', failure: null });
    expect((await mill.json(`666/${FIRST_ID}.json`)).media).toMatchObject({ image_task_id: id });
  },
);

test('S5 an old task without a moment is given one, in the written form, and waits its full time from there', async () => {
  await using mill = await Mill.start({
    sandbox: {
      faults: [{ provider: 'piapi', operation: 'imagine', action: { type: 'task-never-finishes' } }],
    },
  });
  await mill.run();
  const image = await mill.json(IMAGE);
  await mill.put(IMAGE, { ...image, midjourney_task: image.midjourney_task.task_id });
  await mill.until('20:30');
  expect((await mill.run()).stop).toBe('waiting');
  const { midjourney_task: task } = await mill.json(IMAGE);
  expect(task.requested_at_utc).toMatch(/^2026-02-01T20:30:\d\d\.\d{6}\+00:00$/);
  await mill.advance(18_000);
  expect((await mill.run()).stop).toBe('timed-out');
});

test('S5 no offset means UTC, wherever the run takes place', async () => {
  vi.stubEnv('TZ', 'America/New_York');
  expect(new Date(0).getTimezoneOffset()).not.toBe(0);
  for (const [since, stop] of [
    ['2026-01-31T15:29:00.123456', 'timed-out'],
    ['2026-01-31T15:31:00.123456', 'waiting'],
    ['2026-01-31T10:29:00-05:00', 'timed-out'],
  ] as const) {
    await using mill = await Mill.start();
    mill.wire.middleman = async () => ({ status: 200, json: { task_id: 'old', status: 'processing' } });
    await mill.put(GENERATION, { generation_id: FIRST_ID });
    await mill.put(IMAGE, { ...AT_REST, midjourney_task: { task_id: 'old', requested_at_utc: since } });
    expect((await mill.run()).stop, since).toBe(stop);
  }
});

test.each([
  { what: 'removed', restart: (mill: Mill) => mill.remove(IMAGE) },
  { what: 'reset by hand', restart: (mill: Mill) => mill.put(IMAGE, AT_REST) },
])('I3 D6 what is ordered is not ordered again when the image document is $what', async ({ restart }) => {
  await using mill = await Mill.start({ sandbox: { videoSeconds: 60 } });
  expect((await mill.run()).stop).toBe('waiting');
  await restart(mill);
  await mill.until('20:30');
  const stop = new AbortController();
  const onAction = (type: string): void => {
    if (type === 'await-video') stop.abort();
  };
  await mill.run({ signal: stop.signal, onAction });
  await restart(mill);
  await mill.until('20:30');
  expect(await mill.run()).toMatchObject({ stop: 'task-done', id: FIRST_ID });
  expect(mill.paid()).toMatchObject({ image: 1, video: 1 });
  expect((await mill.json(`666/${FIRST_ID}.json`)).media).toMatchObject({
    image: 'midjourney',
    video: 'runway',
  });
});

test('S1 D14 what somebody writes into the tracker while a text is being written is kept, or, when it is damage, let be', async () => {
  for (const edit of ['{"all_focuses":["Clocks","Rivers"],"note":"mine"}', '{"all_focuses":[']) {
    await using mill = await Mill.start();
    await mill.put(TRACKER, { all_focuses: ['Clocks'] });
    mill.wire.middleman = async (exchange, ask) => {
      if (exchange.provider === 'openai') await mill.put(TRACKER, edit);
      return ask();
    };
    await mill.run();
    const after = await mill.text(TRACKER);
    if (edit.endsWith('[')) expect(after).toBe(edit);
    else
      expect(JSON.parse(after)).toMatchObject({
        all_focuses: ['Clocks', 'Rivers'],
        note: 'mine',
        used_focuses: ['Clocks'],
      });
  }
});
