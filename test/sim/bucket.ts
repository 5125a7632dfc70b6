/** The world's bucket: every write is kept with who made it, so that invariants are judged from its history and not from what the program says. */
import { localFileFailed } from '../../src/domain/store-failures.ts';
import { failure, success, type Result } from '../../src/domain/failure.ts';
import type { ObjectInfo, ObjectStore, StoredBody } from '../../src/ports/object-store.ts';
import type { Process, World } from './world.ts';

interface Entry {
  readonly body: Uint8Array;
  readonly etag: string;
  readonly lastModified: Date;
}

export interface Write {
  readonly at: number;
  readonly by: string;
  readonly kind: 'put' | 'delete';
  readonly key: string;
  readonly body: Uint8Array | null;
}

export interface BucketKind {
  readonly conditionalWrites: boolean;
  readonly versions: boolean;
}

export class Bucket {
  readonly world: World;
  readonly kind: BucketKind;
  readonly objects = new Map<string, Entry>();
  readonly history: Write[] = [];
  /** Until then every write of a run is refused: the bucket has reached its cap, or the disk under it is full. */
  fullUntil = 0;
  readonly #versions = new Map<string, StoredBody[]>();
  #writes = 0;

  constructor(world: World, kind: BucketKind) {
    this.world = world;
    this.kind = kind;
  }

  write(by: string, key: string, body: Uint8Array): ObjectInfo {
    this.#writes += 1;
    const entry = { body, etag: `e${this.#writes}`, lastModified: new Date(this.world.time * 1000) };
    this.objects.set(key, entry);
    if (this.kind.versions) {
      const known = this.#versions.get(key) ?? [];
      known.unshift({ key, size: body.length, ...entry });
      this.#versions.set(key, known.slice(0, 200));
    }
    this.history.push({ at: this.world.time, by, kind: 'put', key, body });
    return infoOf(key, entry);
  }

  remove(by: string, key: string): void {
    if (this.objects.delete(key))
      this.history.push({ at: this.world.time, by, kind: 'delete', key, body: null });
  }

  text(key: string): string | null {
    const entry = this.objects.get(key);
    return entry ? new TextDecoder().decode(entry.body) : null;
  }

  json(key: string): Record<string, unknown> {
    return JSON.parse(this.text(key) ?? '{}') as Record<string, unknown>;
  }

  keys(prefix: string): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  versionsOf(key: string): readonly StoredBody[] {
    return this.#versions.get(key) ?? [];
  }

  /** The bucket as one process reaches it. */
  portFor(process: Process): ObjectStore {
    const ask = async <T>(label: string, key: string, effect: () => T): Promise<Result<T>> => {
      const writes = label === 'put' || label === 'copy';
      let full = false;
      const { fault, value } = await process.operate(`store ${label} ${key}`, () => {
        full = writes && this.world.time < this.fullUntil;
        return full ? (undefined as T) : effect();
      });
      if (full && fault === 'none')
        return failure('store_unavailable', `no room for ${label}`, { key }, { effect: 'refused' });
      if (fault === 'none') return success(value as T);
      if (fault === 'refused')
        return failure('store_unavailable', `${label} was refused`, { key }, { effect: 'refused' });
      return failure('store_unavailable', `${label} got no answer`, { key });
    };
    return {
      description: 'the world',
      capabilities: () => Promise.resolve(success(this.kind)),
      get: (key) => ask('get', key, () => this.#read(key)),
      getFile: async (key, file) => {
        if (process.diskFull)
          return localFileFailed('written', file, key, new Error('no space left on device'));
        const read = await ask('getFile', key, () => this.#read(key));
        if (read.ok && read.value) process.files.set(file, read.value.body);
        return read;
      },
      head: (key) => ask('head', key, () => this.#read(key)),
      put: async (key, source, options) => {
        const body = 'bytes' in source ? source.bytes : process.files.get(source.file);
        if (!body) throw new Error(`no local file for ${key}`);
        const written = await ask('put', key, () => {
          const before = this.objects.get(key)?.etag ?? null;
          return options.onlyIf !== undefined && before !== options.onlyIf
            ? null
            : this.write(process.name, key, body);
        });
        if (!written.ok) return written;
        return written.value === null
          ? failure('state_conflict', 'the object was changed', { key })
          : success(written.value);
      },
      list: (prefix) => this.#list(ask, prefix),
      copy: (from, to) =>
        ask('copy', from, () => {
          const entry = this.objects.get(from);
          return entry ? this.write(process.name, to, entry.body) : null;
        }),
      delete: (key) => ask('delete', key, () => this.remove(process.name, key)),
      versions: (key, sinceEtag, limit) =>
        ask('versions', key, () => {
          const all = this.versionsOf(key);
          const end = all.findIndex((version) => version.etag === sinceEtag);
          return all.slice(0, end < 0 ? limit : Math.min(end, limit));
        }),
    };
  }

  #read(key: string): StoredBody | null {
    const entry = this.objects.get(key);
    return entry ? { ...infoOf(key, entry), body: entry.body } : null;
  }

  async *#list(
    ask: <T>(label: string, key: string, effect: () => T) => Promise<Result<T>>,
    prefix: string,
  ): AsyncGenerator<Result<ObjectInfo>> {
    const listed = await ask('list', prefix, () =>
      this.keys(prefix).map((key) => infoOf(key, this.objects.get(key) as Entry)),
    );
    if (!listed.ok) {
      yield listed;
      return;
    }
    for (const info of listed.value) yield success(info);
  }
}

function infoOf(key: string, entry: Entry): ObjectInfo {
  return { key, size: entry.body.length, etag: entry.etag, lastModified: entry.lastModified };
}
