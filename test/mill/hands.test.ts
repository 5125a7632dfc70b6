/** A post in the making, and hands in its folder and its state: what is paid for is found again, and the channel goes on. */
import { expect, test } from 'vitest';
import type { GenerationId } from '../../src/domain/generation-id.ts';
import { mediaPart } from '../../src/runtime/single-step.ts';
import {
  AT_REST,
  FIRST_ID,
  GENERATION,
  IMAGE,
  Mill,
  PUBLIC,
  type Json,
  type MillOptions,
} from '../support/mill.ts';

const POST = `666/${FIRST_ID}.json`;
const PICTURE = `666/${FIRST_ID}.png`;
const PAID = { text: 5, image: 1, vision: 1, video: 1 };
const REAL = { image: 'midjourney', video: 'runway' };
const SLOW_VIDEO: MillOptions = { sandbox: { imageSeconds: 1, videoSeconds: 600 } };

/** Stopped when it came to this action, as by a deployment. */
async function stoppedAt(moment: string, options: MillOptions = SLOW_VIDEO): Promise<Mill> {
  const mill = await Mill.start(options);
  const stop = new AbortController();
  await mill.run({
    signal: stop.signal,
    onAction: (type) => {
      if (type === moment) stop.abort();
    },
  });
  return mill;
}

/** As a tool that knows only the specification writes it. */
function fourKeys({ generation, midjourney_results, midjourney_task, status }: Json): Json {
  return { generation, midjourney_results, midjourney_task, status };
}

async function expectFinished(mill: Mill, media: object = REAL): Promise<void> {
  expect((await mill.json(POST)).media).toMatchObject(media);
  expect(await mill.objects(`666/${FIRST_ID}`)).toHaveLength(3);
  expect(await mill.json(IMAGE)).toEqual(AT_REST);
  expect(await mill.json(GENERATION)).toEqual({ generation_id: null });
}

test('P7 I2 I3 a picture that is removed while its video is made is fetched again; nothing is paid twice, nothing is called finished', async () => {
  await using mill = await stoppedAt('await-video');
  await mill.remove(PICTURE);
  await mill.advance(3_600);
  const { actions, failure, stop } = await mill.run({ mode: 'check' });
  expect({ failure, stop }).toEqual({ failure: null, stop: 'task-done' });
  expect(actions.map(({ event }) => event)).toEqual([
    'picture-failed',
    'picture-saved',
    'video-requested',
    'media-saved',
  ]);
  await expectFinished(mill);
  expect(mill.paid()).toEqual(PAID);
});

test('P6 P7 I4 a picture that is removed before its video is ordered, or before its mock is made, is fetched again', async () => {
  for (const moment of ['request-video', 'make-mock-video']) {
    await using mill = await Mill.start({ sandbox: { imageSeconds: 1, videoSeconds: 60 } });
    if (moment === 'make-mock-video')
      mill.sandbox.setFaults([{ provider: 'runway', action: { type: 'status', status: 400 } }]);
    let removed = false;
    const report = await mill.run({
      onAction: async (action) => {
        if (action === moment && !removed) await mill.remove(PICTURE);
        removed ||= action === moment;
      },
    });
    expect(report, moment).toMatchObject({ stop: 'task-done', failure: null });
    await expectFinished(mill, moment === 'request-video' ? REAL : { image: 'midjourney', video: 'mock' });
    expect(mill.paid(), moment).toMatchObject({ image: 1, vision: 1 });
  }
});

test('P7 I2 a picture that is removed while its mock is rendered is stored again', async () => {
  for (const moment of ['make-mock', 'make-mock-video']) {
    await using mill = await Mill.start({ sandbox: { imageSeconds: 1, videoSeconds: 60 } });
    const provider = moment === 'make-mock' ? 'piapi' : 'runway';
    mill.sandbox.setFaults([{ provider, action: { type: 'status', status: 400 } }]);
    const change: NonNullable<Parameters<Mill['run']>[0]>['change'] = (parts) => ({
      ...parts,
      context: {
        ...parts.context,
        renderer: {
          ...parts.context.renderer,
          renderMockVideo: async (...given) => {
            await mill.remove(PICTURE);
            return parts.context.renderer.renderMockVideo(...given);
          },
        },
      },
    });
    for (let hour = 0; hour < 8; hour += 1) {
      await mill.run({ mode: hour === 0 ? 'main' : 'check', change, anyState: true });
      await mill.advance(3_600);
    }
    await expectFinished(mill, { video: 'mock' });
  }
});

