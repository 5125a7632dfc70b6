/**
 * Puts the planned files in place. What is there already is somebody's work: it is looked for first, and nothing at all
 * is written while one of them may not be replaced.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure, success, type Result } from '../../domain/failure.ts';
import type { PlannedFile } from './plan.ts';

const IGNORED = '.env';

/** Paths of the planned files that exist with another content. */
export async function filesInTheWay(
  folder: string,
  files: readonly PlannedFile[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { path, text } of files) {
    const present = await contentOf(join(folder, path));
    if (present !== null && present !== text) found.push(path);
  }
  return found;
}

/** Writes them all; each appears whole or not at all. */
export async function writeFiles(folder: string, files: readonly PlannedFile[]): Promise<Result<void>> {
  for (const { path, text } of files) {
    const target = join(folder, path);
    const partial = `${target}.${process.pid}.partial`;
    try {
      await mkdir(dirname(target), { recursive: true });
      await writeFile(partial, text, { flag: 'wx' });
      await rename(partial, target);
    } catch (error) {
      await rm(partial, { force: true }).catch(() => {});
      const reason = error instanceof Error ? error.message : String(error);
      return failure(
        'usage',
        `${target} could not be written: ${reason}`,
        {},
        {
          advice: 'Check that the folder exists and that you may write there.',
        },
      );
    }
  }
  return success(undefined);
}

/**
 * Keeps `.env` out of a commit: writes a `.gitignore` where there is none. False when there is one that does not name
 * `.env`; it is the owner's, so it is left as it is.
 */
export async function ignoreSecrets(folder: string): Promise<boolean> {
  const file = join(folder, '.gitignore');
  const present = await contentOf(file);
  if (present === null) {
    await writeFile(file, `${IGNORED}\nnode_modules/\n`, { flag: 'wx' });
    return true;
  }
  return present.split(/\r?\n/).some((line) => ['.env', '/.env', '.env*', '*.env'].includes(line.trim()));
}

/** Null when there is no such file; a folder or an unreadable file counts as something in the way. */
async function contentOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return missing ? null : '';
  }
}
