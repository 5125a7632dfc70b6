/** Local file work that a crash cannot leave half done: whole files, flushed files, flushed folders. */
import { constants, lstatSync, mkdirSync, type BigIntStats } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

import { isAheadOfClocks } from '../../domain/timestamp.ts';
import { errorCode } from '../../domain/store-failures.ts';
import type { ObjectInfo } from '../../ports/object-store.ts';

/** Microseconds since 1970; each call gives a later one, unless the clock was set back further than clocks may differ. */
export type Stamp = () => number;

/**
 * Finer than the file system's own clock, which gives several writes within some milliseconds the same time. By the
 * machine's clock and not by the process's seconds, which stand still while the machine sleeps: another process compares
 * its own times with these, and a lease dated hours ago would look dead (I1), one dated next year alive (I4).
 */
export function createStamp(wallMilliseconds: () => number = Date.now): Stamp {
  let last = 0;
  return () => {
    const now = wallMilliseconds() * 1_000;
    const isSetRight = isAheadOfClocks(new Date(last / 1_000), new Date(now / 1_000));
    last = isSetRight ? now : Math.max(last + 1, now);
    return last;
  };
}

/** A file's facts as an object's. The etag holds what no two writes share: which file, when, and how long. */
export function factsOf(found: BigIntStats, key: string): ObjectInfo {
  const etag = [found.ino, found.mtimeNs, found.size].map((part) => part.toString(36)).join('-');
  return { key, size: Number(found.size), etag, lastModified: new Date(Number(found.mtimeMs)) };
}

/** `null` when there is no such file. Symbolic links are not followed. */
export function inspect(file: string): BigIntStats | null {
  try {
    return lstatSync(file, { bigint: true });
  } catch (error) {
    return missing(error);
  }
}

/** Opens for reading, but never through a link that was put there meanwhile. `null` when there is no such file. */
export async function openForReading(file: string): Promise<FileHandle | null> {
  return open(file, constants.O_RDONLY | constants.O_NOFOLLOW).catch(missing);
}

/** At most `size` bytes from the start; fewer when the file is shorter. */
export async function readAtMost(handle: FileHandle, size: number): Promise<Uint8Array> {
  const body = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await handle.read(body, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return body.subarray(0, filled);
}

/** The file is new, whole and flushed afterwards. */
export async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const COPY_BYTES = 256 * 1024;

/**
 * Copies from an open file, which is read from its start and left open. The target is new and flushed. One buffer serves
 * for all of it: a stream’s many small ones pile up faster than they are collected.
 */
export async function streamWhole(handle: FileHandle, target: string): Promise<void> {
  const output = await open(target, 'wx');
  try {
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    for (let position = 0; ;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) break;
      await output.writeFile(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
    await output.sync();
  } finally {
    await output.close();
  }
}

/** Makes a folder and says which folders must be flushed for it to survive a power cut. */
export function makeFolder(folder: string): readonly string[] {
  const first = mkdirSync(folder, { recursive: true });
  const flush = [folder];
  if (first === undefined) return flush;
  for (let made = folder; made.length >= first.length; made = path.dirname(made))
    flush.push(path.dirname(made));
  return flush;
}

const CANNOT_FLUSH_FOLDERS = new Set(['EINVAL', 'EISDIR', 'EPERM', 'EACCES', 'ENOTSUP', 'EBADF']);

/** A rename survives a power cut only when its folder was flushed. Not every system lets a folder be flushed. */
export async function flushFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!CANNOT_FLUSH_FOLDERS.has(errorCode(error))) throw error;
  }
}

/** Removes what may be there; that it cannot be removed must not hide why it should be. */
export async function discard(file: string): Promise<void> {
  await rm(file, { force: true }).catch(() => {});
}

/** For `catch`: a file or folder that is not there is `null`; every other error goes on. */
export function missing(error: unknown): null {
  if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return null;
  throw error;
}