test('P7 I6 a picture that is removed again and again ends in a mock, not in a circle', async () => {
  await using mill = await Mill.start(SLOW_VIDEO);
  const report = await mill.run({
    onAction: async (action) => {
      if (action === 'request-video') await mill.remove(PICTURE);
    },
  });
  expect(report).toMatchObject({ stop: 'task-done', failure: null });
  await expectFinished(mill, { image: 'placeholder', video: 'mock' });
  expect((await mill.json(POST)).media.reason).toContain('could not be fetched');
  expect(mill.paid()).toMatchObject({ image: 1 });
});

test('I3 an older tool that keeps only the four keys makes nobody order a second video', async () => {
  await using mill = await stoppedAt('await-video');
  await mill.put(IMAGE, fourKeys((await mill.state()).image));
  await mill.advance(3_600);
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done', failure: null });
  await expectFinished(mill);
  expect(mill.paid()).toEqual(PAID);
});

test.each(['imagine', 'image_to_video'] as const)(
  'I3 I4 an older tool that forgets how often the outcome of %s was unknown makes nobody order a third time',
  async (operation) => {
    const provider = operation === 'imagine' ? 'piapi' : 'runway';
    await using mill = await Mill.start(SLOW_VIDEO);
    mill.sandbox.setFaults([{ provider, operation, action: { type: 'lose-answer' } }]);
    for (let hour = 0; hour < 8; hour += 1) {
      await mill.run({ mode: hour === 0 ? 'main' : 'check', anyState: true });
      await mill.put(IMAGE, fourKeys((await mill.state()).image));
      await mill.advance(3_600);
    }
    expect(mill.paid()).toMatchObject({ [operation === 'imagine' ? 'image' : 'video']: 2 });
    await expectFinished(mill, { video: 'mock' });
  },
);

test('I2 I4 M9 an older tool that forgets that a mock is being replaced: the finished post stays as it is, and the channel goes on', async () => {
  await using mill = await Mill.start({ sandbox: { imageSeconds: 25 * 3_600 } });
  await mill.run();
  await mill.until('20:30');
  for (let run = 0; run < 2; run += 1) await mill.run({ mode: 'check' });
  expect((await mill.json(POST)).media).toMatchObject({ image: 'placeholder', video: 'mock' });
  // Sorted forward by the next main run, which ends before the next post has a text.
  mill.sandbox.setFaults([{ provider: 'openai', action: { type: 'status', status: 500 } }]);
  await mill.run();
  await mill.put(GENERATION, { generation_id: null });
  mill.sandbox.setFaults([]);
  await mill.advance(2 * 3_600);
  const stop = new AbortController();
  const onAction = (type: string): void => {
    if (type === 'choose-picture') stop.abort();
  };
  await mill.run({ mode: 'check', signal: stop.signal, onAction });
  const { image } = await mill.state();
  expect(image.replacing_mock).toBe(true);
  await mill.put(IMAGE, fourKeys(image));
  await mill.until('20:30');
  const { actions, failure } = await mill.run();
  expect(failure).toBeNull();
  expect(actions[0]).toEqual({ action: 'choose-picture', event: 'post-finished' });
  expect(actions.map(({ action }) => action)).toContain('write-content');
  expect(await mill.objects(`444/${FIRST_ID}`)).toHaveLength(3);
  expect(await mill.objects(`666/${FIRST_ID}`)).toEqual([]);
  expect((await mill.json(`444/${FIRST_ID}.json`)).media).toMatchObject({ video: 'mock' });
});

test('I3 a journal that is removed while an order is under way leaves its outcome unknown, counted and repeated once', async () => {
  await using mill = await Mill.start({ sandbox: { imageSeconds: 1 } });
  mill.sandbox.setFaults([
    { provider: 'piapi', operation: 'imagine', action: { type: 'status', status: 500 } },
  ]);
  await mill.run({ anyState: true });
  const submission = { kind: 'image', intent_id: 'left', at_utc: '2026-01-31T20:30:00.000000+00:00' };
  mill.sandbox.setFaults([]);
  for (const unknown of [1, 2]) {
    const { image } = await mill.state();
    await mill.put(IMAGE, { ...image, submission, unknown_outcomes: unknown - 1, retry_after_utc: null });
    await mill.remove(`journal/${FIRST_ID}.json`);
    const { actions } = await mill.run({ mode: 'check', anyState: true });
    expect(actions[0]).toEqual({ action: 'recall-order', event: 'image-outcome-unknown' });
    await mill.advance(3_600);
  }
  expect(mill.paid()).not.toHaveProperty('image');
});

