/** Reliability's fence, in one place: whoever holds this store can only write while the run holds its lease. */
import type { Result } from '../domain/failure.ts';
import type { Lease } from '../ports/lease.ts';
import type { ObjectStore } from '../ports/object-store.ts';

export function fenceStore(store: ObjectStore, lease: Pick<Lease, 'ensureHeld'>): ObjectStore {
  async function whileHeld<T>(write: () => Promise<Result<T>>): Promise<Result<T>> {
    const held = await lease.ensureHeld();
    return held.ok ? write() : held;
  }
  return {
    description: store.description,
    capabilities: () => store.capabilities(),
    get: (key, maxBytes) => store.get(key, maxBytes),
    getFile: (key, file, maxBytes) => store.getFile(key, file, maxBytes),
    head: (key) => store.head(key),
    list: (prefix) => store.list(prefix),
    versions: (key, sinceEtag, limit) => store.versions(key, sinceEtag, limit),
    put: (key, source, options) => whileHeld(() => store.put(key, source, options)),
    copy: (from, to) => whileHeld(() => store.copy(from, to)),
    delete: (key) => whileHeld(() => store.delete(key)),
  };
}
