/** What each event writes into the documents. Which phases it leads to is in `transition.test.ts`. */
import { describe, expect, test } from 'vitest';
import {
  ANSWER,
  IDLE,
  LATE,
  MOMENT,
  NOW,
  OTHER_POST,
  PICTURE,
  POLICY,
  POST,
  SAMPLES,
  STRANGERS,
  stateOf,
  VIDEO_TASK,
} from '../../test/support/channel-samples.ts';
import { PROGRESS_KEYS, type ChannelState, type ImageDocument } from '../domain/channel-state.ts';
import type { WorkflowEvent } from '../domain/workflow-event.ts';
import { backoffSeconds, LATE_TASK_SECONDS } from './policy.ts';
import { transition } from './transition.ts';

function apply(
  image: ImageDocument,
  event: WorkflowEvent,
  id: ChannelState['generation']['generation_id'] = POST,
) {
  return transition(stateOf(image, id), event, POLICY, NOW);
}

describe('what each event writes', () => {
  test('C5 content-written sets generation and nothing else', () => {
    const after = apply({ ...IDLE, late_tasks: [LATE] }, { type: 'content-written' });
    expect(after.image).toEqual({ ...STRANGERS, ...IDLE, generation: true, late_tasks: [LATE] });
  });

  test('P3 image-requested stores the task with its moment', () => {
    const { image } = apply({ ...IDLE, generation: true }, { type: 'image-requested', taskId: 'image-9' });
    expect(image).toMatchObject({
      ...IDLE,
      midjourney_task: { task_id: 'image-9', requested_at_utc: '2026-02-01T12:00:00.000000+00:00' },
    });
  });

  test('P3 S4 an answer that was left behind by a hand or an older tool does not outlive a new order', () => {
    const left = { ...IDLE, generation: true, midjourney_results: { status: 'failed' }, status: 'odd' };
    const { image } = apply(left, { type: 'image-requested', taskId: 'image-9' });
    expect(image).toMatchObject({ generation: false, status: null });
    expect(image.midjourney_results).toEqual({});
  });

  test('W3 S4 an answer clears the task, the status and generation, also where a hand had set them beside it', () => {
    const task = { task_id: 'image-9', requested_at_utc: MOMENT };
    const { image } = apply(
      { ...IDLE, midjourney_task: task, generation: true, status: 'odd' },
      { type: 'image-answered', answer: ANSWER },
    );
    expect(image).toMatchObject({ midjourney_task: null, generation: false, status: null });
  });

  test('W3 the whole answer is kept, whatever it says', () => {
    const answer = { ...ANSWER, meta: { usage: 7 }, strange: [null] };
    const { image } = apply(SAMPLES.task[0], { type: 'image-answered', answer });
    expect(image).toMatchObject({ ...IDLE, midjourney_results: answer });
  });

  test('D4 a refusal keeps content and id, counts, and rests twice as long each time', () => {
    let state = stateOf({ ...IDLE, generation: true }, POST);
    for (const [index, seconds] of [600, 1200, 2400, 4800].entries()) {
      state = transition(state, { type: 'image-refused' }, POLICY, NOW);
      expect(state.image).toMatchObject({ generation: true, attempts: index + 1, submission: null });
      expect(Date.parse(String(state.image.retry_after_utc)) - NOW.getTime()).toBe(seconds * 1000);
      expect(state.generation.generation_id).toBe(POST);
    }
  });

  test('D4 the pause is never longer than a day', () => {
    expect(backoffSeconds(POLICY, 50)).toBe(86_400);
    expect(backoffSeconds(POLICY, 0)).toBe(600);
  });

  test('D5 a useless answer asks for another picture and counts', () => {
    const { image } = apply(SAMPLES['results-unusable'][0], { type: 'image-unusable' });
    expect(image).toMatchObject({ generation: true, midjourney_results: {}, attempts: 1 });
  });

  test('M6 the timeout writes the status, clears the task, and remembers it as late', () => {
    const { image } = apply(SAMPLES.task[0], { type: 'image-timed-out', reason: 'late' });
    expect(image).toEqual({
      ...STRANGERS,
      ...IDLE,
      status: 'timed_out_mock_needed',
      image_failure: 'late',
      late_tasks: [{ kind: 'image', id: POST, task_id: 'image-1', requested_at_utc: MOMENT }],
    });
  });

  test('P7 I3 a picture that is gone is fetched again, by its task where the answer is of no use any more', () => {
    const image: ImageDocument = {
      ...IDLE,
      picture: PICTURE,
      video_task: VIDEO_TASK,
      video_failure: 'tired',
    };
    const fetched = apply({ ...image, midjourney_results: ANSWER }, { type: 'picture-failed' }).image;
    expect(fetched).toMatchObject({ midjourney_results: ANSWER, picture: null, video_task: null });
    expect(fetched).toMatchObject({ generation: false, picture_failures: 1, video_failure: 'tired' });
    const kept = { ...image, midjourney_results: { task_id: 'image-1', status: 'completed' } };
    const again = apply(kept, { type: 'picture-failed' }).image;
    expect(again).toMatchObject({
      midjourney_results: {},
      generation: true,
      picture: null,
      picture_failures: 1,
    });
  });

  test('P2 I3 a painted picture that gives way to a mock by hand is remembered as late, one that failed is not', () => {
    const image: ImageDocument = { ...IDLE, midjourney_results: { ...ANSWER, task_id: 'image-1' } };
    const event = { type: 'image-given-up', reason: 'asked for' } as const;
    expect(apply(image, { ...event, late: true }).image).toMatchObject({
      status: 'timed_out_mock_needed',
      image_failure: 'asked for',
      late_tasks: [{ kind: 'image', id: POST, task_id: 'image-1' }],
    });
    expect(apply(image, { ...event, late: false }).image.late_tasks).toBeUndefined();
  });

  test('M6 a timed-out task without a post is not remembered: its result would belong to nobody', () => {
    expect(
      apply(SAMPLES.task[0], { type: 'image-timed-out', reason: 'late' }, null).image.late_tasks,
    ).toBeUndefined();
  });

  test('M7 the inconsistency is cleared to the four keys at rest', () => {
    const after = apply({ ...IDLE, generation: true, attempts: 3 }, { type: 'inconsistency-cleared' }, null);
    expect(after.image).toEqual({ ...STRANGERS, ...IDLE });
  });

  test('M9 P7 media-saved clears the post, its keys and its id; strangers and late tasks stay', () => {
    const full: ImageDocument = {
      ...IDLE,
      midjourney_results: ANSWER,
      attempts: 1,
      unknown_outcomes: 1,
      retry_after_utc: MOMENT,
      submission: null,
      picture: PICTURE,
      picture_failures: 1,
      image_failure: 'late',
      video_task: VIDEO_TASK,
      video_failure: 'tired',
      replacing_mock: true,
      late_tasks: [LATE],
    };
    for (const key of PROGRESS_KEYS) expect(Object.keys(full)).toContain(key);
    const after = apply(full, { type: 'media-saved' });
    expect(after.image).toEqual({ ...STRANGERS, ...IDLE, late_tasks: [LATE] });
    expect(after.generation).toEqual({ ...STRANGERS, generation_id: null });
  });

  test('S5 adopting an old task keeps its id and other keys and starts the clock now', () => {
    const [plain, object] = SAMPLES['task-undated'];
    const moment = '2026-02-01T12:00:00.000000+00:00';
    expect(apply(plain, { type: 'task-adopted' }).image.midjourney_task).toEqual({
      task_id: 'image-1',
      requested_at_utc: moment,
    });
    expect(apply(object, { type: 'task-adopted' }).image.midjourney_task).toEqual({
      task_id: 'image-1',
      note: 'kept',
      requested_at_utc: moment,
    });
  });

  test('I3 the second unknown outcome of a video ends in a mock, the first does not', () => {
    const once = apply(
      { ...IDLE, midjourney_results: ANSWER, picture: PICTURE, unknown_outcomes: 0 },
      { type: 'video-outcome-unknown' },
    );
    expect(once.image.video_failure).toBeUndefined();
    const twice = transition(once, { type: 'video-outcome-unknown' }, POLICY, NOW);
    expect(twice.image.video_failure).toMatch(/twice/);
  });

  test('I3 doubts about the picture do not count against the video', () => {
    const saved = apply(
      { ...IDLE, midjourney_results: ANSWER, unknown_outcomes: 1 },
      { type: 'picture-saved', picture: PICTURE },
    );
    expect(saved.image.unknown_outcomes).toBe(0);
  });

  test('P6 a video that may still come is remembered, one that failed for good is not', () => {
    const image: ImageDocument = {
      ...IDLE,
      midjourney_results: ANSWER,
      picture: PICTURE,
      video_task: VIDEO_TASK,
    };
    const event = { type: 'video-failed', reason: 'x'.repeat(900) } as const;
    const late = apply(image, { ...event, late: true }).image;
    expect(late).toMatchObject({
      video_task: null,
      video_failure: 'x'.repeat(500),
      late_tasks: [{ kind: 'video', id: POST, ...VIDEO_TASK }],
    });
    expect(apply(image, { ...event, late: false }).image.late_tasks).toBeUndefined();
  });

  test('I6 a video that is older than late tasks are asked after is not remembered again', () => {
    const at = new Date(NOW.getTime() - (LATE_TASK_SECONDS + 1) * 1000).toISOString();
    const image: ImageDocument = {
      ...IDLE,
      picture: PICTURE,
      replacing_mock: true,
      video_task: { task_id: 'v', requested_at_utc: at },
    };
    const after = apply(image, { type: 'video-failed', reason: 'gone', late: true });
    expect(after.image.late_tasks).toBeUndefined();
  });

  test('I7 a late result names its post again and leaves the other late tasks', () => {
    const another = { ...LATE, task_id: 'late-2' };
    const state = stateOf({ ...IDLE, late_tasks: [LATE, another] }, null);
    const after = transition(state, { type: 'late-result', task: LATE, answer: ANSWER }, POLICY, NOW);
    expect(after.generation.generation_id).toBe(OTHER_POST);
    expect(after.image).toEqual({
      ...STRANGERS,
      ...IDLE,
      midjourney_results: ANSWER,
      replacing_mock: true,
      late_tasks: [another],
    });
  });

  test('I2 giving up a replacement leaves the finished post with its mock', () => {
    const image: ImageDocument = { ...IDLE, midjourney_results: ANSWER, replacing_mock: true };
    const after = apply(image, { type: 'image-given-up', reason: 'failed', late: false });
    expect(after.image).toEqual({ ...STRANGERS, ...IDLE });
    expect(after.generation.generation_id).toBeNull();
  });

  test('the hundredth late task pushes out the oldest', () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ ...LATE, task_id: `late-${index}` }));
    const { image } = apply(
      { ...SAMPLES.task[0], late_tasks: many },
      { type: 'image-timed-out', reason: 'late' },
    );
    expect(image.late_tasks).toHaveLength(100);
    expect(image.late_tasks?.at(0)?.task_id).toBe('late-1');
    expect(image.late_tasks?.at(-1)?.task_id).toBe('image-1');
  });
});
