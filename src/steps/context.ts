/** What every step is given, and what it gives back. A step does the effect and reports; it never decides what comes next. */
import type { Failure, FailureCode, Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { ChannelSettings } from '../domain/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { Downloads } from '../ports/downloads.ts';
import type { ImageJudge } from '../ports/image-judge.ts';
import type { ImageTasks } from '../ports/image-task.ts';
import type { Journal } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Payments } from '../ports/payments.ts';
import type { PriceList } from '../domain/money.ts';
import type { Random } from '../ports/random.ts';
import type { Renderer } from '../ports/renderer.ts';
import type { TextModel } from '../ports/text-model.ts';
import type { VideoTasks } from '../ports/video-task.ts';
import type { SeenPosts } from './documents.ts';
import type { Workspace } from '../ports/workspace.ts';

export interface StepContext {
  readonly settings: ChannelSettings;
  readonly prices: PriceList;
  readonly store: ObjectStore;
  readonly journal: Journal;
  readonly payments: Payments;
  readonly textModel: TextModel;
  readonly imageJudge: ImageJudge;
  readonly imageTasks: ImageTasks;
  readonly videoTasks: VideoTasks;
  readonly downloads: Downloads;
  readonly renderer: Renderer;
  readonly workspace: Workspace;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of this run alone: a person may have edited the post before the next one. */
  readonly seenPosts: SeenPosts;
  /** Whether the publisher has marked the post by now. */
  readonly isMarked: (id: GenerationId) => Promise<Result<boolean>>;
  /** Called while waiting, so that the run keeps its right to act. Everything that writes is checked without this. */
  readonly keepLease: () => Promise<Result<void>>;
  /** Fires when the run is asked to stop; a step then ends at the next point from which it can be resumed. */
  readonly signal: AbortSignal;
}

/**
 * `event`: what happened, for the state machine; `null` when nothing did. `failure`: what went wrong; it is reported,
 * and the run ends after the event is saved.
 */
export interface StepOutcome<Event> {
  readonly event: Event | null;
  readonly failure: Failure | null;
}

export function happened<Event>(event: Event): StepOutcome<Event> {
  return { event, failure: null };
}

export function failed<Event = never>(failure: Failure, event: Event | null = null): StepOutcome<Event> {
  return { event, failure };
}

const OUR_OWN: ReadonlySet<FailureCode> = new Set([
  'budget_reached',
  'lease_lost',
  'secret_missing',
  'state_conflict',
  'state_damaged',
  'store_denied',
  'store_unavailable',
]);

/** The provider was never asked: something of ours stood in the way, and the post is none the worse for it. */
export function isNotAnAttempt(failure: Failure): boolean {
  return OUR_OWN.has(failure.code);
}

const USELESS: ReadonlySet<FailureCode> = new Set([
  'answer_truncated',
  'provider_bad_answer',
  'provider_refused',
  'too_large',
]);

/**
 * The model answered, and charged for it, and the answer is of no use: the same prompt may never get a better one. A
 * request that was not taken (a wrong key, setting or address) is none: it costs nothing, and a person has to mend it.
 */
export function isUselessAnswer({ code, effect }: Pick<Failure, 'code' | 'effect'>): boolean {
  return effect === 'unknown' && USELESS.has(code);
}

/** D13: the model's answer was of no use, but another one of the same model may be. */
export function mayAskAgain(failure: Failure): boolean {
  return failure.code === 'answer_truncated' || failure.code === 'provider_bad_answer';
}
