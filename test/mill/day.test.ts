/** Whole days of the owner's schedule: the main run at 20:30, checks at 21:30 and 01:30, and the next main run. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { AT_REST, FIRST_ID, Mill } from '../support/mill.ts';

const SECOND_ID = '20260201-2030';

test('R1 R2 D3 M5 M6 M9 S2 S3 a day: ordered at 20:30, made at 21:30, nothing left at 01:30, the next one at 20:30', async () => {
  await using mill = await Mill.start();

  const main = await mill.run({ realRenderer: true });
  expect(main).toMatchObject({ stop: 'waiting', id: FIRST_ID, tasksProcessed: 0, failure: null });
  expect(await mill.objects('666/')).toEqual([`666/${FIRST_ID}.json`]);
  expect((await mill.state()).generation).toEqual({ generation_id: FIRST_ID });

  await mill.until('21:30');
  const check = await mill.run({ mode: 'check', realRenderer: true });
  expect(check).toMatchObject({ stop: 'task-done', tasksProcessed: 1, failure: null });
  expect(check.actions.map(({ action }) => action)).toEqual([
    'check-image',
    'choose-picture',
    'request-video',
    'await-video',
  ]);
  expect(await mill.objects('666/')).toEqual([
    `666/${FIRST_ID}.json`,
    `666/${FIRST_ID}.mp4`,
    `666/${FIRST_ID}.png`,
  ]);
  const made = await mill.state();
  expect(made.generation).toEqual({ generation_id: null });
  expect(made.image).toEqual(AT_REST);
  expect(made.public).toMatchObject({ processing_lock: false, generation_id: null });

  await mill.until('01:30');
  const idle = await mill.run({ mode: 'check' });
  expect(idle).toMatchObject({ stop: 'nothing-active', actions: [] });

  await mill.until('20:30');
  const next = await mill.run();
  expect(next).toMatchObject({ stop: 'waiting', id: SECOND_ID });
  expect(await mill.objects('444/')).toHaveLength(3);
  expect(mill.paid()).toEqual({ text: 10, image: 2, vision: 1, video: 1 });
  expect(mill.sandbox.ledger.paidTwice()).toEqual([]);
  expect(mill.complaints()).toEqual([]);
});

test('S4 S5 C5 P3 W3 the five states of a post, each exactly as the specification writes it', async () => {
  await using mill = await Mill.start();
  // The provider refuses the order: the run ends with the text written and the picture still to be ordered.
  mill.sandbox.setFaults([
    { provider: 'piapi', operation: 'imagine', times: 1, action: { type: 'status', status: 400 } },
  ]);
  await mill.run();
  const awaitingOrder = await mill.state();
  expect(awaitingOrder.image).toMatchObject({ ...AT_REST, generation: true });
  expect(awaitingOrder.generation).toEqual({ generation_id: FIRST_ID });

  await mill.advance(3_600);
  await mill.run({ mode: 'check' });
  const task = mill.ledger.find(({ kind, taskId }) => kind === 'image' && taskId !== null)?.taskId;
  const awaitingResult = (await mill.state()).image;
  expect(awaitingResult).toMatchObject({ ...AT_REST, midjourney_task: { task_id: task } });
  expect(awaitingResult.midjourney_task.requested_at_utc).toMatch(/^2026-01-31T21:30:\d\d\.\d{6}\+00:00$/);

  await mill.advance(3_600);
  const answer = { seen: null as unknown };
  mill.wire.middleman = async (exchange, ask) => {
    const given = await ask();
    if (exchange.path === '/mj/v2/fetch') answer.seen = given.json;
    return given;
  };
  // Every picture is refused: the run ends after the answer was kept.
  mill.sandbox.setFaults([{ provider: 'files', action: { type: 'status', status: 503 } }]);
  await mill.run({ mode: 'check' });
  expect((await mill.state()).image).toMatchObject({ ...AT_REST, midjourney_results: answer.seen });
  expect(answer.seen).toMatchObject({ status: 'finished', task_result: { task_progress: 100 } });

  mill.sandbox.setFaults([]);
  await mill.run({ mode: 'check' });
  expect((await mill.state()).image).toEqual(AT_REST);
});

test('M6 M4 D11 R2 a picture that does not come: the timeout is written by one run, the mock is made by the next', async () => {
  await using mill = await Mill.start({
    sandbox: {
      faults: [{ provider: 'piapi', operation: 'imagine', action: { type: 'task-never-finishes' } }],
    },
  });
  await mill.run();
  await mill.until('21:30');
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'waiting' });
  await mill.until('20:30');
  const ordered = (await mill.state()).image.midjourney_task;

  const timeout = await mill.run();
  expect(timeout).toMatchObject({ stop: 'timed-out', tasksProcessed: 0, failure: null });
  expect((await mill.state()).image).toMatchObject({ ...AT_REST, status: 'timed_out_mock_needed' });
  expect(await mill.objects('666/')).toEqual([`666/${FIRST_ID}.json`]);

  await mill.until('21:30');
  const mock = await mill.run({ mode: 'check', realRenderer: true });
  expect(mock).toMatchObject({ stop: 'task-done', tasksProcessed: 1 });
  expect(await mill.objects('666/')).toHaveLength(3);
  const { image, generation } = await mill.state();
  expect(image).toEqual({ ...AT_REST, late_tasks: [{ kind: 'image', id: FIRST_ID, ...ordered }] });
  expect(generation).toEqual({ generation_id: null });
  const post = await mill.json(`666/${FIRST_ID}.json`);
  expect(post.media).toMatchObject({ image: 'placeholder', video: 'mock' });
  expect(post.media.reason).toContain('no picture after');
  expect(mill.paid()).toEqual({ text: 5, image: 1 });
});

test('R2 M1 a main run never makes more posts than max_tasks_per_run, however fast the providers are', async () => {
  const instant = { sandbox: { imageSeconds: 1, videoSeconds: 1 } };
  await using one = await Mill.start(instant);
  expect(await one.run()).toMatchObject({ stop: 'task-done', tasksProcessed: 1 });
  expect(await one.objects('666/')).toHaveLength(3);
  expect(one.paid()).toEqual({ text: 5, image: 1, vision: 1, video: 1 });

  await using two = await Mill.start({ ...instant, config: { WORKFLOW: { max_tasks_per_run: 2 } } });
  expect(await two.run()).toMatchObject({ stop: 'task-done', tasksProcessed: 2 });
  expect(two.paid()).toEqual({ text: 10, image: 2, vision: 2, video: 2 });
  expect(await two.objects('444/')).toHaveLength(3);
  expect(await two.objects('666/')).toHaveLength(3);
});

test('M1 --zero-delay skips the pause before the first look at the picture, and only that one', async () => {
  const firstLook = async (zeroDelay: boolean): Promise<number> => {
    await using mill = await Mill.start({ sandbox: { videoSeconds: 0 } });
    await mill.run({ zeroDelay });
    const [ordered] = mill.wire.asked('piapi', '/api/v1/task');
    const [asked] = mill.wire.asked('piapi', '/mj/v2/fetch');
    return ((asked?.at.getTime() ?? 0) - (ordered?.at.getTime() ?? 0)) / 1000;
  };
  expect(await firstLook(false)).toBeGreaterThanOrEqual(10);
  expect(await firstLook(true)).toBe(0);
});

test('S6 P4 P5 a channel with the config of the old scripts runs through a day', async () => {
  const legacy = new URL('../fixtures/legacy-config.json', import.meta.url);
  await using mill = await Mill.start({ configText: await readFile(legacy, 'utf8') });
  await mill.put('data/topics_tracker.json', { all_focuses: ['Часы'], used_focuses: [], focus_data: {} });
  await mill.run();
  await mill.until('21:30');
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done', failure: null });
  const post = await mill.json(`666/${FIRST_ID}.json`);
  expect(post.topic).toMatch(/[а-я]/);
  expect(post.media).toMatchObject({ image: 'midjourney', video: 'runway' });
  const picture = await sharp(await mill.bytes(`666/${FIRST_ID}.png`)).metadata();
  expect([picture.width, picture.height]).toEqual([1280, 720]);
  expect(mill.wire.asked('runway', '/v1/image_to_video')[0]?.json).toMatchObject({
    model: 'gen4_turbo',
    ratio: '1280:720',
    duration: 10,
  });
});
