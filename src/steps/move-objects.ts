/** Carries out planned moves: copy, verify, delete. Killed between any two of them, the next tidying finds a half and finishes it. */
import { failure, success, type Result } from '../domain/failure.ts';
import type { StoredObject } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { Log } from '../ports/log.ts';
import { isSameObject, type Comparing } from './same-object.ts';

export interface PlannedMove {
  readonly id: GenerationId;
  readonly object: StoredObject;
  readonly to: string;
}

export interface MovingParts extends Comparing {
  readonly log: Log;
}

/**
 * The ids of which every object reached its place. An object that differs from one that already lies at its target is
 * left where it is, and named: both may be somebody's work, and neither is ours to throw away.
 */
export async function moveObjects(
  parts: MovingParts,
  moves: readonly PlannedMove[],
): Promise<Result<Set<GenerationId>>> {
  const stuck = new Set<GenerationId>();
  const touched = new Set<GenerationId>();
  for (const move of moves) {
    touched.add(move.id);
    const moved = await moveObject(parts, move);
    if (!moved.ok) return moved;
    if (moved.value === 'conflict') {
      stuck.add(move.id);
      parts.log.warn(
        'Two different objects have the same place; both are left alone until `reelmill repair`',
        {
          from: move.object.key,
          to: move.to,
        },
      );
    }
  }
  return success(touched.difference(stuck));
}

async function moveObject(parts: MovingParts, move: PlannedMove): Promise<Result<'moved' | 'conflict'>> {
  const { store } = parts;
  const { key, size } = move.object;
  const there = await store.head(move.to);
  if (!there.ok) return there;
  if (there.value !== null) {
    const same = await isSameObject(parts, move.object, there.value);
    if (!same.ok) return same;
    if (!same.value) return success('conflict');
  }
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
