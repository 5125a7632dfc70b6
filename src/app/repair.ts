/** `repair` on the channel that a configuration names. */
import type { Result } from '../domain/failure.ts';
import { createWorkspace } from '../adapters/system/workspace.ts';
import { repairChannel, type RepairReport } from '../runtime/repair.ts';
import { composeChannel, type Surroundings } from './compose.ts';

export async function repair(
  surroundings: Surroundings,
  options: { readonly apply: boolean },
): Promise<Result<RepairReport>> {
  const channel = await composeChannel(surroundings);
  if (!channel.ok) return channel;
  const { clock, lease, lock, raw, settings, state, store } = channel.value;
  const { WORKFLOW: workflow } = surroundings.config;
  const look = {
    store: raw,
    clock,
    folders: settings.folders,
    documents: settings.documents,
    ticketSeconds: workflow.lease_seconds + workflow.clock_bound_seconds,
    staleLockSeconds: workflow.lock_stale_seconds,
  };
  return repairChannel({ look, store, lease, lock, state, workspace: createWorkspace(), clock }, options);
}
