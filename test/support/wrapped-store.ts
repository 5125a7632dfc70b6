/** A store with some of its methods replaced: a class instance cannot be spread. */
import type { ObjectStore } from '../../src/ports/object-store.ts';

export function wrappedStore(store: ObjectStore, change: Partial<ObjectStore>): ObjectStore {
  return {
    description: store.description,
    capabilities: () => store.capabilities(),
    get: (key, maxBytes) => store.get(key, maxBytes),
    getFile: (key, file, maxBytes) => store.getFile(key, file, maxBytes),
    head: (key) => store.head(key),
    list: (prefix) => store.list(prefix),
    put: (key, source, options) => store.put(key, source, options),
    copy: (from, to) => store.copy(from, to),
    delete: (key) => store.delete(key),
    versions: (key, since, limit) => store.versions(key, since, limit),
    ...change,
  };
}
