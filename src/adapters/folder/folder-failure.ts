/** Turns what a file system says into a failure that names the object and what a person should do about it. */
import { failure, type FailureCode, type Result } from '../../domain/failure.ts';
import { adviceForFileError, errorCode } from '../../domain/store-failures.ts';

type Failed = Extract<Result<never>, { readonly ok: false }>;

/** Carries an expected failure out of nested file work; `createFolderStore` turns it back into a value. */
export class Refusal extends Error {
  readonly failed: Failed;

  constructor(failed: Failed) {
    super(failed.failure.message);
    this.failed = failed;
  }
}

/** After this the new object may already be in its place, so that "nothing changed" cannot be said. */
export class Unflushed extends Error {}

const CODES: Readonly<Record<string, FailureCode>> = {
  EACCES: 'store_denied',
  EPERM: 'store_denied',
  EROFS: 'store_denied',
  ELOOP: 'store_denied',
  ENOTDIR: 'store_invalid',
  EISDIR: 'store_invalid',
  EEXIST: 'store_invalid',
  ENOTEMPTY: 'store_invalid',
};
const SQLITE_BUSY = 5;
const SQLITE_READ_ONLY = 8;
const SQLITE_CANNOT_OPEN = 14;

/** Errors that no file system raises are bugs, and are thrown on. */
export function folderFailure(error: unknown, operation: string, key: string, description: string): Failed {
  if (error instanceof Refusal) return error.failed;
  const about = `The ${description} could not ${operation} the object`;
  if (error instanceof Unflushed)
    return failure('store_unavailable', `${about} durably: ${reasonOf(error.cause)}`, { key });
  const code = errorCode(error);
  if (code === 'ERR_SQLITE_ERROR') return lockFailure(error, about, key);
  if (!/^E[A-Z0-9]+$/.test(code)) throw error;
  const advice = adviceForFileError(code);
  return failure(
    CODES[code] ?? 'store_unavailable',
    `${about}: ${reasonOf(error)}`,
    { key },
    { effect: 'refused', ...(advice === null ? {} : { advice }) },
  );
}

function lockFailure(error: unknown, about: string, key: string): Failed {
  const extended = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  const primary = extended & 0xff;
  const busy = primary === SQLITE_BUSY;
  const denied = [SQLITE_READ_ONLY, SQLITE_CANNOT_OPEN].includes(primary);
  return failure(
    denied ? 'store_denied' : 'store_unavailable',
    `${about}: its lock ${busy ? 'is held by another process that seems to be stopped' : `failed (${reasonOf(error)})`}`,
    { key },
    {
      effect: 'refused',
      advice: denied
        ? 'Let the user who runs this write to `.reelmill` in that folder.'
        : 'The folder must be on a local disk; look for a stopped process that uses it.',
    },
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
