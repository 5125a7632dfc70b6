/** Whether a serving process does what it is there for. A process that only answers "I am alive" hides a channel that stands still. */
import type { ScheduledRun, SchedulerFacts } from './scheduler.ts';

/** What `/health` answers; moments in UTC. */
export interface Health {
  readonly status: 'ok' | 'failing';
  /** Why it is failing, in one line. */
  readonly reason: string | null;
  readonly started_at: string;
  readonly running: { readonly mode: string; readonly reason: string; readonly since: string } | null;
  readonly last_run: {
    readonly mode: string;
    readonly reason: string;
    readonly slot: string | null;
    readonly started_at: string;
    readonly ended_at: string;
    readonly stop: string;
    readonly post: string | null;
    readonly failure: { readonly code: string; readonly message: string } | null;
  } | null;
  readonly next_run: { readonly mode: string; readonly at: string };
}

export interface HealthLimits {
  /** How long after its slot a run must have begun, unless another one is going on. */
  readonly overdueSeconds: number;
  readonly longestRunSeconds: number;
}

/** Red when the last due run did not happen, failed, or does not end. */
export function healthOf(facts: SchedulerFacts, now: Date, limits: HealthLimits): Health {
  const reason = reasonOf(facts, now, limits);
  const { lastRun, next, running } = facts;
  return {
    status: reason === null ? 'ok' : 'failing',
    reason,
    started_at: facts.startedAt.toISOString(),
    running:
      running === null
        ? null
        : { mode: running.mode, reason: running.reason, since: running.since.toISOString() },
    last_run: lastRun === null ? null : recordOf(lastRun),
    next_run: { mode: next.mode, at: next.at.toISOString() },
  };
}

function reasonOf(facts: SchedulerFacts, now: Date, limits: HealthLimits): string | null {
  const { failing, missedMain, overdue, running, tried } = facts;
  const since = (moment: Date): number => (now.getTime() - moment.getTime()) / 1000;
  if (running !== null && since(running.since) > limits.longestRunSeconds)
    return `the ${running.mode} run that began at ${running.since.toISOString()} does not end`;
  if (running === null && overdue !== null && since(overdue.at) > limits.overdueSeconds)
    return tried === null
      ? `the ${overdue.mode} run of ${overdue.at.toISOString()} has not begun`
      : `the main run of ${overdue.at.toISOString()} has not taken place; tried last at ${tried.startedAt.toISOString()}: ${outcomeOf(tried)}`;
  if (failing !== null) {
    return `the ${failing.mode} run of ${failing.startedAt.toISOString()} failed: ${outcomeOf(failing)}`;
  }
  return missedMain === null ? null : `the main run of ${missedMain.toISOString()} was not made`;
}

function outcomeOf({ failure, holder, stop }: ScheduledRun): string {
  if (failure !== null) return failure.message;
  return holder === null ? `it ended with ${stop}` : `the channel is held by ${holder}`;
}

function recordOf(run: ScheduledRun): NonNullable<Health['last_run']> {
  return {
    mode: run.mode,
    reason: run.reason,
    slot: run.slot?.toISOString() ?? null,
    started_at: run.startedAt.toISOString(),
    ended_at: run.endedAt.toISOString(),
    stop: run.stop,
    post: run.id,
    failure: run.failure,
  };
}
