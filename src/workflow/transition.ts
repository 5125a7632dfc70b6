/**
 * What each event makes of the state. The table has a cell for every phase and event, and the compiler refuses a
 * missing one; an impossible pair is a bug and throws. Keys that are not ours are carried over untouched.
 */
import {
  VIDEO_UNKNOWN_TWICE,
  resumed,
  withoutProgress,
  type ChannelState,
  type ImageDocument,
  type LateTask,
  type TaskReference,
} from '../domain/channel-state.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { MAX_UNKNOWN_OUTCOMES } from '../domain/limits.ts';
import { imageCandidates } from '../domain/piapi-answer.ts';
import { formatTimestamp, secondsSince } from '../domain/timestamp.ts';
import type { EventNamed, EventType, WorkflowEvent } from '../domain/workflow-event.ts';
import { datedTask, phaseOf, taskIdOf, type Phase } from './phase.ts';
import { backoffSeconds, LATE_TASK_SECONDS, type Policy } from './policy.ts';

type Handler<T extends EventType> = (
  state: ChannelState,
  event: EventNamed<T>,
  policy: Policy,
  now: Date,
) => ChannelState;
type Row = { readonly [T in EventType]: Handler<T> | null };

export class ImpossibleTransition extends Error {
  override readonly name = 'ImpossibleTransition';
}

export function isPossible(phase: Phase, event: EventType): boolean {
  return TABLE[phase][event] !== null;
}

export function transition(
  state: ChannelState,
  event: WorkflowEvent,
  policy: Policy,
  now: Date,
): ChannelState {
  const phase = phaseOf(state.image);
  const handler = TABLE[phase][event.type] as Handler<EventType> | null;
  if (handler === null) throw new ImpossibleTransition(`${event.type} cannot happen in phase ${phase}`);
  return handler(state, event, policy, now);
}

function withImage(state: ChannelState, change: Partial<ImageDocument>): ChannelState {
  return { ...state, image: { ...state.image, ...change } };
}

function withId(state: ChannelState, id: GenerationId | null): ChannelState {
  return { ...state, generation: { ...state.generation, generation_id: id } };
}

function finished(state: ChannelState): ChannelState {
  return withId({ ...state, image: withoutProgress(state.image, {}) }, null);
}

function withLateTask(
  { generation: { generation_id: id }, image }: ChannelState,
  kind: LateTask['kind'],
  task: TaskReference | null | undefined,
): LateTask[] {
  const known = image.late_tasks ?? [];
  if (!task || id === null || known.some((late) => late.task_id === task.task_id)) return known;
  return [...known, { kind, id, task_id: task.task_id, requested_at_utc: task.requested_at_utc }].slice(-100);
}

/** Without this bound a video that is ready but can never be fetched would be taken up and given up again in every run (I6). */
function isRecent(task: ImageDocument['video_task'], now: Date): boolean {
  return task ? secondsSince(task.requested_at_utc, now) <= LATE_TASK_SECONDS : false;
}

/** A state may be without a key, but must not say `undefined`: the documents are JSON. */
function lateTasks(tasks: LateTask[]): Partial<ImageDocument> {
  return tasks.length === 0 ? {} : { late_tasks: tasks };
}

