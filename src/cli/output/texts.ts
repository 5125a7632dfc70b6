/** What people read about actions and outcomes, in one place, so that progress, reports and status use the same words. */
import { amountOf } from '../../domain/budget.ts';
import type { RunReport } from '../../runtime/run-channel.ts';
import type { Action } from '../../workflow/decide.ts';
import type { Phase } from '../../workflow/phase.ts';

export type ActionType = Exclude<Action['type'], 'stop'>;

interface ActionText {
  /** As a heading of something going on. */
  readonly doing: string;
  /** Who is asked; empty for what happens on this machine and in the store. */
  readonly provider: string;
}

export const ACTION_TEXTS: Readonly<Record<ActionType, ActionText>> = {
  'make-mock': { doing: 'Drawing a title card and rendering a video from it', provider: '' },
  'choose-picture': { doing: 'Choosing the best picture', provider: 'OpenAI vision' },
  'request-video': { doing: 'Ordering the video', provider: 'Runway' },
  'await-video': { doing: 'Waiting for the video', provider: 'Runway' },
  'make-mock-video': { doing: 'Rendering a video from the picture', provider: '' },
  'check-image': { doing: 'Asking for the picture', provider: 'Midjourney' },
  'request-image': { doing: 'Ordering the picture', provider: 'Midjourney' },
  'keep-mock': { doing: 'Leaving the mock as it is', provider: '' },
  'recall-order': { doing: 'Looking up what became of an order', provider: '' },
  'check-late': { doing: 'Asking for results that were given up', provider: 'Midjourney, Runway' },
  tidy: { doing: 'Archiving and sorting finished posts', provider: '' },
  'mint-id': { doing: 'Naming the next post', provider: '' },
  'write-content': { doing: 'Writing topic, text, comment, poll and scene', provider: 'OpenAI' },
  'adopt-content': { doing: 'Taking up the text that is already saved', provider: '' },
  record: { doing: 'Noting what became clear', provider: '' },
};

/** Why it is the next thing to do, where the action does not carry its reason itself. */
const REASONS: Readonly<Record<Exclude<ActionType, 'record' | 'make-mock-video' | 'keep-mock'>, string>> = {
  'recall-order': 'an earlier run ended while it ordered',
  'make-mock': 'no picture came',
  'choose-picture': 'the picture’s answer is here',
  'request-video': 'the picture is saved',
  'await-video': 'the video is ordered',
  'check-image': 'the picture is ordered',
  'request-image': 'the text is written',
  'check-late': 'a task that was given up may have ended',
  tidy: 'no post is being made',
  'mint-id': 'no post is being made, and the finished ones have moved on',
  'write-content': 'the post is named, and its text is not written',
  'adopt-content': 'the text of the named post is saved already',
};

/** Why the next run will do what it will do; of one that ends at once, how it ends says it. */
export function reasonOf(action: Action): string {
  switch (action.type) {
    case 'stop':
      return action.until === undefined
        ? STOP_TEXTS[action.reason].ended
        : `the last order for a picture failed, and is tried again after ${minuteOf(action.until)}`;
    case 'record':
      return action.why;
    case 'keep-mock':
    case 'make-mock-video':
      return action.reason;
    default:
      return REASONS[action.type];
  }
}

/** Where a post stands; `isNamed`: there is one. */
export function standing(phase: Phase, videoOrdered: boolean, isNamed: boolean): string {
  if (phase === 'idle' && isNamed) return 'named, its text is not written yet';
  return phase === 'results' && videoOrdered
    ? 'the picture is saved, the video is being made'
    : PHASE_TEXTS[phase];
}

const PHASE_TEXTS: Readonly<Record<Phase, string>> = {
  idle: 'nothing is being made',
  submission: 'the text is written, the picture is not ordered yet',
  task: 'the picture is being painted',
  'task-undated': 'the picture is being painted',
  results: 'the picture is painted, the video is next',
  'results-unusable': 'the picture’s answer cannot be used',
  'timed-out': 'the picture did not come; a title card takes its place',
};

