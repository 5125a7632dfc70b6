/** The failures that every object store shares, so that the same mishap reads the same whatever the bucket is. */
import { failure } from './failure.ts';

type Failed = ReturnType<typeof failure>;

/** The key cannot be used; nothing was asked of the store. `problem` comes from `keyProblem` or `prefixProblem`. */
export function badKey(key: string, problem: string): Failed {
  return failure('usage', `The key ${problem}`, { key: key.slice(0, 200) });
}

/** `onlyIf` did not hold: nothing was written. */
export function changedMeanwhile(key: string, description: string): Failed {
  return failure('state_conflict', `The object in ${description} was changed meanwhile`, { key });
}

/** Nothing of it was kept. Sizes in bytes; `size` is `null` when the store did not say. */
export function largerThan(key: string, size: number | null, maxBytes: number): Failed {
  const found = size === null ? 'more' : `${size}`;
  return failure('too_large', `The object has ${found} bytes; at most ${maxBytes} were expected`, { key });
}

/** For `onlyIf` or `versions` on a store that lacks them. */
export function notOffered(key: string, description: string, what: string): Failed {
  return failure('usage', `${description} has no ${what}`, { key });
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on the disk.',
  EDQUOT: 'Make room on the disk, or raise the quota.',
  EACCES: 'Let the user who runs this read and write there.',
  EPERM: 'Let the user who runs this read and write there.',
  EROFS: 'The file system is mounted read-only; use another folder.',
  ENOENT: 'The file or its folder is missing.',
};

/** The system's name for what went wrong, such as `ENOENT`; empty when `error` is not an error of the system. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** What a person should do about an error of the file system; `null` when its code says nothing useful. */
export function adviceForFileError(code: string): string | null {
  return ADVICE[code] ?? null;
}

/** A local file (the source of an upload, the target of a download) could not be read or written. The store is unchanged. */
export function localFileFailed(
  action: 'read' | 'written',
  file: string,
  key: string,
  error: unknown,
): Failed {
  const message = error instanceof Error ? error.message : String(error);
  const advice = adviceForFileError(errorCode(error)) ?? 'Look at the disk of this machine.';
  return failure(
    'store_unavailable',
    `The local file ${file} could not be ${action}: ${message}`,
    { key },
    { effect: 'refused', advice },
  );
}
