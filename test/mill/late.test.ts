/** A picture or video that arrives after its post became a mock: it takes the mock's place while there is still time. */
import { expect, test } from 'vitest';
import { channelSettings, policyOf } from '../../src/app/settings.ts';
import { readStatus } from '../../src/app/status.ts';
import {
  AT_REST,
  FIRST_ID,
  IMAGE,
  Mill,
  PUBLIC,
  valueOf,
  type Json,
  type MillOptions,
} from '../support/mill.ts';

const POST = `666/${FIRST_ID}.json`;

/** Past the timeout of five hours, before the next main run. */
const LATE_PICTURE = { sandbox: { imageSeconds: 25 * 3_600 } };

/** The first post is a finished mock, whose picture is still being painted. */
async function millWithMock(options: MillOptions = LATE_PICTURE): Promise<Mill> {
  const mill = await Mill.start(options);
  await mill.run();
  await mill.until('20:30');
  await mill.run({ mode: 'check' });
  expect((await mill.run({ mode: 'check' })).stop).toBe('task-done');
  expect((await mill.json(POST)).media).toMatchObject({ image: 'placeholder', video: 'mock' });
  expect((await mill.state()).image.late_tasks).toHaveLength(1);
  return mill;
}

test('D7 D11 a late picture takes the place of the mock, with a real video from it, in whichever folder the post lies', async () => {
  for (const folder of ['666/', '444/']) {
    await using mill = await millWithMock();
    if (folder === '444/') {
      // The next post is begun, and given up again, so that sorting has happened and nothing is being made.
      mill.sandbox.setFaults([{ provider: 'openai', action: { type: 'status', status: 500 } }]);
      await mill.run();
      await mill.put('config/config_gen.json', { generation_id: null });
      mill.sandbox.setFaults([]);
    }
    const mock = await mill.bytes(`${folder}${FIRST_ID}.mp4`);
    await mill.advance(2 * 3_600);
    const report = await mill.run({ mode: 'check' });
    expect(report, folder).toMatchObject({ failure: null, id: FIRST_ID });
    expect(report.actions[0]).toEqual({ action: 'check-late', event: 'late-result' });
    const { media, image_choice: choice } = await mill.json(`${folder}${FIRST_ID}.json`);
    expect(media).toMatchObject({ image: 'midjourney', video: 'runway' });
    expect(media).not.toHaveProperty('reason');
    expect(choice.winner).toBeGreaterThanOrEqual(1);
    expect(await mill.bytes(`${folder}${FIRST_ID}.mp4`)).not.toEqual(mock);
    expect(await mill.objects(`666/${FIRST_ID}`)).toHaveLength(folder === '666/' ? 3 : 0);
    expect((await mill.state()).image).toEqual(AT_REST);
    expect(mill.paid()).toMatchObject({ image: 1, vision: 1, video: 1 });
  }
});

test('D7 D2 status says that the next check run asks after a late picture', async () => {
  await using mill = await millWithMock();
  const { config, store, clock } = mill;
  const parts = { store, settings: channelSettings(config), policy: policyOf(config), clock };
  const { lateTasks, next } = valueOf(await readStatus(parts));
  expect(lateTasks).toBe(1);
  expect(next.check.type).toBe('check-late');
  expect(next.main.type).toBe('mint-id');
});

test('D7 R2 a replacement is no task of its own: a main run goes on to the next post', async () => {
  await using mill = await millWithMock();
  await mill.advance(2 * 3_600);
  const report = await mill.run();
  expect(report.actions.map(({ action }) => action)).toContain('write-content');
  expect(report).toMatchObject({ stop: 'waiting', tasksProcessed: 0 });
  expect((await mill.json(`444/${FIRST_ID}.json`)).media).toMatchObject({
    image: 'midjourney',
    video: 'runway',
  });
});

test('D7 M10 a late picture of a published post is dropped, and the published files stay as they were', async () => {
  await using mill = await millWithMock();
  await mill.put(PUBLIC, { ...(await mill.json(PUBLIC)), generation_id: [`${FIRST_ID}.json`] });
  const before = await mill.bytes(`666/${FIRST_ID}.png`);
  await mill.advance(2 * 3_600);
  const report = await mill.run({ mode: 'check' });
  expect(report.actions).toEqual([{ action: 'check-late', event: 'late-task-dropped' }]);
  expect(await mill.bytes(`666/${FIRST_ID}.png`)).toEqual(before);
  expect((await mill.state()).image).toEqual(AT_REST);
  expect(mill.paid()).not.toHaveProperty('video');
});

test('D7 with replace_mock_with_late_result switched off, nobody asks after the late picture', async () => {
  await using mill = await millWithMock({
    ...LATE_PICTURE,
    config: { WORKFLOW: { replace_mock_with_late_result: false } },
  });
  await mill.advance(2 * 3_600);
  const asked = mill.wire.seen.length;
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'nothing-active', actions: [] });
  expect(mill.wire.seen).toHaveLength(asked);
});

test('D7 a picture that still is not there is waited for, and forgotten after two days', async () => {
  await using mill = await millWithMock({
    sandbox: {
      faults: [{ provider: 'piapi', operation: 'imagine', action: { type: 'task-never-finishes' } }],
    },
  });
  await mill.advance(3_600);
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'nothing-active' });
  expect((await mill.state()).image.late_tasks).toHaveLength(1);
  await mill.advance(24 * 3_600);
  await mill.run({ mode: 'check' });
  expect((await mill.state()).image).toEqual(AT_REST);
  expect((await mill.json(POST)).media).toMatchObject({ image: 'placeholder' });
});

