/** A run with everybody who watches it: progress, traces, and the people who are told afterwards. */
import { createSystemClock } from '../adapters/system/clock.ts';
import { alertTargets } from '../config/alert-targets.ts';
import { channelRedactor } from '../config/channel-redactor.ts';
import { FailureError, success, type Failure, type Result } from '../domain/failure.ts';
import type { AlertKeeper } from '../runtime/alert-keeper.ts';
import {
  runChannel,
  type RunEvent,
  type RunOptions,
  type RunParts,
  type RunReport,
} from '../runtime/run-channel.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Tracer } from '../ports/tracer.ts';
import { composeRun, openStore, type Surroundings } from './compose.ts';
import type { ObservedAction, RunObservation } from '../workflow/alerts.ts';

export interface Watchers {
  readonly alerts: AlertKeeper | null;
  readonly tracer: Tracer | null;
  readonly redact: (text: string) => string;
  readonly observe?: (event: RunEvent) => void;
}

/** Loads only what is set up: without alerts and traces, nothing. `store`: not fenced by a lease. */
export async function openWatchers(
  surroundings: Pick<Surroundings, 'config' | 'environment' | 'log'> & {
    readonly store: ObjectStore;
    readonly clock: Clock;
  },
  version: string,
): Promise<Watchers> {
  const { config, environment, log } = surroundings;
  const { problems, usable } = alertTargets(config, environment);
  for (const problem of problems) log.warn(problem);
  const alerts =
    usable.length === 0 ? null : await (await import('./alerts.ts')).openAlerts(surroundings, usable);
  const tracer =
    environment.otlpTracesUrl === null
      ? null
      : await (await import('./tracing.ts')).openTracer(environment, log, version);
  return { alerts, tracer, redact: channelRedactor(config, environment) };
}

/** The parts of one run and who watches it, over one store. Fails as `composeRun` does. */
export async function composeWatched(
  surroundings: Surroundings,
  version: string,
): Promise<Result<{ readonly parts: RunParts; readonly watchers: Watchers }>> {
  const opened = surroundings.store
    ? success(surroundings.store)
    : await openStore(surroundings.config, surroundings.environment, surroundings.onRequest);
  if (!opened.ok) return opened;
  const clock = surroundings.clock ?? createSystemClock();
  const whole = { ...surroundings, clock, store: opened.value };
  const parts = await composeRun(whole);
  if (!parts.ok) return parts;
  return success({ parts: parts.value, watchers: await openWatchers(whole, version) });
}

const MOCKS: ReadonlySet<string> = new Set(['make-mock', 'make-mock-video']);

type EndedEvent = Extract<RunEvent, { type: 'action-ended' }>;

/** As `runChannel`. Whatever the watchers meet, the run's outcome is the run's own. */
export async function runWatched(
  parts: RunParts,
  options: RunOptions,
  { alerts, observe, redact, tracer }: Watchers,
): Promise<RunReport> {
  const ended: EndedEvent[] = [];
  const traced =
    tracer === null ? null : (await import('./tracing.ts')).traceRun(tracer, redact, parts, options);
  const watched: RunParts = {
    ...(traced?.parts ?? parts),
    observe: (event) => {
      if (event.type === 'action-ended') ended.push(event);
      traced?.observe(event);
      observe?.(event);
    },
  };
  let report: RunReport | null = null;
  try {
    report = await runChannel(watched, options);
  } catch (error) {
    await alerts?.settle(observationOfException(error, options.mode, ended, parts.context.signal.aborted));
    throw error;
  } finally {
    traced?.end(report);
    await tracer?.flush();
  }
  if (alerts === null) return report;
  const lateFor = await remembered(parts, ended);
  await alerts.settle({
    ...observationOf(report, options.mode, ended, parts.context.signal.aborted),
    lateFor,
  });
  return report;
}

/** Asked only where a mock was stored; what cannot be read promises nothing. */
async function remembered(
  { policy, state }: RunParts,
  ended: readonly EndedEvent[],
): Promise<RunObservation['lateFor']> {
  const mocks = ended.some(({ action, event }) => event === 'media-saved' && MOCKS.has(action.type));
  if (!mocks || !policy.replaceMockWithLateResult) return [];
  const image = await state.readImage();
  return image.ok ? (image.value.value.late_tasks ?? []).map(({ id }) => id) : [];
}

/** A run that nobody hears of any more is the one that people most need to hear of. */
function observationOfException(
  error: unknown,
  mode: RunOptions['mode'],
  ended: readonly EndedEvent[],
  stopped: boolean,
): RunObservation {
  const failure = error instanceof FailureError ? error.failure : null;
  const words = error instanceof Error ? error.message : String(error);
  return {
    mode,
    stop: 'crashed',
    id: ended.at(-1)?.id ?? null,
    failure,
    bug: failure === null ? words : null,
    failedAction: null,
    interrupted: stopped,
    actions: ended.map(observedAction),
    lateFor: [],
  };
}

function observationOf(
  report: RunReport,
  mode: RunOptions['mode'],
  ended: readonly EndedEvent[],
  stopped: boolean,
): Omit<RunObservation, 'lateFor'> {
  // M6, P6: a picture that could not be asked for, and a refused key behind a mock, do not end the run as a failure, but a
  // person should know of them.
  const unasked = report.stop === 'check-failed' ? lastFailure(ended) : null;
  const denied = lastFailure(ended.filter(({ event }) => event === 'video-failed'));
  const failure = report.failure ?? unasked ?? denied;
  return {
    mode,
    stop: report.stop,
    id: report.id,
    failure,
    bug: null,
    failedAction:
      ended.findLast((event) => event.failure !== null && event.failure === failure)?.action.type ?? null,
    interrupted: stopped && report.stop !== 'task-done',
    actions: ended.map(observedAction),
  };
}

function lastFailure(ended: readonly EndedEvent[]): Failure | null {
  return ended.findLast(({ failure }) => failure !== null)?.failure ?? null;
}

function observedAction({ action, event, failure, id }: EndedEvent): ObservedAction {
  const reason = action.type === 'make-mock-video' || action.type === 'make-mock' ? action.reason : null;
  return { action: action.type, id, event, failed: failure !== null, reason };
}
