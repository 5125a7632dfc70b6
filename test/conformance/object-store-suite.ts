/** One suite that every object store passes: each test is a sentence of `src/ports/object-store.ts`. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { FailureCode, Result } from '../../src/domain/failure.ts';
import { sortKeys } from '../../src/domain/object-key.ts';
import { collectList, type ObjectStore, type StoreCapabilities } from '../../src/ports/object-store.ts';

/** A bucket that starts empty. */
export interface OpenBucket {
  readonly store: ObjectStore;
  /** Another client of the same bucket, as another process would have. */
  readonly other: ObjectStore;
  close(): Promise<void>;
}

export interface StoreUnderTest {
  readonly expected: StoreCapabilities;
  /** Whether a write of the very same body gives a new etag; S3's is a digest of the body. */
  readonly etagPerWrite: boolean;
  /** Whether `put({ file })` and `getFile` stream; a store in memory cannot. */
  readonly streams: boolean;
  /** What this very server gets wrong, or cannot hold; told in docs/adr. */
  readonly lacks?: ReadonlySet<'large bodies' | 'paging' | 'odd keys'>;
  open(): Promise<OpenBucket>;
}

const PLAIN = { contentType: 'application/octet-stream' };
const ROOM = 1_000_000;
const ODD_KEYS = [
  '666/Тема дня.json',
  'a b/c  d.txt',
  'plus+plus.txt',
  'percent%20and%.txt',
  'hash#query?amp&=.txt',
  `quotes'"!*().txt`,
  '666/.bzEmpty',
  'combining-e\u0301.txt',
  'emoji-🎬.txt',
  'colon:semi;comma,at@dollar$.txt',
  'tilde~caret^[brackets]{braces}|`.txt',
];
const LONG_KEYS = ['long/'.repeat(200) + 'x', 'x'.repeat(256)];
const BAD_KEYS = [
  '',
  '/x',
  '../x',
  'a/../x',
  'a/..',
  './x',
  'a//b',
  'a/',
  'nul\u0000x',
  'line\nx',
  'back\\slash',
  'half\ud800x',
];

export function text(value: string): { readonly bytes: Uint8Array } {
  return { bytes: new TextEncoder().encode(value) };
}

export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
}

export function code(result: Result<unknown>): FailureCode | 'success' {
  return result.ok ? 'success' : result.failure.code;
}

export async function bodyOf(store: ObjectStore, key: string): Promise<string | null> {
  const found = value(await store.get(key, ROOM));
  return found === null ? null : new TextDecoder().decode(found.body);
}

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  return value(await collectList(store, prefix)).map((info) => info.key);
}

