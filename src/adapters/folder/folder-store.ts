/**
 * A folder as a bucket. A file appears whole or not at all: it is written beside its place, flushed, and renamed. What
 * must be compared before it is replaced is compared under a lock that all processes share.
 */
import {
  createReadStream,
  createWriteStream,
  linkSync,
  renameSync,
  rmSync,
  statSync,
  type BigIntStats,
} from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { failure, success, type Failure, type FailureCode, type Result } from '../../domain/failure.ts';
import { keyProblem } from '../../domain/object-key.ts';
import type { ObjectInfo, ObjectStore, PutSource } from '../../ports/object-store.ts';
import { FolderMutex } from './mutex.ts';

export interface FolderStoreOptions {
  readonly onRequest?: (operation: string) => void;
}

/** Ours, and invisible: temporary files and the lock. */
const INTERNAL = '.reelmill';
const ABANDONED_MILLISECONDS = 24 * 3600 * 1000;

class Refusal extends Error {
  readonly failure: Failure;
  constructor(refused: { readonly failure: Failure }) {
    super(refused.failure.message);
    this.failure = refused.failure;
  }
}

export function createFolderStore(root: string, options: FolderStoreOptions = {}): ObjectStore {
  return new FolderStore(path.resolve(root), options.onRequest ?? (() => {}));
}

class FolderStore implements ObjectStore {
  readonly description: string;
  readonly #root: string;
  readonly #onRequest: (operation: string) => void;
  readonly #mutex: FolderMutex;
  #temporaries = 0;
  #swept = false;

  constructor(root: string, onRequest: (operation: string) => void) {
    this.#root = root;
    this.#onRequest = onRequest;
    this.#mutex = new FolderMutex(path.join(root, INTERNAL, 'mutex.db'));
    this.description = `folder ${root}`;
  }

  capabilities(): Promise<Result<{ conditionalWrites: boolean; versions: boolean }>> {
    return Promise.resolve(success({ conditionalWrites: true, versions: false }));
  }

