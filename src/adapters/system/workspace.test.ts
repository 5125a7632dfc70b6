import { lutimes, mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { createWorkspace } from './workspace.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'workspace-test-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('P8 the folder is private while it is used and gone afterwards, also after an exception', async () => {
  const workspace = createWorkspace(root);
  const kept = await workspace.withFolder('make media', async (place) => {
    await writeFile(place('a.png'), 'x');
    const facts = await stat(path.dirname(place('a.png')));
    expect(facts.mode & 0o777).toBe(0o700);
    return 7;
  });
  expect(kept).toBe(7);
  const failing = workspace.withFolder('x', async (place) => {
    await writeFile(place('b'), 'x');
    throw new Error('step failed');
  });
  await expect(failing).rejects.toThrow('step failed');
  expect(await readdir(root)).toEqual([]);
});

test.each(['../up', 'a/b', '', '..', 'a\0b'])('P8 the name %j cannot leave the folder', async (name) => {
  const used = createWorkspace(root).withFolder('x', async (place) => place(name));
  await expect(used).rejects.toThrow('Not a plain file name');
});

test('P8 leftovers of killed runs go after a day; younger ones, links and strangers stay', async () => {
  const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
  for (const name of ['reelmill-work-old-1', 'reelmill-work-young-1', 'somebody-else']) {
    await mkdir(path.join(root, name));
    await writeFile(path.join(root, name, 'file'), 'x');
  }
  await symlink(path.join(root, 'somebody-else'), path.join(root, 'reelmill-work-link'));
  await utimes(path.join(root, 'reelmill-work-old-1'), old, old);
  await utimes(path.join(root, 'somebody-else'), old, old);
  await lutimes(path.join(root, 'reelmill-work-link'), old, old);
  await createWorkspace(root).withFolder('x', async () => null);
  expect((await readdir(root)).sort()).toEqual([
    'reelmill-work-link',
    'reelmill-work-young-1',
    'somebody-else',
  ]);
  expect(await readdir(path.join(root, 'somebody-else'))).toEqual(['file']);
});

test('P7 the fingerprint is the SHA-256 and size of the file', async () => {
  const file = path.join(root, 'f');
  await writeFile(file, 'abc');
  expect(await createWorkspace(root).fingerprint(file)).toEqual({
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    bytes: 3,
  });
});