export function objectStoreSuite(name: string, under: StoreUnderTest): void {
  describe(`${name} as an object store`, () => {
    let bucket: OpenBucket;
    let store: ObjectStore;
    let other: ObjectStore;
    let folder: string;
    let prefix = 0;
    /** Keys of their own for each test, since a bucket is opened once. */
    let at: (key: string) => string;

    beforeAll(async () => {
      bucket = await under.open();
      ({ store, other } = bucket);
      folder = await mkdtemp(path.join(tmpdir(), 'reelmill-store-'));
    });
    afterAll(async () => {
      await bucket.close();
      await rm(folder, { recursive: true, force: true });
    });
    beforeEach(() => {
      prefix += 1;
      const own = `t${prefix}/`;
      at = (key) => own + key;
    });

    readingAndWriting();
    sizesAndFiles();
    listing();
    copyingAndDeleting();
    oddAndBadKeys();
    conditionalWrites();
    keptVersions();

    function readingAndWriting(): void {
      test('says what it is and what it can do, the same each time', async () => {
        expect(store.description).toMatch(/^(memory|folder \/|s3 )/);
        expect(value(await store.capabilities())).toEqual(under.expected);
        expect(value(await store.capabilities())).toEqual(under.expected);
      });

      test('"not found" is a value, for reads of every kind', async () => {
        expect(value(await store.get(at('none'), ROOM))).toBeNull();
        expect(value(await store.head(at('none')))).toBeNull();
        expect(value(await store.getFile(at('none'), path.join(folder, 'none'), ROOM))).toBeNull();
        expect(value(await store.copy(at('none'), at('target')))).toBeNull();
        expect(value(await store.head(at('target')))).toBeNull();
      });

      test('what was put is what everybody gets', async () => {
        const bytes = randomBytes(70_000);
        const start = Date.now();
        const put = value(await store.put(at('a.bin'), { bytes }, PLAIN));
        expect(put).toMatchObject({ key: at('a.bin'), size: 70_000 });
        const got = value(await other.get(at('a.bin'), ROOM));
        expect(got && Buffer.from(got.body).equals(bytes)).toBe(true);
        expect(got).toMatchObject({ key: at('a.bin'), size: 70_000, etag: put.etag });
        expect(value(await other.head(at('a.bin')))).toEqual({
          key: at('a.bin'),
          size: 70_000,
          etag: put.etag,
          lastModified: got?.lastModified,
        });
        // S3 gives whole seconds.
        expect(Math.abs((got?.lastModified.getTime() ?? 0) - start)).toBeLessThan(60_000);
      });

      test('an overwrite replaces the body', async () => {
        await store.put(at('a'), text('longer than the next'), PLAIN);
        await store.put(at('a'), text('short'), PLAIN);
        expect(await bodyOf(other, at('a'))).toBe('short');
      });

      test('the etag changes with the body, and where promised with every write', async () => {
        const first = value(await store.put(at('a'), text('one'), PLAIN));
        const second = value(await store.put(at('a'), text('two'), PLAIN));
        expect(second.etag).not.toBe(first.etag);
        const third = value(await store.put(at('a'), text('two'), PLAIN));
        const fourth = value(await store.copy(at('a'), at('a')));
        expect(third.etag === second.etag).toBe(!under.etagPerWrite);
        expect(fourth?.etag === third.etag).toBe(!under.etagPerWrite);
      });

      test('an empty object is an object', async () => {
        expect(value(await store.put(at('empty'), text(''), PLAIN)).size).toBe(0);
        expect(await bodyOf(store, at('empty'))).toBe('');
        expect(value(await store.head(at('empty')))?.size).toBe(0);
      });

      test('bytes are copied: changing them later changes nothing stored', async () => {
        const bytes = new TextEncoder().encode('before');
        await store.put(at('a'), { bytes }, PLAIN);
        bytes.fill(0);
        const got = value(await store.get(at('a'), ROOM));
        got?.body.fill(1);
        expect(await bodyOf(store, at('a'))).toBe('before');
      });

      test('keys differ by case', async () => {
        await store.put(at('Case'), text('upper'), PLAIN);
        await store.put(at('case'), text('lower'), PLAIN);
        expect([await bodyOf(store, at('Case')), await bodyOf(store, at('case'))]).toEqual([
          'upper',
          'lower',
        ]);
      });
    }

    function sizesAndFiles(): void {
      test('a body over the bound is refused, one at the bound is not', async () => {
        await store.put(at('ten'), text('0123456789'), PLAIN);
        expect(code(await store.get(at('ten'), 9))).toBe('too_large');
        expect(value(await store.get(at('ten'), 10))?.size).toBe(10);
        const file = path.join(folder, 'ten');
        expect(code(await store.getFile(at('ten'), file, 9))).toBe('too_large');
        expect(await readdir(folder)).not.toContain('ten');
        expect(value(await store.getFile(at('ten'), file, 10))?.size).toBe(10);
      });

      test('a failed getFile leaves the local file as it was, and nothing half beside it', async () => {
        const place = await mkdtemp(path.join(folder, 'keep-'));
        const file = path.join(place, 'kept');
        await writeFile(file, 'as it was');
        await store.put(at('big'), text('x'.repeat(1_000)), PLAIN);
        expect(code(await store.getFile(at('big'), file, 10))).toBe('too_large');
        expect(value(await store.getFile(at('none'), file, ROOM))).toBeNull();
        expect(code(await store.getFile(at('big'), path.join(place, 'no', 'folder'), ROOM))).toBe(
          'store_unavailable',
        );
        expect(await readFile(file, 'utf8')).toBe('as it was');
        expect(await readdir(place)).toEqual(['kept']);
      });

      test('a local file that cannot be read changes nothing, and the failure names it', async () => {
        const result = await store.put(at('a'), { file: path.join(folder, 'missing.png') }, PLAIN);
        expect(result).toMatchObject({ ok: false, failure: { effect: 'refused', where: { key: at('a') } } });
        expect(result.ok ? '' : result.failure.message).toContain('missing.png');
        expect(code(await store.put(at('a'), { file: folder }, PLAIN))).toBe('store_unavailable');
        expect(value(await store.head(at('a')))).toBeNull();
      });

      test('files go in and come out whole', async () => {
        const source = path.join(folder, 'source');
        const body = randomBytes(300_001);
        await writeFile(source, body);
        const put = value(await store.put(at('video.mp4'), { file: source }, { contentType: 'video/mp4' }));
        expect(put.size).toBe(300_001);
        const target = path.join(folder, 'target');
        expect(value(await other.getFile(at('video.mp4'), target, ROOM))?.etag).toBe(put.etag);
        expect((await readFile(target)).equals(body)).toBe(true);
      });

      test.skipIf(!under.streams || under.lacks?.has('large bodies'))(
        'files are streamed, never held in memory',
        async () => {
          const megabytes = 96;
          const source = path.join(folder, 'large');
          await writeLarge(source, megabytes);
          const target = path.join(folder, 'large-back');
          const growth = await peakGrowth(async () => {
            value(await store.put(at('large'), { file: source }, PLAIN));
            value(await store.copy(at('large'), at('large-copy')));
            value(await store.getFile(at('large-copy'), target, megabytes * 1_048_576));
          });
          expect(await hashOf(target)).toBe(await hashOf(source));
          // Used chunks are given back in heaps of some 32 MiB.
          expect(growth).toBeLessThan(64 * 1_048_576);
        },
      );
    }

    function listing(): void {
      test('lists what starts with the prefix, in key order, with the facts of head', async () => {
        const names = [
          'b.json',
          'a.json',
          'a.png',
          'a/deep/er.txt',
          'Б.txt',
          'z-\uffee.txt',
          'z-🎬.txt',
          'a-.txt',
          'B.txt',
        ];
        for (const name of names) await store.put(at(name), text(name), PLAIN);
        await store.put(`${at('').slice(0, -1)}x`, text('a neighbour'), PLAIN);
        const listed = value(await collectList(other, at('')));
        expect(listed.map((info) => info.key)).toEqual(sortKeys(names.map(at)));
        const order = listed.map((info) => Buffer.from(info.key));
        expect([...order].sort((left, right) => left.compare(right))).toEqual(order);
        for (const info of listed) {
          const head = value(await store.head(info.key));
          expect({ ...info, lastModified: second(info.lastModified) }).toEqual({
            ...head,
            lastModified: second(head?.lastModified),
          });
        }
        expect(await keysOf(store, at('a'))).toEqual(['a-.txt', 'a.json', 'a.png', 'a/deep/er.txt'].map(at));
        expect(await keysOf(store, at('a/de'))).toEqual([at('a/deep/er.txt')]);
        expect(await keysOf(store, at('a.json/'))).toEqual([]);
        expect(await keysOf(store, at('nothing/'))).toEqual([]);
      });

      test('the empty prefix lists everything', async () => {
        await store.put(at('x'), text('x'), PLAIN);
        expect(await keysOf(store, '')).toContain(at('x'));
      });

      test('a deleted object is not listed, a fresh one is', async () => {
        await store.put(at('old'), text('x'), PLAIN);
        await store.put(at('new'), text('x'), PLAIN);
        await store.delete(at('old'));
        expect(await keysOf(other, at(''))).toEqual([at('new')]);
      });

      test.skipIf(under.lacks?.has('paging'))(
        'past 1,000 objects nothing is missing, twice or out of order',
        async () => {
          const names = Array.from({ length: 1_105 }, (_, index) =>
            at(`many/${String(index).padStart(5, '0')}`),
          );
          for (let start = 0; start < names.length; start += 50)
            await Promise.all(
              names.slice(start, start + 50).map((name) => store.put(name, text('x'), PLAIN)),
            );
          expect(await keysOf(other, at('many/'))).toEqual(names);
          expect(code(await collectList(store, at('many/'), 1_104))).toBe('too_large');
          let first = '';
          for await (const entry of store.list(at('many/'))) {
            first = value(entry).key;
            break;
          }
          expect(first).toBe(names[0]);
        },
      );
    }

    function copyingAndDeleting(): void {
      test('a copy is whole, overwrites its target, and leaves its source', async () => {
        await store.put(at('to/b'), text('overwritten'), PLAIN);
        await store.put(at('from/a'), text('body'), PLAIN);
        const copied = value(await store.copy(at('from/a'), at('to/b')));
        expect(copied).toMatchObject({ key: at('to/b'), size: 4 });
        expect(value(await other.head(at('to/b')))?.etag).toBe(copied?.etag);
        expect([await bodyOf(other, at('from/a')), await bodyOf(other, at('to/b'))]).toEqual([
          'body',
          'body',
        ]);
      });

      test('deleting twice is a success twice', async () => {
        await store.put(at('a'), text('x'), PLAIN);
        expect(code(await store.delete(at('a')))).toBe('success');
        expect(value(await other.head(at('a')))).toBeNull();
        expect(code(await store.delete(at('a')))).toBe('success');
        expect(code(await store.delete(at('never/was')))).toBe('success');
      });
    }

    function oddAndBadKeys(): void {
      test.skipIf(under.lacks?.has('odd keys')).each(ODD_KEYS)(
        'the key %s works everywhere',
        async (name) => {
          const key = at(name);
          value(await store.put(key, text(name), PLAIN));
          expect(await bodyOf(other, key)).toBe(name);
          expect(await keysOf(store, at(''))).toEqual([key]);
          expect(value(await store.copy(key, at(`copy/${name}`)))?.key).toBe(at(`copy/${name}`));
          expect(await bodyOf(store, at(`copy/${name}`))).toBe(name);
          value(await store.delete(key));
          expect(await keysOf(store, at(''))).toEqual([at(`copy/${name}`)]);
        },
      );

      test.each(BAD_KEYS)('the key %j is refused by every operation', refuses);

      test.each(LONG_KEYS.map((key) => [key.length, key] as const))(
        'a key of %i characters is refused',
        (_, key) => refuses(key),
      );

      async function refuses(key: string): Promise<void> {
        await store.put(at('good'), text('x'), PLAIN);
        const results = [
          await store.get(key, ROOM),
          await store.getFile(key, path.join(folder, 'bad'), ROOM),
          await store.head(key),
          await store.put(key, text('x'), PLAIN),
          await store.copy(key, at('x')),
          await store.copy(at('good'), key),
          await store.delete(key),
        ];
        expect(results.map(code)).toEqual(results.map(() => 'usage'));
      }

      test.each(['../', '/', 'a//', 'nul\u0000'])('the prefix %j is refused', async (bad) => {
        expect(code(await collectList(store, bad))).toBe('usage');
      });
    }

    function conditionalWrites(): void {
      test.skipIf(under.expected.conditionalWrites)(
        '`onlyIf` is refused without conditional writes, and nothing is written',
        async () => {
          expect(code(await store.put(at('a'), text('x'), { ...PLAIN, onlyIf: null }))).toBe('usage');
          expect(value(await store.head(at('a')))).toBeNull();
        },
      );

      describe.skipIf(!under.expected.conditionalWrites)('conditional writes', () => {
        test('`onlyIf: null` creates, and never overwrites', async () => {
          const first = value(await store.put(at('a'), text('first'), { ...PLAIN, onlyIf: null }));
          expect(code(await other.put(at('a'), text('second'), { ...PLAIN, onlyIf: null }))).toBe(
            'state_conflict',
          );
          expect(await bodyOf(store, at('a'))).toBe('first');
          expect(value(await store.head(at('a')))?.etag).toBe(first.etag);
        });

        test('`onlyIf: etag` replaces what was read, and nothing else', async () => {
          const first = value(await store.put(at('a'), text('first'), PLAIN));
          const second = value(await store.put(at('a'), text('second'), { ...PLAIN, onlyIf: first.etag }));
          expect(code(await other.put(at('a'), text('third'), { ...PLAIN, onlyIf: first.etag }))).toBe(
            'state_conflict',
          );
          expect(await bodyOf(store, at('a'))).toBe('second');
          value(await other.put(at('a'), text('fourth'), { ...PLAIN, onlyIf: second.etag }));
          expect(code(await store.put(at('none'), text('x'), { ...PLAIN, onlyIf: second.etag }))).toBe(
            'state_conflict',
          );
          expect(value(await store.head(at('none')))).toBeNull();
        });

        test('an etag from head, get and list is as good as one from put', async () => {
          await store.put(at('a'), text('0'), PLAIN);
          const etags = [
            async () => value(await store.head(at('a')))?.etag,
            async () => value(await store.get(at('a'), ROOM))?.etag,
            async () => value(await collectList(store, at('a')))[0]?.etag,
            async () => value(await store.copy(at('a'), at('a')))?.etag,
          ];
          for (const read of etags) {
            const etag = (await read()) ?? '';
            expect(code(await other.put(at('a'), text(etag), { ...PLAIN, onlyIf: etag }))).toBe('success');
          }
        });

        test('of two concurrent writers exactly one wins, in each of 50 rounds', async () => {
          let etag: string | null = null;
          for (let round = 0; round < 50; round += 1) {
            const results: Result<{ readonly etag: string }>[] = await Promise.all(
              [store, other].map((one, index) =>
                one.put(at('race'), text(`${round} ${index}`), { ...PLAIN, onlyIf: etag }),
              ),
            );
            expect(results.map(code).sort()).toEqual(['state_conflict', 'success']);
            const winner = results.findIndex((result) => result.ok);
            expect(await bodyOf(store, at('race'))).toBe(`${round} ${winner}`);
            etag = results.flatMap((result) => (result.ok ? [result.value.etag] : []))[0] ?? '';
          }
        });
      });
    }

    function keptVersions(): void {
      test.skipIf(under.expected.versions)('`versions` is refused without versions', async () => {
        await store.put(at('a'), text('x'), PLAIN);
        expect(code(await store.versions(at('a'), null, 10))).toBe('usage');
      });

      test.skipIf(!under.expected.versions)(
        'overwritten bodies are found, newest first, until the one that was read',
        async () => {
          const etags: string[] = [];
          for (const body of ['one', 'two', 'three', 'four'])
            etags.push(value(await store.put(at('a'), text(body), PLAIN)).etag);
          await store.put(at('a.json'), text('a neighbour'), PLAIN);
          const since = async (etag: string | null, limit: number): Promise<string[]> =>
            value(await other.versions(at('a'), etag, limit)).map((version) =>
              new TextDecoder().decode(version.body),
            );
          expect(await since(etags[1] ?? '', 10)).toEqual(['four', 'three']);
          expect(await since(etags[3] ?? '', 10)).toEqual([]);
          expect(await since(null, 10)).toEqual(['four', 'three', 'two', 'one']);
          expect(await since('unknown', 3)).toEqual(['four', 'three', 'two']);
          expect(value(await store.versions(at('never'), null, 10))).toEqual([]);
          expect(value(await store.versions(at('a'), null, 10)).map((version) => version.etag)).toEqual(
            etags.toReversed(),
          );
        },
      );
    }
  });
}

function second(time: Date | undefined): number {
  return Math.floor((time?.getTime() ?? 0) / 1_000);
}

async function writeLarge(file: string, megabytes: number): Promise<void> {
  const handle = await open(file, 'w');
  for (let written = 0; written < megabytes; written += 1) await handle.write(randomBytes(1_048_576));
  await handle.close();
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Bytes by which this process's heap and buffers grew at their highest. */
async function peakGrowth(work: () => Promise<void>): Promise<number> {
  const used = (): number => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, used());
  }, 2);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return peak - before;
}