  get(key: string, maxBytes: number): ReturnType<ObjectStore['get']> {
    return this.#do('get', key, async (file) => {
      for (;;) {
        const before = await this.#facts(file, key);
        if (before === null) return null;
        refuseLarge(before, maxBytes);
        const body = await readFile(file);
        const after = await this.#facts(file, key);
        // Replaced while it was read: body and etag must belong together.
        if (after?.etag === before.etag) return { ...before, size: body.length, body };
      }
    });
  }

  getFile(key: string, target: string, maxBytes: number): ReturnType<ObjectStore['getFile']> {
    return this.#do('get', key, async (file) => {
      const facts = await this.#facts(file, key);
      if (facts === null) return null;
      refuseLarge(facts, maxBytes);
      await copyFile(file, target);
      return facts;
    });
  }

  head(key: string): ReturnType<ObjectStore['head']> {
    return this.#do('head', key, (file) => this.#facts(file, key));
  }

  put(
    key: string,
    source: PutSource,
    { onlyIf }: { readonly onlyIf?: string | null },
  ): Promise<Result<ObjectInfo>> {
    return this.#do('put', key, async (file) => {
      const temporary = await this.#temporary();
      try {
        if ('bytes' in source) await writeWhole(temporary, source.bytes);
        else await copyFile(source.file, temporary);
        return await this.#place(temporary, file, key, onlyIf);
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  async *list(prefix: string): AsyncGenerator<Result<ObjectInfo>> {
    this.#onRequest('list');
    try {
      const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      if (folder !== '' && keyProblem(folder.slice(0, -1)) !== null) return;
      const keys: string[] = [];
      await this.#collect(folder, prefix, keys);
      for (const key of keys.sort()) {
        const facts = await this.#facts(path.join(this.#root, key), key);
        if (facts !== null) yield success(facts);
      }
    } catch (error) {
      yield translate(error, 'list', prefix);
    }
  }

  copy(from: string, to: string): ReturnType<ObjectStore['copy']> {
    return this.#do('copy', from, async (file) => {
      const problem = keyProblem(to);
      if (problem !== null) throw new Refusal(failure('usage', `The key ${problem}`, { key: to }));
      if ((await this.#facts(file, from)) === null) return null;
      const target = await this.#path(to);
      const temporary = await this.#temporary();
      try {
        await copyFile(file, temporary);
        return await this.#place(temporary, target, to, undefined);
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  delete(key: string): Promise<Result<void>> {
    return this.#do('delete', key, (file) => this.#mutex.exclusive(() => rmSync(file, { force: true })));
  }

  versions(key: string): Promise<Result<never>> {
    return Promise.resolve(failure('store_invalid', 'A folder keeps no versions', { key }));
  }

  async #do<T>(operation: string, key: string, work: (file: string) => Promise<T>): Promise<Result<T>> {
    this.#onRequest(operation);
    const problem = keyProblem(key);
    if (problem !== null || key.split('/')[0] === INTERNAL)
      return failure('usage', `The key ${problem ?? 'is reserved'}`, { key });
    try {
      return success(await work(await this.#path(key)));
    } catch (error) {
      return translate(error, operation, key);
    }
  }

  /** The file of a key; refuses one that a symbolic link would lead out of the root. */
  async #path(key: string): Promise<string> {
    const file = path.join(this.#root, key);
    for (let folder = path.dirname(file); folder.length >= this.#root.length; folder = path.dirname(folder)) {
      const real = await realpath(folder).catch(missing);
      if (real === null) continue;
      const root = await realpath(this.#root);
      if (real !== root && !real.startsWith(root + path.sep))
        throw new Refusal(failure('store_denied', 'A symbolic link leads out of the store', { key }));
      break;
    }
    return file;
  }

  async #facts(file: string, key: string): Promise<ObjectInfo | null> {
    const found = await lstat(file, { bigint: true }).catch(missing);
    if (found?.isSymbolicLink())
      throw new Refusal(failure('store_denied', 'This is a symbolic link, which is not followed', { key }));
    return found?.isFile() ? factsOf(found, key) : null;
  }

  async #place(
    temporary: string,
    file: string,
    key: string,
    onlyIf: string | null | undefined,
  ): Promise<ObjectInfo> {
    await mkdir(path.dirname(file), { recursive: true });
    const placed = await this.#mutex.exclusive(() => {
      if (onlyIf !== undefined) refuseChanged(file, key, onlyIf);
      if (onlyIf === null) linkSync(temporary, file);
      else renameSync(temporary, file);
      return statSync(file, { bigint: true });
    });
    await flushFolder(path.dirname(file));
    return factsOf(placed, key);
  }

  async #temporary(): Promise<string> {
    const folder = path.join(this.#root, INTERNAL, 'temporary');
    await mkdir(folder, { recursive: true });
    if (!this.#swept) await this.#sweep(folder);
    this.#temporaries += 1;
    return path.join(folder, `${process.pid}-${Date.now().toString(36)}-${this.#temporaries}`);
  }

  /** What killed runs left behind. */
  async #sweep(folder: string): Promise<void> {
    this.#swept = true;
    for (const name of await readdir(folder)) {
      const file = path.join(folder, name);
      const found = await stat(file).catch(missing);
      if (found && Date.now() - found.mtimeMs > ABANDONED_MILLISECONDS) await rm(file, { force: true });
    }
  }

  async #collect(folder: string, prefix: string, keys: string[]): Promise<void> {
    const entries = await readdir(path.join(this.#root, folder), { withFileTypes: true }).catch(missing);
    for (const entry of entries ?? []) {
      const key = folder + entry.name;
      if (key === INTERNAL) continue;
      if (entry.isDirectory() && (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)))
        await this.#collect(`${key}/`, prefix, keys);
      if (entry.isFile() && key.startsWith(prefix)) keys.push(key);
    }
  }
}

function factsOf(found: BigIntStats, key: string): ObjectInfo {
  const etag = `${found.ino.toString(36)}-${found.mtimeNs.toString(36)}-${found.size.toString(36)}`;
  return { key, size: Number(found.size), etag, lastModified: new Date(Number(found.mtimeMs)) };
}

function refuseLarge(facts: ObjectInfo, maxBytes: number): void {
  if (facts.size > maxBytes)
    throw new Refusal(
      failure('too_large', `The object has ${facts.size} bytes; at most ${maxBytes} were expected`, {
        key: facts.key,
      }),
    );
}

function refuseChanged(file: string, key: string, onlyIf: string | null): void {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  const etag = found ? factsOf(found, key).etag : null;
  if (etag !== onlyIf)
    throw new Refusal(failure('state_conflict', 'The object was changed meanwhile', { key }));
}

async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Streamed, so that a video is never held in memory; flushed before anybody can see it. */
async function copyFile(from: string, to: string): Promise<void> {
  try {
    await pipeline(createReadStream(from), createWriteStream(to, { flush: true }));
  } catch (error) {
    await rm(to, { force: true });
    throw error;
  }
}

/** The rename itself must survive a power cut. Not every system lets a folder be flushed. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  if (handle === null) return;
  await handle.sync().catch(() => {});
  await handle.close();
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}

const CODES: Readonly<Record<string, FailureCode>> = {
  EACCES: 'store_denied',
  EPERM: 'store_denied',
  EROFS: 'store_denied',
  ENOTDIR: 'store_invalid',
  EISDIR: 'store_invalid',
  EEXIST: 'state_conflict',
};

function translate(
  error: unknown,
  operation: string,
  key: string,
): { readonly ok: false; readonly failure: Failure } {
  if (error instanceof Refusal) return { ok: false, failure: error.failure };
  const { code = '', message } = error as NodeJS.ErrnoException;
  return failure(
    CODES[code] ?? 'store_unavailable',
    `The folder could not ${operation} this: ${code === 'ENOSPC' ? 'the disk is full' : message}`,
    { key },
    { effect: 'refused' },
  );
}
