/**
 * A folder as a bucket. A file appears whole or not at all: it is written beside its place, flushed, and renamed. What
 * must be compared before it is replaced is compared under a lock that all processes share.
 */
import { readdirSync, renameSync, rmSync, statSync, utimesSync, type Dirent } from 'node:fs';
import { mkdir, open, readdir, rename, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { isAheadOfClocks } from '../../domain/timestamp.ts';
import { failure, success, type Result } from '../../domain/failure.ts';
import { keyProblem, prefixProblem, sortKeys } from '../../domain/object-key.ts';
import {
  badKey,
  changedMeanwhile,
  largerThan,
  localFileFailed,
  notOffered,
} from '../../domain/store-failures.ts';
import type { ObjectInfo, ObjectStore, PutOptions, PutSource } from '../../ports/object-store.ts';
import {
  createStamp,
  discard,
  factsOf,
  flushFolder,
  inspect,
  makeFolder,
  missing,
  openForReading,
  readAtMost,
  streamWhole,
  writeWhole,
} from './files.ts';
import { folderFailure, Refusal, Unflushed } from './folder-failure.ts';
import { FolderMutex } from './mutex.ts';

export interface FolderStoreOptions {
  /** Told of every operation. */
  readonly onRequest?: (operation: string) => void;
}

/** Ours, and invisible: temporary files and the lock. */
const INTERNAL = '.reelmill';
/** No upload takes this long: what is older was left by a process that died. */
const ABANDONED_MILLISECONDS = 24 * 3600 * 1000;
/** How often a file may change while it is read, before its reader gives up. */
const READ_ATTEMPTS = 20;

/**
 * A bucket in the folder `root`, which need not exist yet. Any number of processes of one machine may share it; other
 * programs may add, replace and remove plain files in it. Conditional writes, no versions. Below `root`, symbolic
 * links are refused, and only plain files are objects.
 */
export function createFolderStore(root: string, options: FolderStoreOptions = {}): ObjectStore {
  return new FolderStore(path.resolve(root), options.onRequest ?? (() => {}));
}

class FolderStore implements ObjectStore {
  readonly description: string;
  readonly #root: string;
  readonly #onRequest: (operation: string) => void;
  readonly #mutex: FolderMutex;
  readonly #stamp = createStamp();
  #temporaries = 0;
  #swept = false;

  constructor(root: string, onRequest: (operation: string) => void) {
    this.#root = root;
    this.#onRequest = onRequest;
    this.#mutex = new FolderMutex(path.join(root, INTERNAL, 'mutex.db'));
    this.description = `folder ${root}`;
  }

  async capabilities(): ReturnType<ObjectStore['capabilities']> {
    return success({ conditionalWrites: true, versions: false });
  }

  get(key: string, maxBytes: number): ReturnType<ObjectStore['get']> {
    return this.#do('get', key, (file) =>
      this.#read(file, key, maxBytes, async (handle, facts) => {
        // One byte more than expected would show that the file grew.
        const body = await readAtMost(handle, facts.size + 1);
        return { ...facts, body: body.subarray(0, facts.size) };
      }),
    );
  }

  getFile(key: string, target: string, maxBytes: number): ReturnType<ObjectStore['getFile']> {
    return this.#do('get', key, async (file) => {
      const partial = `${target}.${process.pid}-${this.#stamp().toString(36)}.partial`;
      try {
        const found = await this.#read(file, key, maxBytes, async (handle, facts) => {
          await discard(partial);
          await local('written', target, key, () => streamWhole(handle, partial));
          return facts;
        });
        if (found !== null) await local('written', target, key, () => rename(partial, target));
        return found;
      } catch (error) {
        await discard(partial);
        throw error;
      }
    });
  }

  head(key: string): ReturnType<ObjectStore['head']> {
    return this.#do('head', key, async (file) => this.#facts(file, key));
  }

  put(key: string, source: PutSource, { onlyIf }: PutOptions): Promise<Result<ObjectInfo>> {
    return this.#do('put', key, (file) =>
      this.#replace(file, key, onlyIf, async (temporary) => {
        if ('bytes' in source) return writeWhole(temporary, source.bytes);
        const handle = await local('read', source.file, key, () => openLocal(source.file));
        return streamWhole(handle, temporary).finally(() => handle.close());
      }),
    );
  }

  async *list(prefix: string): AsyncGenerator<Result<ObjectInfo>> {
    const problem = prefixProblem(prefix);
    if (problem !== null) {
      yield badKey(prefix, problem);
      return;
    }
    this.#onRequest('list');
    try {
      const keys: string[] = [];
      await this.#collect(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix, keys);
      for (const key of sortKeys(keys)) {
        const facts = this.#facts(this.#path(key), key);
        if (facts !== null) yield success(facts);
      }
    } catch (error) {
      yield folderFailure(error, 'list', prefix, this.description);
    }
  }

  copy(from: string, to: string): ReturnType<ObjectStore['copy']> {
    const problem = targetProblem(to);
    if (problem !== null) return Promise.resolve(badKey(to, problem));
    return this.#do('copy', from, (file) =>
      this.#read(file, from, Number.POSITIVE_INFINITY, (handle) =>
        this.#replace(this.#path(to), to, undefined, (temporary) => streamWhole(handle, temporary)),
      ),
    );
  }

  delete(key: string): Promise<Result<void>> {
    return this.#do('delete', key, async (file) => {
      if (this.#facts(file, key) === null) return;
      await this.#mutex.exclusive(() => rmSync(file, { force: true }));
      await this.#flush([path.dirname(file)]);
    });
  }

  async versions(key: string): Promise<Result<never>> {
    return notOffered(key, this.description, 'versions');
  }

  async #do<T>(operation: string, key: string, work: (file: string) => Promise<T>): Promise<Result<T>> {
    const problem = targetProblem(key);
    if (problem !== null) return badKey(key, problem);
    this.#onRequest(operation);
    try {
      return success(await work(this.#path(key)));
    } catch (error) {
      return folderFailure(error, operation, key, this.description);
    }
  }

  /** The file of a key, after a look that no symbolic link on the way leads out of the folder. */
  #path(key: string): string {
    if (statSync(this.#root, { throwIfNoEntry: false })?.isDirectory() === false)
      throw new Refusal(
        failure('store_invalid', `${this.#root} is a file; a folder is needed there`, { key }),
      );
    const parts = key.split('/');
    for (let length = 1; length < parts.length; length += 1) {
      const folder = path.join(this.#root, ...parts.slice(0, length));
      if (inspect(folder)?.isSymbolicLink()) throw linkRefused(key, folder);
    }
    return path.join(this.#root, key);
  }

  #facts(file: string, key: string): ObjectInfo | null {
    const found = inspect(file);
    if (found === null || found.isDirectory()) return null;
    if (found.isSymbolicLink()) throw linkRefused(key, file);
    if (found.isFile()) return factsOf(found, key);
    throw new Refusal(failure('store_invalid', `${file} is not a plain file`, { key }));
  }

  /** Gives `use` an open file and its facts, and again when another program wrote into that very file meanwhile. */
  async #read<T>(
    file: string,
    key: string,
    maxBytes: number,
    use: (handle: FileHandle, facts: ObjectInfo) => Promise<T>,
  ): Promise<T | null> {
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
      if (this.#facts(file, key) === null) return null;
      const handle = await openForReading(file);
      if (handle === null) return null;
      try {
        const facts = factsOf(await handle.stat({ bigint: true }), key);
        if (facts.size > maxBytes) throw new Refusal(largerThan(key, facts.size, maxBytes));
        const used = await use(handle, facts);
        if (factsOf(await handle.stat({ bigint: true }), key).etag === facts.etag) return used;
      } finally {
        await handle.close();
      }
    }
    const message = `${file} changed each time it was read`;
    throw new Refusal(failure('store_unavailable', message, { key }, { effect: 'refused' }));
  }

  async #replace(
    file: string,
    key: string,
    onlyIf: string | null | undefined,
    write: (temporary: string) => Promise<void>,
  ): Promise<ObjectInfo> {
    const temporary = await this.#temporary();
    try {
      await write(temporary);
      const placed = await this.#mutex.exclusive(() => this.#place(temporary, file, key, onlyIf));
      await this.#flush(placed.flush);
      return placed.info;
    } finally {
      await discard(temporary);
    }
  }

  /** Under the lock. */
  #place(temporary: string, file: string, key: string, onlyIf: string | null | undefined) {
    const before = this.#facts(file, key);
    if (onlyIf !== undefined && (before?.etag ?? null) !== onlyIf)
      throw new Refusal(changedMeanwhile(key, this.description));
    // Later than what it replaces even if this machine's clock went back a little, so that an inode used again gives a
    // new etag. A date that no clock could have now is not carried on.
    const stamp = this.#stamp();
    const former = before?.lastModified ?? new Date(0);
    const isWrong = isAheadOfClocks(former, new Date(stamp / 1_000));
    const time = isWrong ? stamp : Math.max(stamp, former.getTime() * 1_000 + 1_000);
    utimesSync(temporary, time / 1e6, time / 1e6);
    const flush = makeFolder(path.dirname(file));
    renameSync(temporary, file);
    const placed = inspect(file);
    if (placed === null) throw new Error(`${file} is gone right after it was put there`);
    return { info: factsOf(placed, key), flush };
  }

  async #flush(folders: readonly string[]): Promise<void> {
    try {
      for (const folder of folders) await flushFolder(folder);
    } catch (error) {
      throw new Unflushed('the folder could not be flushed', { cause: error });
    }
  }

  async #temporary(): Promise<string> {
    const folder = path.join(this.#root, INTERNAL, 'temporary');
    await mkdir(folder, { recursive: true });
    if (!this.#swept) await this.#sweep(folder);
    this.#temporaries += 1;
    return path.join(folder, `${process.pid}-${this.#stamp().toString(36)}-${this.#temporaries}`);
  }

  /** What killed runs left behind. */
  async #sweep(folder: string): Promise<void> {
    this.#swept = true;
    for (const name of await readdir(folder)) {
      const file = path.join(folder, name);
      const found = await stat(file).catch(missing);
      if (found !== null && Date.now() - found.mtimeMs > ABANDONED_MILLISECONDS) await discard(file);
    }
  }

  async #collect(folder: string, prefix: string, keys: string[]): Promise<void> {
    for (const entry of await this.#entries(folder)) {
      const key = folder + entry.name;
      if (targetProblem(key) !== null) continue;
      const inside = `${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`);
      if (entry.isDirectory() && inside) await this.#collect(`${key}/`, prefix, keys);
      // What it leads to cannot be listed, and a listing with a gap must not look whole.
      if (entry.isSymbolicLink() && inside) throw linkRefused(key, path.join(this.#root, key));
      if (entry.isFile() && key.startsWith(prefix)) keys.push(key);
    }
  }

  /** Under the lock where there is one: some file systems hide a file from a listing while it is replaced. */
  async #entries(folder: string): Promise<readonly Dirent[]> {
    const place = this.#path(`${folder}x`);
    const read = (): Dirent[] => readdirSync(path.dirname(place), { withFileTypes: true });
    try {
      if (inspect(path.join(this.#root, INTERNAL)) === null) return read();
      return await this.#mutex.exclusive(read);
    } catch (error) {
      return missing(error) ?? [];
    }
  }
}

function targetProblem(key: string): string | null {
  return keyProblem(key) ?? (key === INTERNAL || key.startsWith(`${INTERNAL}/`) ? 'is reserved' : null);
}

function linkRefused(key: string, file: string): Refusal {
  const advice = 'Put a real file or folder there; the store’s own folder may be a link.';
  return new Refusal(
    failure(
      'store_denied',
      `${file} is a symbolic link, which could lead out of the store`,
      { key },
      { advice },
    ),
  );
}

/** A pipe or a device could go on for ever. */
async function openLocal(file: string): Promise<FileHandle> {
  if (!(await stat(file)).isFile()) throw new Error('it is not a plain file');
  return open(file, 'r');
}

/** For a file outside the store, so that its failure is not blamed on the store. */
async function local<T>(
  action: 'read' | 'written',
  file: string,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Refusal(localFileFailed(action, file, key, error));
  }
}
