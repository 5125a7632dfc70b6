import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { createStamp } from '../../src/adapters/folder/files.ts';
import { createFolderStore } from '../../src/adapters/folder/folder-store.ts';
import { collectList, type ObjectStore } from '../../src/ports/object-store.ts';
import { bodyOf, code, objectStoreSuite, text, value, type OpenBucket } from './object-store-suite.ts';

const PLAIN = { contentType: 'text/plain' };
const ROOM = 1_000_000;
const CHILD = path.join(import.meta.dirname, 'folder-child.ts');

objectStoreSuite('folder', {
  expected: { conditionalWrites: true, versions: false },
  streams: true,
  etagPerWrite: true,
  async open(): Promise<OpenBucket> {
    const above = await mkdtemp(path.join(tmpdir(), 'reelmill-folder-'));
    const root = path.join(above, 'not', 'made yet');
    return {
      store: createFolderStore(root),
      other: createFolderStore(root),
      close: () => rm(above, { recursive: true }),
    };
  },
});

test('I1 I4 stamps follow the machine’s clock: on after a sleep, back when it was far ahead, never back a little', () => {
  let now = Date.parse('2026-11-27T12:00:00Z');
  const stamp = createStamp(() => now);
  const first = stamp();
  expect(first).toBe(now * 1_000);
  expect(stamp()).toBe(first + 1);
  now -= 5_000;
  expect(stamp()).toBe(first + 2);
  now += 8 * 3_600_000;
  expect(stamp()).toBe(now * 1_000);
  now -= 365 * 86_400_000;
  expect(stamp()).toBe(now * 1_000);
});

