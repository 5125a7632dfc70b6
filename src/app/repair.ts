/** `repair` on the channel that a configuration names. */
import { leaseTimesOf } from '../config/resolved.ts';
import type { Config } from '../config/schema.ts';
import type { Result } from '../domain/failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { SnapshotParts } from '../runtime/read-snapshot.ts';
import { createWorkspace } from '../adapters/system/workspace.ts';
import { repairChannel, type RepairReport } from '../runtime/repair.ts';
import { composeChannel, type Surroundings } from './compose.ts';
import { channelSettings } from './settings.ts';

/** What repair, and the doctor, see of a channel. */
export function lookAt(config: Config, store: ObjectStore, clock: Pick<Clock, 'now'>): SnapshotParts {
  const { documents, folders } = channelSettings(config);
  const { clockBoundSeconds, termSeconds } = leaseTimesOf(config);
  const staleLockSeconds = config.WORKFLOW.lock_stale_seconds;
  const ticketSeconds = termSeconds + clockBoundSeconds;
  return { store, clock, folders, documents, ticketSeconds, staleLockSeconds };
}

export async function repair(
  surroundings: Surroundings,
  options: { readonly apply: boolean },
): Promise<Result<RepairReport>> {
  const channel = await composeChannel(surroundings);
  if (!channel.ok) return channel;
  const { clock, lease, lock, raw, state, store } = channel.value;
  const look = lookAt(surroundings.config, raw, clock);
  return repairChannel({ look, store, lease, lock, state, workspace: createWorkspace(), clock }, options);
}
