/**
 * Where repair keeps whatever it replaces or takes away: `quarantine/<moment>/<key>`. The one rule here is that nothing is
 * deleted or overwritten before a copy of it has been read back and found equal, byte for byte.
 */
import { failure, success, type Result } from '../domain/failure.ts';
import type { ObjectInfo, ObjectStore } from '../ports/object-store.ts';
import type { Workspace } from '../ports/workspace.ts';
import { isSameObject } from '../steps/same-object.ts';

export const QUARANTINE_FOLDER = 'quarantine/';

/** Repair writes through a fenced store, which renews the lease as it writes. */
const RENEWED_BY_WRITES = (): Promise<Result<void>> => Promise.resolve(success(undefined));

/** Another object of the same key and moment is there already only when the clock stood still. */
const NAMES = 20;

export class Quarantine {
  /** `quarantine/20260131T203000Z`, without a slash: the folder of this repair, and the name of its record. */
  readonly prefix: string;
  readonly #store: ObjectStore;
  readonly #workspace: Workspace;
  /** What was kept, so that an object is copied once however often it is touched. */
  readonly #kept = new Map<string, string>();

  constructor(store: ObjectStore, workspace: Workspace, now: Date) {
    this.#store = store;
    this.#workspace = workspace;
    this.prefix = `${QUARANTINE_FOLDER}${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  }

  get isEmpty(): boolean {
    return this.#kept.size === 0;
  }

  /** The object as it is now has a verified copy afterwards. `null`: there is none. */
  async keepCopy(key: string): Promise<Result<ObjectInfo | null>> {
    const source = await this.#store.head(key);
    if (!source.ok || source.value === null) return source;
    const mark = `${key} ${source.value.etag}`;
    if (this.#kept.has(mark)) return source;
    for (let number = 1; number <= NAMES; number += 1) {
      const target = `${this.prefix}${number === 1 ? '' : `-${number}`}/${key}`;
      const copied = await this.#copyTo(source.value, target);
      if (!copied.ok) return copied;
      if (copied.value === 'occupied') continue;
      this.#kept.set(mark, target);
      return source;
    }
    return failure('state_conflict', `No name is left for a copy in ${this.prefix}`, { key });
  }

  /** Into quarantine. A success also when there was nothing. */
  async setAside(key: string): Promise<Result<void>> {
    const kept = await this.keepCopy(key);
    if (!kept.ok) return kept;
    return kept.value === null ? success(undefined) : this.#remove(kept.value);
  }

  /** To `to`, unless something else lies there: then into quarantine. */
  async gather(from: string, to: string): Promise<Result<void>> {
    const source = await this.#store.head(from);
    if (!source.ok) return source;
    if (source.value === null) return success(undefined);
    const copied = await this.#copyTo(source.value, to);
    if (!copied.ok) return copied;
    return copied.value === 'occupied' ? this.setAside(from) : this.#remove(source.value);
  }

  /** Afterwards the target is there and equal; `occupied` when something else was there before. */
  async #copyTo(source: ObjectInfo, target: string): Promise<Result<'equal' | 'occupied'>> {
    const there = await this.#store.head(target);
    if (!there.ok) return there;
    if (there.value !== null) {
      const same = await this.#isSame(source, there.value);
      if (!same.ok) return same;
      return success(same.value ? 'equal' : 'occupied');
    }
    const copied = await this.#store.copy(source.key, target);
    // An unknown outcome is settled by the look that follows.
    if (!copied.ok && copied.failure.effect === 'refused') return copied;
    const arrived = await this.#store.head(target);
    if (!arrived.ok) return arrived;
    const same = arrived.value === null ? success(false) : await this.#isSame(source, arrived.value);
    if (!same.ok) return same;
    if (same.value) return success('equal');
    return failure('store_unavailable', `A copy of ${source.key} did not arrive whole; nothing was removed`, {
      key: target,
    });
  }

  #isSame(one: ObjectInfo, other: ObjectInfo): Promise<Result<boolean>> {
    const parts = { store: this.#store, workspace: this.#workspace, keepLease: RENEWED_BY_WRITES };
    return isSameObject(parts, one, other);
  }

  /** Only the very object that was copied. */
  async #remove(copied: ObjectInfo): Promise<Result<void>> {
    const { etag, key } = copied;
    const now = await this.#store.head(key);
    if (!now.ok) return now;
    if (now.value === null) return success(undefined);
    if (now.value.etag !== etag)
      return failure('state_conflict', 'The object changed while it was copied; it was left alone', { key });
    return this.#store.delete(key);
  }
}
