/** A run with everybody who watches it: progress, traces, and the people who are told afterwards. */
import type { Failure } from '../domain/failure.ts';
import type { AlertKeeper } from '../runtime/alert-keeper.ts';
import {
  runChannel,
  type RunEvent,
  type RunOptions,
  type RunParts,
  type RunReport,
} from '../runtime/run-channel.ts';
import type { ObservedAction, RunObservation } from '../workflow/alerts.ts';

export interface Watchers {
  readonly alerts: AlertKeeper | null;
  readonly observe?: (event: RunEvent) => void;
}

type EndedEvent = Extract<RunEvent, { type: 'action-ended' }>;

export async function runWatched(
  parts: RunParts,
  options: RunOptions,
  { alerts, observe }: Watchers,
): Promise<RunReport> {
  const ended: EndedEvent[] = [];
  const report = await runChannel(
    {
      ...parts,
      observe: (event) => {
        if (event.type === 'action-ended') ended.push(event);
        observe?.(event);
      },
    },
    options,
  );
  await alerts?.settle(observationOf(report, options.mode, ended, parts.context.signal.aborted));
  return report;
}

function observationOf(
  report: RunReport,
  mode: RunOptions['mode'],
  ended: readonly EndedEvent[],
  stopped: boolean,
): RunObservation {
  // M6: that the picture could not be asked for does not end the run as a failure, but a person should know of it.
  const unasked = report.stop === 'check-failed' ? lastFailure(ended) : null;
  const failure = report.failure ?? unasked;
  return {
    mode,
    stop: report.stop,
    id: report.id,
    failure,
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
  const reason =
    action.type === 'make-mock-video'
      ? action.reason
      : action.type === 'make-mock'
        ? 'the picture did not come in time or could not be made'
        : null;
  return { action: action.type, id, event, failed: failure !== null, reason };
}
