/**
 * What is worth telling a person after a run, and what has come to its end. One alert for each cause: who is told the same
 * thing three times a day stops reading.
 */
import type { AlertKind, OpenCause } from '../domain/alerts.ts';
import { describeFailure, type Failure } from '../domain/failure.ts';
import type { EventType } from '../domain/workflow-event.ts';
import { formatTimestamp } from '../domain/timestamp.ts';
import type { Action } from './decide.ts';

/** What is known of a run when it has ended. */
export interface RunObservation {
  readonly mode: 'main' | 'check';
  readonly stop: string;
  /** The post that it worked on last. */
  readonly id: string | null;
  /** Why it ended early, or why the picture could not be asked for. */
  readonly failure: Failure | null;
  /** What the exception said that ended it; null: it ended as runs do. */
  readonly bug: string | null;
  /** The action that failed; null when it was none of them. */
  readonly failedAction: Action['type'] | null;
  /** It was told to stop: what failed then says nothing. */
  readonly interrupted: boolean;
  readonly actions: readonly ObservedAction[];
  /** Posts for which a task that was given up is still asked after, so that what it makes may take a mock's place. */
  readonly lateFor: readonly string[];
}

export interface ObservedAction {
  readonly action: Action['type'];
  readonly id: string | null;
  readonly event: EventType | null;
  readonly failed: boolean;
  /** Why a mock was made. */
  readonly reason: string | null;
}

/** Whether a ready post lies in the store, when one should; `unknown` when nobody asked or it could not be seen. */
export type Readiness = 'ready' | 'late' | 'unknown';

export interface AlertVerdict {
  /** Causes that nobody has been told of, with what is to be said. */
  readonly raised: readonly (OpenCause & { readonly text: string })[];
  readonly recovered: readonly (OpenCause & { readonly text: string })[];
  /** Met for the first time, and to be told only when they are met again. */
  readonly noted: readonly OpenCause[];
  /** Noted, never told, and over. */
  readonly forgotten: readonly OpenCause[];
}

/** After that, a placeholder that was not replaced stays one, and its cause is forgotten. */
const MOCK_DAYS = 14;
const LONGEST_CAUSE = 300;
const LONGEST_TEXT = 3_000;
const DAY = 24 * 60 * 60 * 1000;
/**
 * Once, it is nobody's business: the machine slept, or another run came, and the next one goes on. Again and again, the
 * channel stands still.
 */
const TOLD_WHEN_REPEATED = new Set(['lease_lost']);
/** Such a run has looked at nothing. */
const SAYS_NOTHING = new Set(['locked', 'interrupted', 'check-failed', 'failed', 'crashed']);

const TITLES: Readonly<Record<AlertKind, string>> = {
  failed: 'A run failed',
  'needs-hand': 'The channel needs a hand',
  budget: 'A budget stopped the run',
  mock: 'A post was finished with a placeholder',
  late: 'No post is ready',
  test: 'This is a test',
};

/** `readyBy`: how the hour of the deadline reads, `08:00 Europe/Berlin`. */
export function judgeAlerts(
  open: readonly OpenCause[],
  run: RunObservation,
  readiness: Readiness,
  facts: { readonly now: Date; readonly readyBy: string },
): AlertVerdict {
  const since_utc = formatTimestamp(facts.now);
  const found = [
    ...bugCause(run),
    ...failureCause(run),
    ...mockCauses(run),
    ...lateCause(readiness, facts.readyBy),
  ];
  const known = new Map(open.map((cause) => [cause.cause, cause]));
  const fresh = found.filter(({ cause }) => known.get(cause)?.quiet ?? !known.has(cause));
  const isTold = ({ cause, repeated }: FoundCause): boolean => !repeated || known.has(cause);
  const entryOf = ({ action, cause, id, kind }: FoundCause): OpenCause => ({
    cause,
    kind,
    title: TITLES[kind],
    since_utc: known.get(cause)?.since_utc ?? since_utc,
    id,
    mode: run.mode,
    action,
  });
  const present = new Set(found.map(({ cause }) => cause));
  const over = open.flatMap((cause) => {
    const text = present.has(cause.cause) ? null : endOf(cause, run, readiness);
    return text === null ? [] : [{ ...cause, text }];
  });
  return {
    raised: fresh.filter(isTold).map((cause) => Object.assign(entryOf(cause), { text: cause.text })),
    recovered: over.filter(({ quiet }) => !quiet),
    noted: fresh
      .filter((cause) => !isTold(cause))
      .map((cause) => Object.assign(entryOf(cause), { quiet: true })),
    forgotten: over.filter(({ quiet }) => quiet),
  };
}