test('P7 I2 I3 a real video whose picture can never be fetched again stays, behind a title card', async () => {
  await using mill = await stoppedAt('await-video', {
    sandbox: { imageSeconds: 1, videoSeconds: 600, urlSeconds: 1_800 },
  });
  await mill.remove(PICTURE);
  await mill.advance(3_600);
  for (let hour = 0; hour < 8; hour += 1) {
    await mill.run({ mode: 'check', anyState: true });
    await mill.advance(3_600);
  }
  await expectFinished(mill, { image: 'placeholder', video: 'runway' });
  expect(mill.paid()).toEqual(PAID);
});

test('I2 I4 M9 a state in the middle of a post that lies finished further on ends there, at whichever step', async () => {
  for (const failed of [false, true]) {
    await using mill = await stoppedAt('await-video');
    const { image } = await mill.state();
    await mill.remove(...(await mill.objects('666/')));
    await mill.putGroup('444/', FIRST_ID);
    if (failed) await mill.put(IMAGE, { ...image, video_task: null, video_failure: 'tired' });
    await mill.advance(3_600);
    const { actions, failure } = await mill.run({ mode: 'check' });
    expect(failure).toBeNull();
    expect(actions[0]).toEqual({
      action: failed ? 'make-mock-video' : 'await-video',
      event: 'post-finished',
    });
    expect(await mill.objects('666/')).toEqual([]);
    expect(await mill.json(GENERATION)).toEqual({ generation_id: null });
  }
});

test('I3 D6 a state and a picture that are removed together make nobody order either again', async () => {
  await using mill = await stoppedAt('await-video');
  await mill.remove(IMAGE, PICTURE);
  await mill.advance(3_600);
  expect(await mill.run()).toMatchObject({ stop: 'task-done', failure: null });
  await expectFinished(mill);
  expect(mill.paid()).toEqual(PAID);
});

test('I3 M7 generation that is set again by hand while the picture is painted takes up the task that is ordered', async () => {
  await using mill = await Mill.start({ sandbox: { imageSeconds: 1_800 } });
  await mill.run();
  const { image } = await mill.state();
  await mill.put(IMAGE, { ...image, midjourney_task: null, generation: true });
  await mill.advance(3_600);
  await mill.run({ mode: 'check' });
  expect((await mill.json(POST)).media).toMatchObject(REAL);
  expect(mill.paid()).toEqual(PAID);
});

test('P2 I3 I5 a mock that is asked for by hand says so, and what was painted and ordered takes its place, paid once', async () => {
  await using mill = await stoppedAt('await-video');
  expect(await mill.run({ part: mediaPart(FIRST_ID as GenerationId, true), anyState: true })).toMatchObject({
    failure: null,
  });
  const { media } = await mill.json(POST);
  expect(media).toMatchObject({
    image: 'placeholder',
    video: 'mock',
    reason: 'a mock was asked for by hand',
  });
  expect(media).not.toHaveProperty('image_task_id');
  expect(await mill.json(POST)).not.toHaveProperty('image_choice');
  await mill.advance(3_600);
  expect(await mill.run({ mode: 'check' })).toMatchObject({ failure: null });
  await expectFinished(mill);
  expect((await mill.json(POST)).image_choice).toMatchObject({ winner: expect.any(Number) as unknown });
  expect(mill.paid()).toEqual(PAID);
});

test('M5 M10 M11 a result that belongs to no post is an error, and what is finished moves on all the same', async () => {
  await using mill = await stoppedAt('await-video');
  await mill.remove(GENERATION);
  await mill.putGroup('444/', '20260101-2030');
  await mill.putGroup('555/', '20260102-2030');
  await mill.put(PUBLIC, { processing_lock: false, generation_id: ['20260101-2030'] });
  await mill.until('20:30');
  expect(await mill.run({ anyState: true })).toMatchObject({
    stop: 'no-active-post',
    failure: { code: 'no_active_post' },
  });
  expect(await mill.objects('archive/')).toHaveLength(3);
  expect(await mill.objects('444/')).toContain('444/20260102-2030.json');
});
