/**
 * What a run does next. The owner's Scenarios 0, 3, 2, 4, 1 stand below in that order (M3–M8); `SPEC.md` is the truth
 * table. Pure: everything it knows is in its arguments.
 */
import { IMAGE_UNKNOWN_TWICE, type ChannelState, type TaskReference } from '../domain/channel-state.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { MAX_UNKNOWN_OUTCOMES } from '../domain/limits.ts';
import { parseTimestamp, secondsSince } from '../domain/timestamp.ts';
import type { WorkflowEvent } from '../domain/workflow-event.ts';
import { datedTask, knowsItsAge, phaseOf } from './phase.ts';
import { LONGEST_BACKOFF_SECONDS, type Policy } from './policy.ts';

export type StopReason =
  /** The bound of R2 is reached. */
  | 'task-done'
  /** M8: a ready group waits in 666. */
  | 'stocked'
  /** M6: the picture is still being painted. */
  | 'waiting'
  /** M6: nobody could say whether it is. */
  | 'check-failed'
  /** M6: the picture did not come in time, which this run wrote down. */
  | 'timed-out'
  /** D4: a failed submission rests before its next attempt. */
  | 'backing-off'
  /** D2: a check run with nothing active. */
  | 'nothing-active'
  /** M4, M5: the state names no post. */
  | 'no-active-post';

export type Action =
  | { readonly type: 'make-mock'; readonly id: GenerationId; readonly reason: string }
  | { readonly type: 'choose-picture'; readonly id: GenerationId }
  | { readonly type: 'request-video'; readonly id: GenerationId }
  | { readonly type: 'await-video'; readonly id: GenerationId; readonly task: TaskReference }
  | { readonly type: 'make-mock-video'; readonly id: GenerationId; readonly reason: string }
  | { readonly type: 'check-image'; readonly id: GenerationId | null; readonly task: TaskReference }
  | { readonly type: 'request-image'; readonly id: GenerationId }
  /** I7: the post stays as it is; what a replacement has left behind is told in its journal (I5). */
  | { readonly type: 'keep-mock'; readonly id: GenerationId; readonly reason: string }
  /** I3: an earlier run ended while it ordered; the journal may know what became of it. */
  | {
      readonly type: 'recall-order';
      readonly id: GenerationId;
      readonly kind: 'image' | 'video';
      readonly intentId: string;
    }
  | { readonly type: 'check-late' }
  | { readonly type: 'tidy' }
  | { readonly type: 'mint-id' }
  | { readonly type: 'write-content'; readonly id: GenerationId }
  /** D6: the text was saved before an earlier run ended. */
  | { readonly type: 'adopt-content'; readonly id: GenerationId }
  /** Nothing to do but to change the state. */
  | { readonly type: 'record'; readonly event: WorkflowEvent; readonly why: string }
  /** `until`: when it may be tried again, as the state has it; with `backing-off`. */
  | { readonly type: 'stop'; readonly reason: StopReason; readonly until?: string };

/** What tidying found (M8); `null` before it. `activePost`: how much of the post named in config_gen lies in the store. */
export interface Survey {
  readonly readyInFresh: boolean;
  readonly activePost: 'absent' | 'content' | 'ready';
}

export interface RunFacts {
  readonly mode: 'main' | 'check';
  readonly tasksProcessed: number;
  readonly survey: Survey | null;
  /** Late tasks have been asked after in this run. */
  readonly lateChecked: boolean;
  /** What this run's own look at the picture's task gave; `unasked` before it. */
  readonly imageCheck: 'unasked' | 'pending' | 'failed';
  readonly now: Date;
}

/** The state says that a mock is due, and nobody of ours has said why. */
const ASKED_FOR = 'the state asked for it';

export function decide(state: ChannelState, facts: RunFacts, policy: Policy): Action {
  const { image } = state;
  const id = state.generation.generation_id;
  if (facts.tasksProcessed >= policy.maxTasksPerRun) return stop('task-done');
  const phase = phaseOf(image);
  switch (phase) {
    case 'timed-out': // Scenario 0
      // M6: the run that wrote the timeout ends; the mock is the next run's.
      if (facts.imageCheck !== 'unasked') return stop('timed-out');
      return id === null
        ? stop('no-active-post')
        : { type: 'make-mock', id, reason: image.image_failure ?? ASKED_FOR };
    case 'results': // Scenario 3
      return id === null ? stop('no-active-post') : decideMedia(state, id, policy);
    case 'task': // Scenario 2
      return decideTask(state, facts, policy);
    case 'task-undated':
      return record(
        { type: 'task-adopted' },
        'the task is in an old form that does not say since when it runs',
      );
    case 'submission': // Scenario 4
      return decideSubmission(state, id, facts, policy);
    case 'results-unusable': // D5, and nothing of the above
      return id === null
        ? record({ type: 'inconsistency-cleared' }, 'an answer without a post')
        : record({ type: 'image-unusable' }, 'the answer holds no usable picture');
    case 'idle': // Scenario 1
      return decideIdle(state, id, facts, policy);
  }
}

