/**
 * One writer at a time, between processes. SQLite's own file lock is the mutex: the operating system drops it when the
 * process dies, however it dies, so that no stale lock file can ever stop a channel.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

const WAIT_MILLISECONDS = 30_000;

export class FolderMutex {
  readonly #file: string;
  #database: DatabaseSync | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /** Runs `critical` while no other process is in its own. It must be synchronous and short. Throws what it throws. */
  async exclusive<T>(critical: () => T): Promise<T> {
    const database = (this.#database ??= await this.#open());
    database.exec('BEGIN IMMEDIATE');
    try {
      return critical();
    } finally {
      database.exec('ROLLBACK');
    }
  }

  async #open(): Promise<DatabaseSync> {
    mkdirSync(path.dirname(this.#file), { recursive: true });
    const { DatabaseSync } = await import('node:sqlite');
    return new DatabaseSync(this.#file, { timeout: WAIT_MILLISECONDS });
  }
}
