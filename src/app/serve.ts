/**
 * A channel that runs by itself: the scheduler, the port for health and webhooks, and an end that is always in time. Each
 * run is composed anew, exactly as `reelmill run` does it, so that months in one process are months of single runs.
 */
import { once } from 'node:events';
import { openListener, type Listener, type Route } from '../adapters/http/listener.ts';
import { piapiWebhook, WEBHOOK_PATH } from '../adapters/piapi/webhook.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import { plainValue } from '../adapters/system/plain-value.ts';
import { channelRedactor } from '../config/channel-redactor.ts';
import { missingForReports } from '../config/report-settings.ts';
import type { Config } from '../config/schema.ts';
import { FailureError, success, type Result } from '../domain/failure.ts';
import { lastMainRun } from '../runtime/last-main-run.ts';
import type { RunEvent } from '../runtime/run-channel.ts';
import { Scheduler, type RunOrder } from '../runtime/scheduler.ts';
import { healthOf } from '../runtime/serve-health.ts';
import { createTimetable, type Slot } from '../runtime/timetable.ts';
import { Wake } from '../runtime/wake.ts';
import { composeRun, openStore, type Surroundings } from './compose.ts';
import { openWatchers, runWatched, type Watchers } from './watched-run.ts';

export interface ServeOptions {
  /** Its signal ends the service. */
  readonly surroundings: Surroundings;
  readonly version: string;
  readonly host: string;
  readonly port: number;
  /** The first run is a main run, whatever the time. */
  readonly startWithMain: boolean;
  readonly zeroDelay: boolean;
  readonly observe: (event: RunEvent) => void;
  readonly onListening: (facts: ServeFacts) => void;
}

export interface ServeFacts {
  readonly url: string;
  /** Null: reports of PiAPI are not listened for. */
  readonly webhookPath: string | null;
  /** Half of the settings of the reports; what is missing, in a sentence. */
  readonly warning: string | null;
  readonly next: Slot;
}

/** `stopped`: the last step came to an end. `cut`: it did not in time; the next run resumes it. */
export type ServeEnd = 'stopped' | 'cut';

/** A run may begin this late before health is red. */
const OVERDUE_SECONDS = 600;
/** What a run may take beside waiting for its video. */
const LONGEST_WORK_SECONDS = 3_600;

/** Fails only at the start: when the store cannot be opened or the port is taken. */
export async function serve(options: ServeOptions): Promise<Result<ServeEnd>> {
  const { surroundings, version } = options;
  const { config, environment, log, signal } = surroundings;
  const opened = surroundings.store
    ? success(surroundings.store)
    : await openStore(config, environment, surroundings.onRequest);
  if (!opened.ok) return opened;
  const store = opened.value;
  const clock = surroundings.clock ?? createSystemClock();
  const lasting = { ...surroundings, store, clock };
  const watchers = await openWatchers(lasting, version);
  const wake = new Wake();
  const timetable = createTimetable(timetableSettings(config));
  const scheduler = new Scheduler({
    clock,
    timetable,
    wake,
    lastMainRun: () => lastMainRun(store, clock.now(), log),
    log,
    signal,
    startWithMain: options.startWithMain,
    run: (order) => runOrder(lasting, watchers, options, order),
  });
  const listener = await listen(options, scheduler, wake);
  if (!listener.ok) return listener;
  await using open = listener.value;
  const secret = environment.midjourneyWebhookSecret;
  options.onListening({
    url: open.url,
    webhookPath: secret === null ? null : WEBHOOK_PATH,
    warning: missingForReports(config, environment),
    next: timetable.next(clock.now()),
  });
  const end = await untilStopped(scheduler.loop(), lasting, config.SERVE.stop_seconds);
  await watchers.tracer?.close();
  return success(end);
}

async function runOrder(
  surroundings: Surroundings,
  watchers: Watchers,
  { observe, zeroDelay }: ServeOptions,
  { mode }: RunOrder,
) {
  const parts = await composeRun(surroundings);
  // With the store open already there is nothing left that could fail.
  if (!parts.ok) throw new FailureError(parts.failure);
  return runWatched(parts.value, { mode, zeroDelay }, { ...watchers, observe });
}

/** The hour by which a post should be ready is looked at by a check of its own. */
function timetableSettings({ SCHEDULE: { checks, main, ready_by: readyBy, timezone } }: Config) {
  return { main, timezone, checks: readyBy === null ? checks : [...checks, readyBy] };
}

function listen(
  { host, port, surroundings }: ServeOptions,
  scheduler: Scheduler,
  wake: Wake,
): Promise<Result<Listener>> {
  const { clock = createSystemClock(), config, environment, log } = surroundings;
  const redact = channelRedactor(config, environment);
  const limits = {
    overdueSeconds: OVERDUE_SECONDS,
    longestRunSeconds: LONGEST_WORK_SECONDS + config.WORKFLOW.runway_polling_timeout,
  };
  const health: Route = {
    method: 'GET',
    path: '/health',
    answer() {
      const found = healthOf(scheduler.facts(), clock.now(), limits);
      return { status: found.status === 'ok' ? 200 : 503, json: plainValue(found, redact) };
    },
  };
  const secret = environment.midjourneyWebhookSecret;
  const report = (): void => {
    log.info('PiAPI reports a finished task; a check follows');
    wake.knock();
  };
  return openListener({
    host,
    port,
    routes: secret === null ? [health] : [health, piapiWebhook(secret, report)],
    onBug: (error) => log.error('A request could not be answered; please report it', { error }),
  });
}

/** After the signal the run has `seconds` to come to a point from which the next one goes on. */
async function untilStopped(
  loop: Promise<void>,
  { clock = createSystemClock(), log, signal }: Surroundings,
  seconds: number,
): Promise<ServeEnd> {
  const over = new AbortController();
  const limit = async (): Promise<ServeEnd> => {
    if (!signal.aborted) await once(signal, 'abort', { signal: over.signal });
    await clock.sleep(seconds, over.signal);
    return 'cut';
  };
  const stopped = async (): Promise<ServeEnd> => {
    await loop;
    return 'stopped';
  };
  try {
    const end = await Promise.race([stopped(), limit()]);
    if (end === 'cut')
      log.warn('The step did not end in time and is cut; the next run goes on from what is saved', {
        seconds,
      });
    return end;
  } finally {
    over.abort();
  }
}