describe('a folder as a bucket', () => {
  let root: string;
  let store: ObjectStore;

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'reelmill-folder-'));
    store = createFolderStore(root);
  });
  afterEach(() => rm(root, { recursive: true }));

  test('I4 an object that a clock a year ahead has dated gets the date of today with its next write', async () => {
    const first = value(await store.put('a', text('same'), PLAIN));
    const next = new Date(Date.now() + 365 * 86_400_000);
    await utimes(path.join(root, 'a'), next, next);
    const second = value(await store.put('a', text('same'), PLAIN));
    expect(second.lastModified.getTime() - first.lastModified.getTime()).toBeLessThan(86_400_000);
    expect(second.etag).not.toBe(first.etag);
  });

  test('an etag is never used again, even when inodes and the clock’s ticks are', async () => {
    const etags = new Set<string>();
    for (let write = 0; write < 200; write += 1) {
      etags.add(value(await store.put('a', text('same'), PLAIN)).etag);
      if (write % 3 === 0) await store.delete('a');
    }
    expect(etags.size).toBe(200);
  });

  test('files of other programs are objects, and their changes are seen', async () => {
    await mkdir(path.join(root, 'config'));
    await writeFile(path.join(root, 'config', 'a.json'), '{}');
    expect(await bodyOf(store, 'config/a.json')).toBe('{}');
    const { etag } = value(await store.head('config/a.json')) ?? { etag: '' };
    await writeFile(path.join(root, 'config', 'a.json'), '{"generation_id":[]}');
    expect(code(await store.put('config/a.json', text('x'), { ...PLAIN, onlyIf: etag }))).toBe(
      'state_conflict',
    );
    expect(await bodyOf(store, 'config/a.json')).toBe('{"generation_id":[]}');
  });

  test('its own files are invisible and out of reach', async () => {
    await store.put('a', text('x'), PLAIN);
    expect(await readdir(root)).toContain('.reelmill');
    expect(value(await collectList(store, '')).map((info) => info.key)).toEqual(['a']);
    expect(value(await collectList(store, '.reelmill/'))).toEqual([]);
    expect(code(await store.get('.reelmill/mutex.db', ROOM))).toBe('usage');
    expect(code(await store.put('.reelmill', text('x'), PLAIN))).toBe('usage');
  });

  test('what a killed run left is removed once it is old, and never listed', async () => {
    const left = path.join(root, '.reelmill', 'temporary');
    await mkdir(left, { recursive: true });
    await writeFile(path.join(left, 'old'), 'half');
    await utimes(path.join(left, 'old'), 1, 1);
    await writeFile(path.join(left, 'young'), 'half');
    expect(value(await collectList(store, ''))).toEqual([]);
    await store.put('a', text('x'), PLAIN);
    expect(await readdir(left)).toEqual(['young']);
  });

  test('symbolic links below the folder are refused, not followed', async () => {
    const outside = await mkdtemp(path.join(tmpdir(), 'reelmill-outside-'));
    await writeFile(path.join(outside, 'secret'), 'secret');
    await symlink(outside, path.join(root, 'door'));
    await symlink(path.join(outside, 'secret'), path.join(root, 'link'));
    for (const key of ['door/secret', 'link']) {
      expect(code(await store.get(key, ROOM))).toBe('store_denied');
      expect(code(await store.put(key, text('x'), PLAIN))).toBe('store_denied');
      expect(code(await store.delete(key))).toBe('store_denied');
      expect(code(await store.copy(key, 'b'))).toBe('store_denied');
    }
    expect(code(await collectList(store, 'door/'))).toBe('store_denied');
    expect(code(await collectList(store, ''))).toBe('store_denied');
    expect(await readFile(path.join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(await readdir(outside)).toEqual(['secret']);
    await rm(outside, { recursive: true });
  });

  test('the folder itself may be a link', async () => {
    await mkdir(path.join(root, 'real'));
    await symlink(path.join(root, 'real'), path.join(root, 'alias'));
    await createFolderStore(path.join(root, 'alias')).put('a', text('x'), PLAIN);
    expect(await readFile(path.join(root, 'real', 'a'), 'utf8')).toBe('x');
  });

  test('a file where a folder is needed, and the reverse, are told apart from "not found"', async () => {
    await store.put('file', text('x'), PLAIN);
    await store.put('folder/a', text('x'), PLAIN);
    expect(value(await store.head('file/below'))).toBeNull();
    expect(value(await store.head('folder'))).toBeNull();
    expect(code(await store.put('file/below', text('x'), PLAIN))).toBe('store_invalid');
    expect(code(await store.put('folder', text('x'), PLAIN))).toBe('store_invalid');
    expect(await bodyOf(store, 'folder/a')).toBe('x');
    const inFile = createFolderStore(path.join(root, 'file'));
    expect([await inFile.head('a'), await inFile.put('a', text('x'), PLAIN)].map(code)).toEqual([
      'store_invalid',
      'store_invalid',
    ]);
    expect(code(await collectList(inFile, ''))).toBe('store_invalid');
    expect(await readdir(path.join(root, '.reelmill', 'temporary'))).toEqual([]);
  });

  test.skipIf(process.getuid?.() === 0)(
    'a folder without permission is a denial that says what to do',
    async () => {
      await chmod(root, 0o500);
      const result = await store.put('a', text('x'), PLAIN);
      await chmod(root, 0o700);
      expect(result).toMatchObject({ ok: false, failure: { code: 'store_denied', effect: 'refused' } });
      expect(result.ok ? '' : result.failure.advice).toContain('read and write');
    },
  );

  test('a read-only file system is a denial, a full disk says so', async () => {
    const { folderFailure } = await import('../../src/adapters/folder/folder-failure.ts');
    const raised = (name: string): Error => Object.assign(new Error(`${name}: write`), { code: name });
    const failed = (name: string) => folderFailure(raised(name), 'put', 'a', 'folder /x').failure;
    expect(failed('EROFS')).toMatchObject({ code: 'store_denied', effect: 'refused' });
    expect(failed('EACCES')).toMatchObject({ code: 'store_denied', effect: 'refused' });
    expect(failed('ENOSPC')).toMatchObject({
      code: 'store_unavailable',
      effect: 'refused',
      advice: 'Make room on the disk.',
    });
    expect(failed('EIO')).toMatchObject({ code: 'store_unavailable', where: { key: 'a' } });
    expect(() => failed('ERR_INVALID_ARG_TYPE')).toThrow('ERR_INVALID_ARG_TYPE');
  });

  test('a write that the system cuts short leaves the old object, and nothing half', async () => {
    value(await store.put('a', text('old'), PLAIN));
    const limited = `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`;
    const run = promisify(execFile)('bash', [
      '-c',
      limited,
      process.execPath,
      CHILD,
      'put',
      root,
      'a',
      '1000000',
    ]);
    expect((await run).stdout).toBe('store_unavailable refused\n');
    expect(await bodyOf(store, 'a')).toBe('old');
    expect(await readdir(path.join(root, '.reelmill', 'temporary'))).toEqual([]);
  });

  test('operations are counted', async () => {
    const asked: string[] = [];
    const counted = createFolderStore(root, { onRequest: (operation) => asked.push(operation) });
    await counted.put('a', text('x'), PLAIN);
    await counted.get('a', ROOM);
    await counted.copy('a', 'b');
    await collectList(counted, '');
    await counted.delete('a');
    expect(asked).toEqual(['put', 'get', 'copy', 'list', 'delete']);
  });
});

describe('a folder shared by processes', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'reelmill-shared-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  test('conditional writers in two processes never overwrite each other, and print no warning', async () => {
    const run = (name: string) => promisify(execFile)(process.execPath, [CHILD, 'add', root, name, '100']);
    const ended = await Promise.all([run('one'), run('other')]);
    expect(await bodyOf(createFolderStore(root), 'counter')).toBe('200');
    expect(ended.map(({ stderr }) => stderr)).toEqual(['', '']);
    const lost = ended.map(({ stdout }) => Number(stdout.replace('lost ', '')));
    expect(lost.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
  });

  test('kill -9 during writes leaves every object whole, and the next writer goes on', async () => {
    for (let round = 0; round < 8; round += 1) {
      const child = spawn(process.execPath, [CHILD, 'overwrite', root, `r${round}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let durable = 0;
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.stdout.on('data', (chunk: Buffer) => {
        durable += chunk.toString().split('\n').length - 1;
        if (durable > 4 + round) child.kill('SIGKILL');
      });
      await ended;
      const store = createFolderStore(root);
      const listed = value(await collectList(store, 'whole/'));
      expect(listed.length).toBe(3 * (round + 1));
      for (const { key, size } of listed) {
        const body = value(await store.get(key, ROOM))?.body ?? new Uint8Array();
        expect([key, size, body.length, new Set(body).size]).toEqual([key, 200_000, 200_000, 1]);
      }
      expect(code(await store.put('after', text(`${round}`), PLAIN))).toBe('success');
    }
  });
});