const on: { readonly [T in EventType]: Handler<T> } = {
  'id-minted': (state, event) => withId(state, event.id),
  'content-written': (state) => ({ ...state, image: withoutProgress(state.image, { generation: true }) }),
  'content-adopted': (state, { progress }) => ({ ...state, image: resumed(state.image, progress) }),
  'content-abandoned': (state) => withId(state, null),
  'submission-intended': (state, event, _policy, now) =>
    withImage(state, {
      submission: { kind: event.kind, intent_id: event.intentId, at_utc: formatTimestamp(now) },
    }),
  'submission-withdrawn': (state) => withImage(state, { submission: null }),
  'image-requested': (state, event, _policy, now) =>
    withImage(state, {
      midjourney_task: { task_id: event.taskId, requested_at_utc: formatTimestamp(now) },
      midjourney_results: {},
      generation: false,
      status: null,
      submission: null,
      retry_after_utc: null,
    }),
  'image-refused': (state, _event, policy, now) => {
    const attempts = (state.image.attempts ?? 0) + 1;
    return withImage(state, {
      attempts,
      submission: null,
      retry_after_utc: restUntil(policy, attempts, now),
    });
  },
  'image-outcome-unknown': (state, _event, policy, now) => {
    const unknown = (state.image.unknown_outcomes ?? 0) + 1;
    return withImage(state, {
      unknown_outcomes: unknown,
      submission: null,
      retry_after_utc: restUntil(policy, unknown, now),
    });
  },
  'image-answered': (state, event) =>
    withImage(state, {
      midjourney_results: { ...event.answer },
      midjourney_task: null,
      status: null,
      generation: false,
    }),
  'image-unusable': (state, _event, policy, now) => {
    if (state.image.replacing_mock) return finished(state);
    const attempts = (state.image.attempts ?? 0) + 1;
    const kept = { attempts, retry_after_utc: restUntil(policy, attempts, now) };
    return withImage(state, { midjourney_results: {}, generation: true, ...kept });
  },
  'image-timed-out': (state, { reason }) => givenUp(state, datedTask(state.image), reason),
  'image-given-up': (state, { late, reason }, _policy, now) => {
    if (state.image.replacing_mock) return finished(state);
    return givenUp(state, late ? paintedTask(state.image, now) : null, reason);
  },
  'task-adopted': (state, _event, _policy, now) =>
    withImage(state, {
      midjourney_task: {
        ...objectOf(state.image.midjourney_task),
        task_id: taskIdOf(state.image) ?? '',
        requested_at_utc: formatTimestamp(now),
      },
    }),
  'inconsistency-cleared': (state) => ({ ...state, image: withoutProgress(state.image, {}) }),
  'picture-saved': (state, event) => withImage(state, { picture: event.picture, unknown_outcomes: 0 }),
  'picture-failed': (state) => {
    const {
      midjourney_results: results,
      picture_failures: before = 0,
      replacing_mock: replacing,
    } = state.image;
    // A video that was ordered stands in the journal, which is asked before another one is (I3).
    const failed = { picture: null, submission: null, video_task: null, picture_failures: before + 1 };
    if (imageCandidates(results ?? {}) !== null) return withImage(state, failed);
    if (replacing === true) return finished(state);
    // Found again in the journal, the picture's task will say where it can be fetched.
    return withImage(state, { ...failed, midjourney_results: {}, generation: true });
  },
  'video-requested': (state, event, _policy, now) =>
    withImage(state, {
      submission: null,
      video_task: { task_id: event.taskId, requested_at_utc: formatTimestamp(now) },
    }),
  'video-outcome-unknown': (state) => {
    const unknown = (state.image.unknown_outcomes ?? 0) + 1;
    const failure = unknown > MAX_UNKNOWN_OUTCOMES ? { video_failure: VIDEO_UNKNOWN_TWICE } : {};
    return withImage(state, { unknown_outcomes: unknown, submission: null, ...failure });
  },
  'video-failed': (state, event, _policy, now) => {
    const late =
      event.late && isRecent(state.image.video_task, now)
        ? withLateTask(state, 'video', state.image.video_task)
        : (state.image.late_tasks ?? []);
    return withImage(state, {
      video_failure: event.reason.slice(0, 500),
      video_task: null,
      submission: null,
      ...lateTasks(late),
    });
  },
  'media-saved': finished,
  'post-finished': finished,
  'late-result': (state, event) => {
    const rest = (state.image.late_tasks ?? []).filter((task) => task.task_id !== event.task.task_id);
    const reference = { task_id: event.task.task_id, requested_at_utc: event.task.requested_at_utc };
    const arrived: Partial<ImageDocument> =
      event.task.kind === 'image'
        ? { midjourney_results: { ...event.answer } }
        : { picture: { source: 'midjourney', candidate: 0 }, video_task: reference };
    return withId(
      withImage(withoutLate(state), { ...lateTasks(rest), ...arrived, replacing_mock: true }),
      event.task.id,
    );
  },
  'late-task-dropped': (state, event) => {
    const rest = (state.image.late_tasks ?? []).filter((task) => task.task_id !== event.task.task_id);
    return withImage(withoutLate(state), lateTasks(rest));
  },
};

function withoutLate(state: ChannelState): ChannelState {
  const { late_tasks: _gone, ...image } = state.image;
  return { ...state, image: image as ImageDocument };
}

/** `task`: of the picture, which may take the mock's place when it comes, or can be fetched, after all. */
function givenUp(state: ChannelState, task: TaskReference | null, reason: string): ChannelState {
  return {
    ...state,
    image: withoutProgress(state.image, {
      status: 'timed_out_mock_needed',
      image_failure: reason.slice(0, 500),
      ...lateTasks(withLateTask(state, 'image', task)),
    }),
  };
}

/** The picture was painted and paid for; so may its video be, which its journal remembers (I3). */
function paintedTask({ midjourney_results: results }: ImageDocument, now: Date): TaskReference | null {
  const taskId = results?.['task_id'];
  return typeof taskId === 'string' && taskId !== ''
    ? { task_id: taskId, requested_at_utc: formatTimestamp(now) }
    : null;
}

function restUntil(policy: Policy, failures: number, now: Date): string {
  return formatTimestamp(new Date(now.getTime() + backoffSeconds(policy, failures) * 1000));
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const NEVER: Row = {
  'id-minted': null,
  'content-written': null,
  'content-adopted': null,
  'content-abandoned': null,
  'submission-intended': null,
  'submission-withdrawn': null,
  'image-requested': null,
  'image-refused': null,
  'image-outcome-unknown': null,
  'image-answered': null,
  'image-unusable': null,
  'image-timed-out': null,
  'image-given-up': null,
  'task-adopted': null,
  'inconsistency-cleared': null,
  'picture-saved': null,
  'picture-failed': null,
  'video-requested': null,
  'video-outcome-unknown': null,
  'video-failed': null,
  'media-saved': null,
  'post-finished': null,
  'late-result': null,
  'late-task-dropped': null,
};

function row<T extends EventType>(...possible: readonly T[]): Row {
  const cells: Record<string, unknown> = { ...NEVER };
  for (const type of possible) cells[type] = on[type];
  return cells as unknown as Row;
}

const TABLE: { readonly [P in Phase]: Row } = {
  'timed-out': row('media-saved', 'post-finished'),
  results: row(
    'picture-saved',
    'picture-failed',
    'submission-intended',
    'submission-withdrawn',
    'video-requested',
    'video-outcome-unknown',
    'video-failed',
    'media-saved',
    'image-given-up',
    'post-finished',
  ),
  task: row('image-answered', 'image-timed-out', 'task-adopted'),
  'task-undated': row('task-adopted'),
  submission: row(
    'submission-intended',
    'submission-withdrawn',
    'image-requested',
    'image-refused',
    'image-outcome-unknown',
    'image-given-up',
    'inconsistency-cleared',
    'post-finished',
  ),
  'results-unusable': row('image-unusable', 'inconsistency-cleared'),
  idle: row(
    'id-minted',
    'content-written',
    'content-adopted',
    'content-abandoned',
    'post-finished',
    'late-result',
    'late-task-dropped',
  ),
};
