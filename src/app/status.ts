/** Where a channel stands and what its next run will do, found out by reading only. */
import { success, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { isReady, type ConveyorFolder, type Group } from '../domain/group.ts';
import type { RunRecord } from '../domain/run-record.ts';
import type { ChannelSettings } from '../domain/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { StateStore } from '../runtime/state-store.ts';
import type { Shelf } from '../workflow/conveyor.ts';
import { decide, type Action } from '../workflow/decide.ts';
import { isVideoOrdered, phaseOf, type Phase } from '../workflow/phase.ts';
import type { Policy } from '../workflow/policy.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { openStore } from './compose.ts';
import { newestRuns } from './history.ts';
import { stopOfNext } from './next-budget.ts';
import { readChannel } from './read-channel.ts';
import { channelSettings, policyOf } from './settings.ts';

export interface StatusParts {
  readonly store: ObjectStore;
  readonly settings: ChannelSettings;
  readonly policy: Policy;
  readonly clock: Clock;
}

export interface ChannelStatus {
  readonly store: string;
  readonly phase: Phase;
  /** The post that is being made. */
  readonly post: GenerationId | null;
  /** Since when its picture is painted; ISO 8601. */
  readonly taskSince: string | null;
  /** Its video is ordered and not here yet. */
  readonly videoOrdered: boolean;
  readonly attempts: number;
  readonly lock: { readonly held: boolean; readonly owner: string | null; readonly until: string | null };
  readonly conveyor: Readonly<Record<ConveyorFolder, readonly ShelfEntry[]>>;
  /** Ids that the publisher has marked and no run has archived yet. */
  readonly published: readonly GenerationId[];
  readonly lateTasks: number;
  /** First action of the next main and check run, or the reason why it would stop at once. */
  readonly next: { readonly main: Action; readonly check: Action };
}

export interface StatusWithBudget extends ChannelStatus {
  /** At which budget the next main run would stop at once, as a sentence; null: at none. */
  readonly stoppedByBudget: string | null;
  /** The newest run that left a record; `null`: none did. */
  readonly lastRun: RunRecord | null;
}

export interface ShelfEntry {
  readonly id: GenerationId;
  readonly ready: boolean;
}

/** The status of the channel that a configuration and an environment name. */
export async function statusOf(config: Config, environment: Environment): Promise<Result<StatusWithBudget>> {
  const store = await openStore(config, environment);
  if (!store.ok) return store;
  const clock = createSystemClock();
  const status = await readStatus({
    store: store.value,
    settings: channelSettings(config),
    policy: policyOf(config),
    clock,
  });
  if (!status.ok) return status;
  const stopped = await stopOfNext(store.value, config, status.value.next.main, clock.now());
  if (!stopped.ok) return stopped;
  const runs = await newestRuns({ store: store.value }, 1, []);
  if (!runs.ok) return runs;
  return success({ ...status.value, stoppedByBudget: stopped.value, lastRun: runs.value[0] ?? null });
}

export async function readStatus(parts: StatusParts): Promise<Result<ChannelStatus>> {
  const { clock, policy, settings, store } = parts;
  const documents = new StateStore(store, settings.documents, clock);
  const read = await readChannel(documents, store, settings.folders);
  if (!read.ok) return read;
  const { published, shared, shelf, state, survey } = read.value;
  const post = state.generation.generation_id;
  const facts = { tasksProcessed: 0, lateChecked: true, imageCheck: 'unasked', now: clock.now() } as const;
  const { processing_lock: held, lock_owner: owner, lock_expires_at_utc: until } = shared;
  const task = state.image.midjourney_task;
  const since =
    task !== null && typeof task === 'object' && 'requested_at_utc' in task ? task.requested_at_utc : null;
  return success({
    store: store.description,
    phase: phaseOf(state.image),
    post,
    taskSince: typeof since === 'string' ? since : null,
    videoOrdered: isVideoOrdered(state.image),
    attempts: state.image.attempts ?? 0,
    lock: { held, owner: owner ?? null, until: until ?? null },
    conveyor: conveyorOf(shelf, settings),
    published,
    lateTasks: state.image.late_tasks?.length ?? 0,
    next: {
      main: decide(state, { ...facts, mode: 'main', survey }, policy),
      // A main run does more than to ask after late tasks first; a check run may do nothing else.
      check: decide(state, { ...facts, mode: 'check', survey: null, lateChecked: false }, policy),
    },
  });
}

function conveyorOf(shelf: Shelf, { folders }: ChannelSettings): ChannelStatus['conveyor'] {
  const entries = (place: ConveyorFolder): ShelfEntry[] =>
    shelf[place].map((group: Group) => ({ id: group.id, ready: isReady(group, folders[place]) }));
  return { fresh: entries('fresh'), middle: entries('middle'), front: entries('front') };
}
