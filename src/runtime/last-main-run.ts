/**
 * When the channel's last main run was made, read from what every run leaves in the ledger, so that a serving process that
 * was restarted neither forgets the day's post nor makes it twice, whoever made it.
 */
import { monthBefore, monthOf } from '../domain/ledger.ts';
import { cameToWork, runRecordsIn } from '../domain/run-record.ts';
import { parseTimestamp, secondsSince } from '../domain/timestamp.ts';
import type { Log } from '../ports/log.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { readLedgerDocument } from './ledger-store.ts';

/**
 * Null when none of this month and the last is known. One that was told to stop, or failed before it began, does not
 * count: it is made again, and goes on with the same post. Nor does one of a clock that was ahead.
 */
export async function lastMainRun(store: ObjectStore, now: Date, log: Log): Promise<Date | null> {
  const month = monthOf(now);
  for (const name of [month, monthBefore(month)]) {
    const ledger = await readLedgerDocument(store, name);
    if (!ledger.ok) {
      log.warn('Whether a main run was missed cannot be known', { failure: ledger.failure });
      return null;
    }
    const moments = runRecordsIn(ledger.value?.['runs'])
      .filter((run) => run.mode === 'main' && cameToWork(run) && secondsSince(run.at_utc, now) < Infinity)
      .map(({ at_utc: at }) => parseTimestamp(at)?.getTime() ?? 0);
    if (moments.length > 0) return new Date(Math.max(...moments));
  }
  return null;
}