/** M6, D7: asked once a run; a result counts even when it comes past the timeout, since the question comes first. */
function decideTask(state: ChannelState, facts: RunFacts, policy: Policy): Action {
  const task = datedTask(state.image);
  if (task === null || !knowsItsAge(state.image, facts.now))
    return record(
      { type: 'task-adopted' },
      'the task does not say, or cannot be right about, since when it runs',
    );
  if (facts.imageCheck === 'unasked')
    return { type: 'check-image', id: state.generation.generation_id, task };
  const seconds = secondsSince(task.requested_at_utc, facts.now);
  if (seconds > policy.imageTimeoutSeconds) return timedOut(`no picture after ${age(seconds)}`);
  return stop(facts.imageCheck === 'pending' ? 'waiting' : 'check-failed');
}

/** M5, P4–P7: picture, then video, then, when there is none, a mock. */
function decideMedia(state: ChannelState, id: GenerationId, policy: Policy): Action {
  const { image } = state;
  if (!image.picture) {
    const failures = image.picture_failures ?? 0;
    if (failures > policy.maxRetries) {
      const why = `the painted pictures could not be fetched, ${failures} times`;
      return image.replacing_mock === true ? { type: 'keep-mock', id, reason: why } : gaveUp(why);
    }
    return { type: 'choose-picture', id };
  }
  // An empty reason is a failure too: passing it over would order, and pay for, another video.
  if (typeof image.video_failure === 'string')
    return { type: 'make-mock-video', id, reason: image.video_failure };
  if (image.video_task) return { type: 'await-video', id, task: image.video_task };
  if (image.submission?.kind === 'video') {
    return { type: 'recall-order', id, kind: 'video', intentId: image.submission.intent_id };
  }
  return { type: 'request-video', id };
}

/** M7, D4. */
function decideSubmission(
  state: ChannelState,
  id: GenerationId | null,
  facts: RunFacts,
  policy: Policy,
): Action {
  const { image } = state;
  if (id === null)
    return record({ type: 'inconsistency-cleared' }, 'generation is set, but no post is named');
  if (image.submission?.kind === 'image') {
    return { type: 'recall-order', id, kind: 'image', intentId: image.submission.intent_id };
  }
  if ((image.attempts ?? 0) > policy.maxRetries) {
    return gaveUp(`the picture failed ${image.attempts} times`);
  }
  if ((image.unknown_outcomes ?? 0) > MAX_UNKNOWN_OUTCOMES) {
    return gaveUp(IMAGE_UNKNOWN_TWICE);
  }
  const { retry_after_utc: until } = image;
  const rest = until ? parseTimestamp(until) : null;
  const left = rest === null ? 0 : (rest.getTime() - facts.now.getTime()) / 1000;
  // No pause of ours is longer: whoever wrote such a moment, it would hold the post for ever.
  if (until && left > 0 && left <= LONGEST_BACKOFF_SECONDS)
    return { type: 'stop', reason: 'backing-off', until };
  return { type: 'request-image', id };
}

/** M8, D2, D6. */
function decideIdle(state: ChannelState, id: GenerationId | null, facts: RunFacts, policy: Policy): Action {
  const { image } = state;
  // D6: a late result would take the place of a post that config_gen still names, and that post would be lost.
  const late = id === null ? (image.late_tasks ?? []) : [];
  // A late result takes the place of the active post, so it waits until there is none.
  if (id === null && late.length > 0 && !facts.lateChecked && policy.replaceMockWithLateResult)
    return { type: 'check-late' };
  if (facts.mode === 'check') return stop('nothing-active');
  if (facts.survey === null) return { type: 'tidy' };
  if (id === null) return facts.survey.readyInFresh ? stop('stocked') : { type: 'mint-id' };
  switch (facts.survey.activePost) {
    case 'ready':
      return record({ type: 'post-finished' }, 'the post is complete');
    case 'content':
      return { type: 'adopt-content', id };
    case 'absent':
      return facts.survey.readyInFresh ? stop('stocked') : { type: 'write-content', id };
  }
}

function stop(reason: StopReason): Action {
  return { type: 'stop', reason };
}

function age(seconds: number): string {
  return seconds < 7_200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3_600)} hours`;
}

function timedOut(reason: string): Action {
  return record({ type: 'image-timed-out', reason }, reason);
}

function gaveUp(reason: string): Action {
  return record({ type: 'image-given-up', reason, late: false }, reason);
}

function record(event: WorkflowEvent, why: string): Action {
  return { type: 'record', event, why };
}
