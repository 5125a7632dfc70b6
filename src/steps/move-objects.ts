/** Carries out planned moves: copy, verify, delete. Killed between any two of them, the next tidying finds a half and finishes it. */
import { failure, success, type Result } from '../domain/failure.ts';
import type { StoredObject } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { Log } from '../ports/log.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { MAX_DOCUMENT_BYTES } from './documents.ts';

export interface PlannedMove {
  readonly id: GenerationId;
  readonly object: StoredObject;
  readonly to: string;
}

/**
 * The ids of which every object reached its place. An object that differs from one that already lies at its target is
 * left where it is, and named: both may be somebody's work, and neither is ours to throw away.
 */
export async function moveObjects(
  store: ObjectStore,
  log: Log,
  moves: readonly PlannedMove[],
): Promise<Result<Set<GenerationId>>> {
  const stuck = new Set<GenerationId>();
  const touched = new Set<GenerationId>();
  for (const move of moves) {
    touched.add(move.id);
    const moved = await moveObject(store, move);
    if (!moved.ok) return moved;
    if (moved.value === 'conflict') {
      stuck.add(move.id);
      log.warn('Two different objects have the same place; both are left alone until `reelmill repair`', {
        from: move.object.key,
        to: move.to,
      });
    }
  }
  return success(touched.difference(stuck));
}

async function moveObject(store: ObjectStore, move: PlannedMove): Promise<Result<'moved' | 'conflict'>> {
  const { key, size } = move.object;
  const there = await store.head(move.to);
  if (!there.ok) return there;
  if (there.value !== null && !(await isSame(store, key, move.to, size, there.value.size)))
    return success('conflict');
  if (there.value === null) {
    const copied = await store.copy(key, move.to);
    // An unknown outcome is settled by the look that follows.
    if (!copied.ok && copied.failure.effect === 'refused') return copied;
    const verified = await store.head(move.to);
    if (!verified.ok) return verified;
    if (verified.value === null) {
      const source = await store.head(key);
      if (!source.ok) return source;
      return source.value === null
        ? success('moved')
        : failure('store_unavailable', 'A copy did not arrive', { key: move.to });
    }
    if (verified.value.size !== size)
      return failure('store_unavailable', `A copy has ${verified.value.size} bytes instead of ${size}`, {
        key: move.to,
      });
  }
  const deleted = await store.delete(key);
  return deleted.ok ? success('moved') : deleted;
}

/** Byte by byte; only what is too large to be held in memory is compared by its size, in which two videos hardly ever agree. */
async function isSame(
  store: ObjectStore,
  from: string,
  to: string,
  fromSize: number,
  toSize: number,
): Promise<boolean> {
  if (fromSize !== toSize) return false;
  if (fromSize > MAX_DOCUMENT_BYTES) return true;
  const [one, other] = await Promise.all([
    store.get(from, MAX_DOCUMENT_BYTES),
    store.get(to, MAX_DOCUMENT_BYTES),
  ]);
  if (!one.ok || !other.ok || one.value === null || other.value === null) return false;
  const left = one.value.body;
  const right = other.value.body;
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
