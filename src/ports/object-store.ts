import { failure, type Result } from '../domain/failure.ts';

export interface ObjectInfo {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Opaque, compared only for equality. Changes with every write in memory and in a folder; S3's is a digest of the
   * body, so that there a write of the very same body keeps it.
   */
  readonly etag: string;
  /** By the store's own clock, UTC, at least to the second. */
  readonly lastModified: Date;
}

export interface StoredBody extends ObjectInfo {
  readonly body: Uint8Array;
}

/** What to write: bytes for documents, a local file for pictures and videos (streamed, never held in memory). */
export type PutSource = { readonly bytes: Uint8Array } | { readonly file: string };

export interface PutOptions {
  readonly contentType: string;
  /** Write only if the object's etag is this one; `null`: only if there is no object. Needs `conditionalWrites`. */
  readonly onlyIf?: string | null;
}

export interface StoreCapabilities {
  /** Proved by a conflicting write that was refused and a right one that was taken, never assumed from a vendor's name. */
  readonly conditionalWrites: boolean;
  /** Overwritten bodies can still be read through `versions`. */
  readonly versions: boolean;
}

/**
 * A bucket. Keys are relative, use `/`, and never hold `..`, a leading `/` or control characters (`usage` otherwise, see
 * `domain/object-key.ts`); objects that other programs gave such keys are not listed.
 * A returned success means that the effect is durable and that every later read by anybody sees it. A failure with
 * effect `refused` means that nothing changed; with `unknown`, that it may have: read again before acting on it.
 * Transient errors have already been retried within bounds. "Not found" is a value (`null`); every other error is a failure.
 */
export interface ObjectStore {
  /** For messages: `folder /path` or `s3 bucket`, without secrets. */
  readonly description: string;
  /** Asked once per process and then remembered; costs a few requests. */
  capabilities(): Promise<Result<StoreCapabilities>>;
  /** `too_large` when the object has more than `maxBytes`. */
  get(key: string, maxBytes: number): Promise<Result<StoredBody | null>>;
  /** Streams the object into a local file. `null` when there is none. */
  getFile(key: string, file: string, maxBytes: number): Promise<Result<ObjectInfo | null>>;
  head(key: string): Promise<Result<ObjectInfo | null>>;
  /** `state_conflict` when `onlyIf` did not hold: nothing was written. */
  put(key: string, source: PutSource, options: PutOptions): Promise<Result<ObjectInfo>>;
  /** All objects whose key starts with `prefix`, in key order, page by page; a failure ends the iteration. */
  list(prefix: string): AsyncIterable<Result<ObjectInfo>>;
  /** `null` when the source does not exist. The target is overwritten. */
  copy(from: string, to: string): Promise<Result<ObjectInfo | null>>;
  /** Also a success when there was nothing to delete. */
  delete(key: string): Promise<Result<void>>;
  /**
   * Bodies that `key` had, newest first, the present one included, until and without the version with `sinceEtag`
   * (all of them, at most `limit`, when it is not found). Needs `versions`.
   */
  versions(key: string, sinceEtag: string | null, limit: number): Promise<Result<readonly StoredBody[]>>;
}

/** Collects a listing that is known to be small; `too_large` past `limit` objects. */
export async function collectList(
  store: ObjectStore,
  prefix: string,
  limit = 100_000,
): Promise<Result<ObjectInfo[]>> {
  const found: ObjectInfo[] = [];
  for await (const entry of store.list(prefix)) {
    if (!entry.ok) return entry;
    if (found.length >= limit) return tooMany(prefix, limit);
    found.push(entry.value);
  }
  return { ok: true, value: found };
}

function tooMany(prefix: string, limit: number): Result<never> {
  return failure('too_large', `The folder holds more than ${limit} objects`, { key: prefix });
}
