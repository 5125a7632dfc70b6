/** Whether two objects hold the same bytes. Only then may one of them go: a size in common proves nothing (I2). */
import { success, type Result } from '../domain/failure.ts';
import type { StoredObject } from '../domain/group.ts';
import type { StepContext } from './context.ts';

export interface Comparing extends Pick<StepContext, 'store' | 'workspace'> {
  /** Two videos over a slow line outlast the lease. */
  readonly keepLease: () => Promise<Result<void>>;
}

/** False also when one of them is gone meanwhile. */
export async function isSameObject(
  { keepLease, store, workspace }: Comparing,
  one: StoredObject,
  other: StoredObject,
): Promise<Result<boolean>> {
  if (one.size !== other.size) return success(false);
  return workspace.withFolder('compare', async (path) => {
    const hashes: string[] = [];
    for (const [index, { key, size }] of [one, other].entries()) {
      const file = path(`body-${index}`);
      const fetched = await store.getFile(key, file, size);
      if (!fetched.ok) return fetched;
      const held = await keepLease();
      if (!held.ok) return held;
      if (fetched.value === null) return success(false);
      hashes.push((await workspace.fingerprint(file)).sha256);
    }
    return success(hashes[0] === hashes[1]);
  });
}
