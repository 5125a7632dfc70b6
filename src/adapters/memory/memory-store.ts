/** A bucket in memory, for tests and simulations: exact, fast, and able to play a store with or without conditional writes and versions. */
import { readFile, writeFile } from 'node:fs/promises';
import { failure, success, type Result } from '../../domain/failure.ts';
import { keyProblem } from '../../domain/object-key.ts';
import type { ObjectInfo, ObjectStore, PutOptions, PutSource, StoredBody } from '../../ports/object-store.ts';

export interface MemoryStoreOptions {
  readonly now?: () => Date;
  readonly conditionalWrites?: boolean;
  readonly versions?: boolean;
  readonly onRequest?: (operation: string) => void;
}

interface Entry extends StoredBody {
  readonly deleted?: true;
}

export function createMemoryStore(options: MemoryStoreOptions = {}): ObjectStore {
  const {
    now = () => new Date(),
    conditionalWrites = true,
    versions = false,
    onRequest = () => {},
  } = options;
  const objects = new Map<string, Entry>();
  const history = new Map<string, Entry[]>();
  let writes = 0;

  function begin(operation: string, key: string): Result<void> {
    onRequest(operation);
    const problem = operation === 'list' ? null : keyProblem(key);
    return problem === null ? success(undefined) : failure('usage', `The key ${problem}`, { key });
  }

  function store(key: string, body: Uint8Array): ObjectInfo {
    writes += 1;
    const entry: Entry = { key, body, size: body.length, etag: `"${writes}"`, lastModified: now() };
    objects.set(key, entry);
    if (versions) history.set(key, [entry, ...(history.get(key) ?? [])]);
    return info(entry);
  }

  async function put(key: string, source: PutSource, { onlyIf }: PutOptions): Promise<Result<ObjectInfo>> {
    const begun = begin('put', key);
    if (!begun.ok) return begun;
    if (onlyIf !== undefined && !conditionalWrites)
      return failure('store_invalid', 'This store has no conditional writes', { key });
    const body = 'bytes' in source ? source.bytes.slice() : await readFile(source.file);
    if (onlyIf !== undefined && (objects.get(key)?.etag ?? null) !== onlyIf)
      return failure('state_conflict', 'The object was changed meanwhile', { key });
    return success(store(key, body));
  }

  function read(operation: string, key: string, maxBytes: number): Result<Entry | null> {
    const begun = begin(operation, key);
    if (!begun.ok) return begun;
    const entry = objects.get(key) ?? null;
    if (entry !== null && entry.size > maxBytes)
      return failure('too_large', `The object has ${entry.size} bytes; at most ${maxBytes} were expected`, {
        key,
      });
    return success(entry);
  }

  return {
    description: 'memory',
    capabilities: () => Promise.resolve(success({ conditionalWrites, versions })),
    get(key, maxBytes) {
      const entry = read('get', key, maxBytes);
      return Promise.resolve(
        entry.ok && entry.value !== null
          ? success({ ...info(entry.value), body: entry.value.body.slice() })
          : (entry as Result<null>),
      );
    },
    async getFile(key, file, maxBytes) {
      const entry = read('get', key, maxBytes);
      if (!entry.ok || entry.value === null) return entry as Result<null>;
      await writeFile(file, entry.value.body);
      return success(info(entry.value));
    },
    head(key) {
      const entry = read('head', key, Number.POSITIVE_INFINITY);
      return Promise.resolve(
        entry.ok && entry.value !== null ? success(info(entry.value)) : (entry as Result<null>),
      );
    },
    put,
    async *list(prefix) {
      onRequest('list');
      for (const key of [...objects.keys()].filter((name) => name.startsWith(prefix)).sort()) {
        const entry = objects.get(key);
        if (entry) yield success(info(entry));
      }
    },
    copy(from, to) {
      const begun = begin('copy', from);
      const target = keyProblem(to);
      if (!begun.ok) return Promise.resolve(begun);
      if (target !== null) return Promise.resolve(failure('usage', `The key ${target}`, { key: to }));
      const entry = objects.get(from);
      return Promise.resolve(success(entry ? store(to, entry.body) : null));
    },
    delete(key) {
      const begun = begin('delete', key);
      if (begun.ok) objects.delete(key);
      return Promise.resolve(begun);
    },
    versions(key, sinceEtag, limit) {
      const begun = begin('versions', key);
      if (!begun.ok) return Promise.resolve(begun);
      if (!versions)
        return Promise.resolve(failure('store_invalid', 'This store keeps no versions', { key }));
      const all = history.get(key) ?? [];
      const end = all.findIndex((entry) => entry.etag === sinceEtag);
      return Promise.resolve(success(all.slice(0, Math.min(end < 0 ? all.length : end, limit))));
    },
  };
}

function info({ key, size, etag, lastModified }: Entry): ObjectInfo {
  return { key, size, etag, lastModified };
}
