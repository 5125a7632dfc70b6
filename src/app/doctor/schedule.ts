/**
 * The schedule and what the last runs left behind: a scheduler that quietly stopped is the most common end of a channel.
 */
import type { Config } from '../../config/schema.ts';
import { failure, isFailureCode, success, type Result } from '../../domain/failure.ts';
import { monthBefore, monthOf } from '../../domain/ledger.ts';
import type { RunRecord } from '../../domain/run-record.ts';
import { parseTimestamp } from '../../domain/timestamp.ts';
import { collectList, type ObjectStore } from '../../ports/object-store.ts';
import { createTimetable, DailyTime } from '../../runtime/timetable.ts';
import { newestRuns } from '../history.ts';
import { cronLines } from '../init/workflow-file.ts';
import { budgetStopOfNext } from '../next-budget.ts';
import { channelSettings, policyOf } from '../settings.ts';
import { readStatus, type ChannelStatus } from '../status.ts';
import { failed, fine, problem, warning, type CheckResult } from './check-result.ts';

const HOUR = 3_600_000;
/** GitHub starts scheduled runs up to an hour late, and a post takes a while. */
const PATIENCE = 2 * HOUR;

export async function checkChannel(
  config: Config,
  store: ObjectStore,
  now: Date,
): Promise<readonly CheckResult[]> {
  const clock = {
    now: () => now,
    monotonicSeconds: () => 0,
    sleep: () => Promise.reject(new Error('reading a status waits for nothing')),
  };
  const settings = channelSettings(config);
  const status = await readStatus({ store, settings, policy: policyOf(config), clock });
  if (!status.ok) return [failed('state', status.failure)];
  const state = stateResult(status.value, now);
  const budget = await budgetResult(config, store, status.value, now);
  const trace = await lastTrace(config, store, now);
  if (!trace.ok) return [state, failed('last-run', trace.failure), budget];
  const runs = await newestRuns({ store }, 1, []);
  if (!runs.ok) return [state, failed('last-run', runs.failure), budget];
  const [last = null] = runs.value;
  return [state, lastRunResult(config, status.value, { trace: trace.value, last }, now), budget];
}

function stateResult(status: ChannelStatus, now: Date): CheckResult {
  const { conveyor, lock, phase, post } = status;
  const groups = [...conveyor.fresh, ...conveyor.middle, ...conveyor.front];
  const ready = groups.filter((group) => group.ready).length;
  const seen = `${post === null ? 'No post is being made' : `Post ${post} is being made (${phase})`}; ${ready} ready`;
  if (status.next.main.type === 'stop' && status.next.main.reason === 'no-active-post')
    return problem('state', `${seen}; there is a result that belongs to no post`, 'Run `reelmill repair`.');
  if (lock.held && lock.owner === null)
    return warning(
      'state',
      `${seen}; another tool holds processing_lock and gives no name`,
      'Nothing, while that tool runs; a lock that is too old is taken over.',
    );
  const until = lock.until === null ? Number.NaN : Date.parse(lock.until);
  if (lock.held && until < now.getTime())
    return warning(
      'state',
      `${seen}; ${lock.owner ?? ''} held the lock until ${lock.until ?? ''} and never gave it back`,
      'Nothing: that run was killed, and the next one takes over.',
    );
  return fine('state', lock.held ? `${seen}; a run is under way` : seen);
}

/** When something of the channel was last written; null when nothing ever was. */
async function lastTrace(config: Config, store: ObjectStore, now: Date): Promise<Result<Date | null>> {
  const { config_gen: generation, config_midjourney: image } = config.FILE_PATHS;
  let latest: Date | null = null;
  const note = (moment: Date): void => {
    if (latest === null || moment.getTime() > latest.getTime()) latest = moment;
  };
  for (const key of [generation, image]) {
    const found = await store.head(key);
    if (!found.ok) return found;
    if (found.value !== null) note(found.value.lastModified);
  }
  for (const month of [monthOf(now), monthBefore(monthOf(now))]) {
    const listed = await collectList(store, `journal/${month.replace('-', '')}`);
    if (!listed.ok) return listed;
    for (const { lastModified } of listed.value) note(lastModified);
  }
  return success(latest);
}

interface Left {
  readonly trace: Date | null;
  /** The newest run that left a record. */
  readonly last: RunRecord | null;
}