/** Open causes without those that no run will ever end. */
export function withoutOldMocks(open: readonly OpenCause[], now: Date): readonly OpenCause[] {
  return open.filter(
    ({ kind, since_utc }) => kind !== 'mock' || now.getTime() - Date.parse(since_utc) < MOCK_DAYS * DAY,
  );
}

type FoundCause = Pick<OpenCause, 'cause' | 'kind' | 'id' | 'action'> & {
  readonly text: string;
  /** Told only when it is met a second time. */
  readonly repeated?: boolean;
};

function failureCause({ failedAction, failure, id, interrupted }: RunObservation): FoundCause[] {
  if (failure === null || interrupted) return [];
  const { code, where, budget } = failure;
  const repeated = TOLD_WHEN_REPEATED.has(code);
  // A lease's key is that of one run alone.
  const places = repeated ? [] : [where.provider, where.key];
  const cause =
    budget === undefined
      ? [code, ...places].filter((part) => part !== undefined).join(':')
      : `budget:${budget.budget}`;
  const kind = code === 'budget_reached' ? 'budget' : failure.retry === 'human' ? 'needs-hand' : 'failed';
  return [
    {
      cause: cause.slice(0, LONGEST_CAUSE),
      kind,
      id,
      action: failedAction,
      text: describeFailure(failure).slice(0, LONGEST_TEXT),
      repeated,
    },
  ];
}

/** Whatever the words: who is told of a bug has to look at the log anyway. */
function bugCause({ bug, id, interrupted }: RunObservation): FoundCause[] {
  if (bug === null || interrupted) return [];
  const words = bug.slice(0, LONGEST_TEXT);
  const text = `A bug of Reelmill ended the run: ${words}. The next run goes on from what is saved. Please report it with the log.`;
  return [{ cause: 'bug', kind: 'failed', id, action: null, text }];
}

function mockCauses({ actions, lateFor }: RunObservation): FoundCause[] {
  return actions.flatMap(({ action, event, id, reason }) => {
    if (event !== 'media-saved' || id === null) return [];
    if (action !== 'make-mock' && action !== 'make-mock-video') return [];
    const what = action === 'make-mock' ? 'picture and video are placeholders' : 'the video is a placeholder';
    const why = reason === null ? '' : `: ${reason.replace(/[.\s]+$/, '').slice(0, LONGEST_TEXT)}`;
    const hope = lateFor.includes(id)
      ? ' If the real thing still comes before it is published, it takes its place.'
      : '';
    const text = `The post is ready, but ${what}${why}.${hope}`;
    return [{ cause: `mock:${id}`, kind: 'mock', id, action, text }];
  });
}

function lateCause(readiness: Readiness, readyBy: string): FoundCause[] {
  if (readiness !== 'late') return [];
  const text = `No ready post lies in the store, and there should be one by ${readyBy} each day. \`reelmill status\` shows what is being made.`;
  return [{ cause: 'late', kind: 'late', id: null, action: null, text }];
}

/** What to say of a cause that is over; null while it may still be there. */
function endOf(cause: OpenCause, run: RunObservation, readiness: Readiness): string | null {
  switch (cause.kind) {
    case 'late':
      return readiness === 'ready' ? 'A ready post lies in the store again.' : null;
    case 'mock':
      return run.actions.some(
        ({ action, event, id }) => action === 'await-video' && event === 'media-saved' && id === cause.id,
      )
        ? 'The real picture and video have come and taken the place of the placeholder.'
        : null;
    default:
      if (!provesGood(cause, run)) return null;
      return cause.kind === 'budget'
        ? 'The budget leaves room again; the post goes on.'
        : 'It did not fail again.';
  }
}

/** A check that finds nothing to do looks at one document, and says nothing about what a main run does. */
function provesGood(cause: OpenCause, run: RunObservation): boolean {
  if (run.interrupted || run.failure !== null || SAYS_NOTHING.has(run.stop)) return false;
  // A mock is what becomes of a post when something does not go well.
  const isMock = run.actions.some(({ action }) => action === 'make-mock' || action === 'make-mock-video');
  if (run.stop === 'task-done' && !isMock) return true;
  if (cause.action === null) return cause.mode === 'check' || run.mode === 'main';
  return run.actions.some(({ action, failed }) => action === cause.action && !failed);
}