test('D7 P6 a late video takes the place of the mock video, and the picture stays', async () => {
  await using mill = await Mill.start({ sandbox: { imageSeconds: 1, videoSeconds: 3_000 } });
  expect((await mill.run()).stop).toBe('task-done');
  const media: Json = (await mill.json(POST)).media;
  expect(media).toMatchObject({ image: 'midjourney', video: 'mock' });
  const picture = await mill.bytes(`666/${FIRST_ID}.png`);
  expect((await mill.state()).image.late_tasks).toMatchObject([{ kind: 'video', id: FIRST_ID }]);
  await mill.until('21:30');
  expect(await mill.run({ mode: 'check' })).toMatchObject({ failure: null });
  const after = (await mill.json(POST)).media;
  expect(after).toMatchObject({ image: 'midjourney', video: 'runway', image_task_id: media.image_task_id });
  expect(after.video_task_id).toBe(mill.ledger.find(({ kind }) => kind === 'video')?.taskId);
  expect(after).not.toHaveProperty('reason');
  expect(await mill.bytes(`666/${FIRST_ID}.png`)).toEqual(picture);
  expect((await mill.state()).image).toEqual(AT_REST);
  expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 1, video: 1 });
});

test('D7 a late picture that cannot be fetched leaves the post with its mock, whole', async () => {
  await using mill = await millWithMock({ ...LATE_PICTURE, config: { WORKFLOW: { max_retries: 0 } } });
  const before = await mill.bytes(`666/${FIRST_ID}.png`);
  await mill.advance(2 * 3_600);
  mill.sandbox.setFaults([{ provider: 'files', action: { type: 'status', status: 403 } }]);
  for (let runs = 0; runs < 3; runs += 1) await mill.run({ mode: 'check' });
  expect(await mill.bytes(`666/${FIRST_ID}.png`)).toEqual(before);
  expect((await mill.json(POST)).media).toMatchObject({ image: 'placeholder', video: 'mock' });
  expect(await mill.json(IMAGE)).toEqual(AT_REST);
  expect((await mill.state()).generation).toEqual({ generation_id: null });
});

/** What the replacing run had paid for when it came to each action, and what is real by then. */
const OVERTAKEN = [
  ['choose-picture', { text: 5, image: 1, vision: 1 }, { image: 'placeholder', video: 'mock' }],
  ['request-video', { text: 5, image: 1, vision: 1 }, { image: 'midjourney', video: 'mock' }],
  ['await-video', { text: 5, image: 1, vision: 1, video: 1 }, { image: 'midjourney', video: 'mock' }],
] as const;

test.each(OVERTAKEN)(
  'D7 M10 I3 a mock that is published during %s stays as it was published, and nothing more is paid for it',
  async (moment, paid, media) => {
    await using mill = await millWithMock();
    const video = await mill.bytes(`666/${FIRST_ID}.mp4`);
    await mill.advance(2 * 3_600);
    const publish = async (): Promise<void> =>
      mill.put(PUBLIC, { ...(await mill.json(PUBLIC)), generation_id: [FIRST_ID] });
    mill.wire.middleman = async (exchange, ask) => {
      if (exchange.provider === 'openai' && moment === 'choose-picture') await publish();
      return ask();
    };
    const report = await mill.run({
      mode: 'check',
      onAction: async (action) => {
        if (action === moment && action !== 'choose-picture') await publish();
      },
    });
    expect(report.failure).toBeNull();
    expect(report.actions.at(-1)).toEqual({ action: moment, event: 'image-given-up' });
    expect(mill.paid()).toEqual(paid);
    expect(await mill.bytes(`666/${FIRST_ID}.mp4`)).toEqual(video);
    expect((await mill.json(POST)).media).toMatchObject(media);
    expect((await mill.state()).image).toEqual(AT_REST);
    mill.wire.middleman = () => null;
    await mill.until('20:30');
    await mill.run();
    expect(await mill.objects('archive/')).toHaveLength(3);
    expect((await mill.state()).public.generation_id).toEqual([]);
  },
);

test('D7 I4 a mock that is thrown away while it is being replaced holds up nobody', async () => {
  for (const moment of ['choose-picture', 'request-video', 'await-video']) {
    await using mill = await millWithMock();
    await mill.advance(2 * 3_600);
    const report = await mill.run({
      mode: 'check',
      onAction: async (action) => {
        if (action === moment) await mill.remove(...(await mill.objects(`666/${FIRST_ID}`)));
      },
    });
    expect(report.failure, moment).toBeNull();
    expect(await mill.objects('666/'), moment).toEqual([]);
    expect(await mill.json(IMAGE), moment).toEqual(AT_REST);
    expect((await mill.state()).generation, moment).toEqual({ generation_id: null });
  }
});

test('I3 a late task whose result the post is made of already is forgotten, whoever wrote it there', async () => {
  await using mill = await Mill.start({ sandbox: { imageSeconds: 1, videoSeconds: 1 } });
  expect((await mill.run()).stop).toBe('task-done');
  const { image_task_id: task_id } = (await mill.json(POST)).media;
  const requested_at_utc = '2026-01-31T20:30:00.000000+00:00';
  await mill.put(IMAGE, {
    ...(await mill.json(IMAGE)),
    late_tasks: [{ kind: 'image', id: FIRST_ID, task_id, requested_at_utc }],
  });
  await mill.until('21:30');
  const { actions } = await mill.run({ mode: 'check' });
  expect(actions).toEqual([{ action: 'check-late', event: 'late-task-dropped' }]);
  expect(mill.paid()).toMatchObject({ image: 1, video: 1 });
});
