/**
 * One writer at a time, between processes. SQLite's own file lock is the mutex: the operating system drops it when the
 * process dies, however it dies, so that no stale lock file can ever stop a channel.
 */
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

/** The critical parts take well under a millisecond; who waits longer than this waits for a stopped process. */
const WAIT_MILLISECONDS = 30_000;

export class FolderMutex {
  readonly #file: string;
  #opened: { readonly database: DatabaseSync; readonly inode: bigint } | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Runs `critical` while nobody else is in theirs. It must be synchronous and short: waiting blocks the whole process.
   * Throws what it throws, and SQLite's errors when the lock cannot be had.
   */
  async exclusive<T>(critical: () => T): Promise<T> {
    const database = await this.#database();
    database.exec('BEGIN IMMEDIATE');
    try {
      return critical();
    } finally {
      database.exec('ROLLBACK');
    }
  }

  /** Opened again when somebody removed the file: two processes must never lock two different ones. */
  async #database(): Promise<DatabaseSync> {
    const { DatabaseSync } = await import('node:sqlite');
    const inode = statSync(this.#file, { bigint: true, throwIfNoEntry: false })?.ino;
    if (this.#opened !== null && this.#opened.inode === inode) return this.#opened.database;
    this.#opened?.database.close();
    this.#opened = null;
    mkdirSync(path.dirname(this.#file), { recursive: true });
    const database = new DatabaseSync(this.#file, { timeout: WAIT_MILLISECONDS });
    this.#opened = { database, inode: statSync(this.#file, { bigint: true }).ino };
    return database;
  }
}