function lastRunResult(config: Config, status: ChannelStatus, left: Left, now: Date): CheckResult {
  const check = 'last-run';
  const trace = latestOf(left);
  if (trace === null) return fine(check, 'No run has left anything yet');
  const { main, timezone } = config.SCHEDULE;
  const due = new DailyTime(main, timezone).last(new Date(now.getTime() - PATIENCE));
  const seen = `The last trace of a run is from ${minuteOf(trace)} UTC`;
  if (trace.getTime() >= due.getTime()) return failureOf(left.last) ?? fine(check, seen);
  // D8: such a run looks, finds a post waiting, and writes nothing.
  if (status.next.main.type === 'stop' && status.next.main.reason === 'stocked')
    return failureOf(left.last) ?? fine(check, `${seen}; a finished post waits, so there is nothing to do`);
  return warning(
    check,
    `${seen}, but a main run was due at ${minuteOf(due)} UTC`,
    'Look whether the scheduler still runs: the page Actions on GitHub, `systemctl list-timers`, or the crontab.',
  );
}

/** A run that fails before it has touched the channel leaves its record alone. */
function latestOf({ last, trace }: Left): Date | null {
  const recorded = parseTimestamp(last?.at_utc ?? '');
  if (trace === null || recorded === null) return trace ?? recorded;
  return recorded.getTime() > trace.getTime() ? recorded : trace;
}

/** Null when the last run went well. A budget is a check of its own, which sees when it has freed. */
function failureOf(last: RunRecord | null): CheckResult | null {
  if (last === null || last.failure === null || last.failure.code === 'budget_reached') return null;
  const { code, message } = last.failure;
  const advice = isFailureCode(code)
    ? failure(code, message).failure.advice
    : '`reelmill history` shows the runs.';
  const when = parseTimestamp(last.at_utc);
  const moment = when === null ? '' : ` of ${minuteOf(when)} UTC`;
  return warning('last-run', `The last run${moment} failed: ${message}`, advice);
}

async function budgetResult(
  config: Config,
  store: ObjectStore,
  status: ChannelStatus,
  now: Date,
): Promise<CheckResult> {
  const stop = await budgetStopOfNext(store, config, status.next.main, now);
  if (!stop.ok) return failed('budget', stop.failure);
  if (stop.value !== null) return warning('budget', stop.value.message, stop.value.advice);
  return fine('budget', 'No budget keeps the next run from what it would begin with');
}

/** `workflow`: the text of the repository's workflow, when the working directory has one. */
export function checkSchedule(config: Config, workflow: string | null, now: Date): CheckResult {
  const { checks, main, ready_by: readyBy, timezone } = config.SCHEDULE;
  const look = readyBy === null ? '' : `, a look for a ready post at ${readyBy}`;
  const seen = `Main run ${main}, checks ${checks.join(', ') || 'none'}${look} (${timezone})`;
  const looks = [...checks, ...(readyBy === null ? [] : [readyBy])];
  const next = createTimetable({ main, checks: looks, timezone }).next(now);
  const coming = `; the next is due at ${minuteOf(next.at)} UTC`;
  if (checks.length === 0)
    return warning(
      'schedule',
      `${seen}; a post then takes two days, one to order the picture and one to fetch it`,
      'Add check runs to SCHEDULE.checks, such as one an hour after the main run.',
    );
  if (workflow === null) return fine('schedule', `${seen}${coming}`);
  const wanted = cronLines(config, now);
  const wantedLines = [wanted.main, ...wanted.checks].toSorted();
  const lines = [...workflow.matchAll(/^\s*-\s*cron:\s*['"]?([^'"#\n]+?)['"]?\s*(?:#.*)?$/gm)].map(
    ([, line = '']) => line.trim(),
  );
  if (wantedLines.join() === lines.toSorted().join())
    return fine('schedule', `${seen}, as in the workflow${coming}`);
  return warning(
    'schedule',
    `${seen}, but the workflow has the cron lines ${lines.join(', ') || 'none'}`,
    `Write ${wantedLines.join(', ')} into the workflow, and the main run’s line into its \`mode\` too; or change SCHEDULE.`,
  );
}

function minuteOf(moment: Date): string {
  return moment.toISOString().slice(0, 16).replace('T', ' ');
}