/** How a run ended, as a sentence; what comes next, as another. */
export const STOP_TEXTS: Readonly<
  Record<RunReport['stop'], { readonly ended: string; readonly next: string }>
> = {
  'task-done': { ended: 'A post is finished.', next: 'The next main run sorts it towards publication.' },
  stocked: {
    ended: 'A finished post already waits among the new ones (666); nothing new was started.',
    next: 'A new post begins when it has moved on.',
  },
  waiting: { ended: 'The picture is still being painted.', next: 'The next run asks again.' },
  'check-failed': {
    ended: 'Nobody could say whether the picture is ready.',
    next: 'The next run asks again; nothing was changed.',
  },
  'timed-out': {
    ended: 'The picture did not come in time.',
    next: 'The next run makes the post with a title card instead.',
  },
  'backing-off': {
    ended: 'The last order for a picture failed; it is tried again after a pause.',
    next: 'A later run tries again.',
  },
  'nothing-active': {
    ended: 'Nothing to check.',
    next: 'The next main run starts a post when one is needed.',
  },
  'no-active-post': {
    ended: 'The state holds a result that belongs to no post.',
    next: '`reelmill repair` explains and mends it.',
  },
  locked: { ended: 'Another run holds the channel; this one did nothing.', next: 'The next run goes on.' },
  failed: { ended: 'The run ended early.', next: 'The next run goes on from here.' },
  interrupted: { ended: 'The run was asked to stop.', next: 'The next run goes on from here.' },
  'turn-limit': {
    ended: 'The run went round in a circle and was stopped.',
    next: 'Please report this as a bug.',
  },
  'part-done': { ended: 'Done.', next: '`reelmill status` shows what comes next.' },
};

/**
 * What comes after a run. A budget lets the next one go on only when it frees or is raised, a failed order after its pause,
 * and what needs a hand not before it has had one. Null after a wrong use of the command: the channel is not concerned.
 */
export function nextAfter({ actions, failure, stop, until }: RunReport): string | null {
  if (until !== undefined)
    return stop === 'locked'
      ? `The next run goes on; if the one at work was killed, the first run after ${minuteOf(until)} does.`
      : `The first run after ${minuteOf(until)} tries again.`;
  const { budget, code, retry } = failure ?? {};
  if (code === 'usage') return null;
  if (budget === undefined)
    return retry === 'human' && stop === 'failed' && !isCounted(actions)
      ? 'The channel goes on from here once this is mended.'
      : STOP_TEXTS[stop].next;
  return budget.freesAt === null
    ? `The channel goes on from here once BUDGET.per_${budget.budget}_usd is raised.`
    : `The first run after ${minuteOf(budget.freesAt)} goes on from here.`;
}

/** Attempts that are counted and come to an end by themselves, in a mock or another post (D4, D5), whatever nobody mends. */
const COUNTED: ReadonlySet<RunReport['actions'][number]['event']> = new Set([
  'content-abandoned',
  'image-refused',
  'image-outcome-unknown',
  'image-unusable',
  'picture-failed',
  'video-outcome-unknown',
  'video-failed',
] as const);

/** The run ended with such an attempt. Else no run gets past what failed: an action that changed nothing, or a look at the state. */
function isCounted(actions: RunReport['actions']): boolean {
  return COUNTED.has(actions.findLast(({ action }) => action !== 'tidy')?.event ?? null);
}

/** `2026-01-31 20:30 UTC`; what is no time stays as it is. */
export function minuteOf(moment: string): string {
  const parsed = new Date(moment);
  if (Number.isNaN(parsed.getTime())) return moment;
  return `${parsed.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** `3.2 s`, `2 min 05 s`, `5 h 00 min`. */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** `$0.37`, in cents from ten cents on: what a table adds up to is read, and not reckoned with. */
export function dollars(usd: number): string {
  return `$${usd < 0.1 ? amountOf(usd) : usd.toFixed(2)}`;
}

/** `1.4 MB` */
export function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
