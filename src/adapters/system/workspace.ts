/**
 * P8: a step's files must not outlive it, and must not be readable by other users of the machine. A run that was killed
 * could not tidy up, so the next one removes what such runs left behind; otherwise a small runner's disk fills up.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { lstat, mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Workspace } from '../../ports/workspace.ts';

const PREFIX = 'reelmill-work-';
const HASH_BYTES = 256 * 1024;
/** Age in milliseconds after which a folder with our prefix belongs to nobody; no run lasts a day. */
const LEFTOVER_AGE = 24 * 60 * 60 * 1000;

const openFolders = new Set<string>();
let exitWatched = false;

/**
 * Folders are made under `root` (default: the system's temporary folder), with access for this user only. They are also
 * removed when the process exits early; those of killed runs are swept, once per workspace, when a day old.
 */
export function createWorkspace(root: string = tmpdir()): Workspace {
  let swept: Promise<void> | null = null;
  return {
    async withFolder(purpose, use) {
      swept ??= sweep(root);
      await swept;
      const folder = await mkdtemp(path.join(root, `${PREFIX}${purpose.replaceAll(/[^a-z0-9]+/gi, '-')}-`));
      watchExit();
      openFolders.add(folder);
      try {
        return await use((name) => inside(folder, name));
      } finally {
        await removeFolder(folder);
        openFolders.delete(folder);
      }
    },
    fingerprint,
  };
}

function inside(folder: string, name: string): string {
  if (!/^[\w.-]{1,120}$/.test(name) || /^\.+$/.test(name))
    throw new Error(`Not a plain file name for a working folder: ${JSON.stringify(name.slice(0, 120))}`);
  return path.join(folder, name);
}

// A folder that cannot be removed now must not hide the step's own outcome; the next day's sweep takes it.
async function removeFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
  } catch {
    // Swept later.
  }
}

function watchExit(): void {
  if (exitWatched) return;
  exitWatched = true;
  process.once('exit', () => {
    for (const folder of openFolders) rmSync(folder, { recursive: true, force: true });
  });
}

async function sweep(root: string): Promise<void> {
  let names: readonly string[];
  try {
    names = await readdir(root);
  } catch {
    return;
  }
  for (const name of names.filter((entry) => entry.startsWith(PREFIX))) {
    const folder = path.join(root, name);
    try {
      const facts = await lstat(folder);
      const ours = process.getuid === undefined || facts.uid === process.getuid();
      if (facts.isDirectory() && ours && Date.now() - facts.mtimeMs > LEFTOVER_AGE)
        await removeFolder(folder);
    } catch {
      // Another run removed it between the two looks.
    }
  }
}

/** Through one buffer: a stream’s many small ones pile up faster than they are collected. */
async function fingerprint(
  source: string | Uint8Array,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  if (typeof source !== 'string') return { sha256: hash.update(source).digest('hex'), bytes: source.length };
  const buffer = Buffer.allocUnsafe(HASH_BYTES);
  await using handle = await open(source, 'r');
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, bytes);
    if (bytesRead === 0) return { sha256: hash.digest('hex'), bytes };
    hash.update(buffer.subarray(0, bytesRead));
    bytes += bytesRead;
  }
}
