/**
 * A bucket in memory, for tests and simulations: exact, fast, and able to play a store with or without conditional
 * writes and versions. Nothing that a caller holds is shared with it, so that no test passes by changing a stored body.
 */
import { readFile, writeFile } from 'node:fs/promises';

import { isAheadOfClocks } from '../../domain/timestamp.ts';
import { success, type Result } from '../../domain/failure.ts';
import { keyProblem, prefixProblem, sortKeys } from '../../domain/object-key.ts';
import {
  badKey,
  changedMeanwhile,
  largerThan,
  localFileFailed,
  notOffered,
} from '../../domain/store-failures.ts';
import type { ObjectInfo, ObjectStore, PutOptions, PutSource, StoredBody } from '../../ports/object-store.ts';

export interface MemoryStoreOptions {
  /** The store's clock; `lastModified` does not go back with it, but for more than clocks may differ. Default: the system's. */
  readonly now?: () => Date;
  /** Default: true. */
  readonly conditionalWrites?: boolean;
  /** Keep every body that was written. Default: false. */
  readonly versions?: boolean;
  /** Objects in one page of a listing, for counting requests. Default: 1,000, as S3. */
  readonly pageSize?: number;
  /** How `put({ file })` and `getFile` reach local files; a simulation has its own. Default: the real disk. */
  readonly readFile?: (file: string) => Promise<Uint8Array>;
  readonly writeFile?: (file: string, body: Uint8Array) => Promise<void>;
  /** Told of every request that a bucket would have been asked. */
  readonly onRequest?: (operation: string) => void;
}

type Settings = Required<MemoryStoreOptions>;

const DESCRIPTION = 'memory';

/** An empty bucket that lives as long as the returned value. */
export function createMemoryStore(options: MemoryStoreOptions = {}): ObjectStore {
  return new MemoryStore({
    now: () => new Date(),
    conditionalWrites: true,
    versions: false,
    pageSize: 1_000,
    readFile,
    writeFile,
    onRequest: () => {},
    ...options,
  });
}

class MemoryStore implements ObjectStore {
  readonly description = DESCRIPTION;
  readonly #settings: Settings;
  readonly #objects = new Map<string, StoredBody>();
  /** Oldest first. */
  readonly #history = new Map<string, StoredBody[]>();
  #keys: readonly string[] | null = null;
  #writes = 0;
  #lastModified = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async capabilities(): ReturnType<ObjectStore['capabilities']> {
    const { conditionalWrites, versions } = this.#settings;
    return success({ conditionalWrites, versions });
  }

  async get(key: string, maxBytes: number): ReturnType<ObjectStore['get']> {
    const found = this.#read('get', key, maxBytes);
    return found.ok && found.value ? success({ ...found.value, body: found.value.body.slice() }) : found;
  }

  async getFile(key: string, file: string, maxBytes: number): ReturnType<ObjectStore['getFile']> {
    const found = this.#read('get', key, maxBytes);
    if (!found.ok || found.value === null) return found;
    try {
      await this.#settings.writeFile(file, found.value.body.slice());
    } catch (error) {
      return localFileFailed('written', file, key, error);
    }
    return success(infoOf(found.value));
  }

  async head(key: string): ReturnType<ObjectStore['head']> {
    const found = this.#read('head', key, Number.POSITIVE_INFINITY);
    return found.ok && found.value ? success(infoOf(found.value)) : found;
  }

  async put(key: string, source: PutSource, { onlyIf }: PutOptions): Promise<Result<ObjectInfo>> {
    const problem = keyProblem(key);
    if (problem !== null) return badKey(key, problem);
    if (onlyIf !== undefined && !this.#settings.conditionalWrites)
      return notOffered(key, DESCRIPTION, 'conditional writes');
    let body: Uint8Array;
    try {
      body = 'bytes' in source ? Uint8Array.from(source.bytes) : await this.#settings.readFile(source.file);
    } catch (error) {
      return localFileFailed('read', 'file' in source ? source.file : '', key, error);
    }
    this.#settings.onRequest('put');
    if (onlyIf !== undefined && (this.#objects.get(key)?.etag ?? null) !== onlyIf)
      return changedMeanwhile(key, DESCRIPTION);
    return success(this.#store(key, body));
  }

  async *list(prefix: string): AsyncGenerator<Result<ObjectInfo>> {
    const problem = prefixProblem(prefix);
    if (problem !== null) {
      yield badKey(prefix, problem);
      return;
    }
    const keys = (this.#keys ??= sortKeys([...this.#objects.keys()]));
    this.#settings.onRequest('list');
    let listed = 0;
    for (const key of keys) {
      if (!key.startsWith(prefix)) continue;
      if (listed > 0 && listed % this.#settings.pageSize === 0) this.#settings.onRequest('list');
      const found = this.#objects.get(key);
      // Deleted while the listing went on.
      if (found === undefined) continue;
      listed += 1;
      yield success(infoOf(found));
    }
  }

  async copy(from: string, to: string): ReturnType<ObjectStore['copy']> {
    const problem = keyProblem(to);
    if (problem !== null) return badKey(to, problem);
    const found = this.#read('copy', from, Number.POSITIVE_INFINITY);
    return found.ok && found.value ? success(this.#store(to, found.value.body)) : found;
  }

  async delete(key: string): Promise<Result<void>> {
    const problem = keyProblem(key);
    if (problem !== null) return badKey(key, problem);
    this.#settings.onRequest('delete');
    if (this.#objects.delete(key)) this.#keys = null;
    return success(undefined);
  }

  async versions(key: string, sinceEtag: string | null, limit: number): ReturnType<ObjectStore['versions']> {
    const problem = keyProblem(key);
    if (problem !== null) return badKey(key, problem);
    if (!this.#settings.versions) return notOffered(key, DESCRIPTION, 'versions');
    this.#settings.onRequest('versions');
    const found: StoredBody[] = [];
    for (const version of (this.#history.get(key) ?? []).toReversed()) {
      if (version.etag === sinceEtag || found.length >= limit) break;
      found.push({ ...version, body: version.body.slice() });
    }
    return success(found);
  }

  #read(operation: string, key: string, maxBytes: number): Result<StoredBody | null> {
    const problem = keyProblem(key);
    if (problem !== null) return badKey(key, problem);
    this.#settings.onRequest(operation);
    const found = this.#objects.get(key) ?? null;
    if (found !== null && found.size > maxBytes) return largerThan(key, found.size, maxBytes);
    return success(found);
  }

  /** `body` must be the store's own from here on. */
  #store(key: string, body: Uint8Array): ObjectInfo {
    this.#writes += 1;
    const now = this.#settings.now();
    const isSetRight = isAheadOfClocks(new Date(this.#lastModified), now);
    this.#lastModified = isSetRight ? now.getTime() : Math.max(this.#lastModified, now.getTime());
    const written = {
      key,
      body,
      size: body.length,
      etag: `m${this.#writes}`,
      lastModified: new Date(this.#lastModified),
    };
    if (!this.#objects.has(key)) this.#keys = null;
    this.#objects.set(key, written);
    if (this.#settings.versions) {
      const history = this.#history.get(key);
      if (history) history.push(written);
      else this.#history.set(key, [written]);
    }
    return infoOf(written);
  }
}

function infoOf({ key, size, etag, lastModified }: StoredBody): ObjectInfo {
  return { key, size, etag, lastModified };
}
