/** Which main run was made last, in the store, so that a serving process that was restarted in between neither forgets the day's post nor makes it twice. */
import { z } from 'zod';
import { formatTimestamp, parseTimestamp } from '../domain/timestamp.ts';
import type { Log } from '../ports/log.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { documentBytes, readDocument } from '../steps/documents.ts';
import { JOURNAL_FOLDER } from './journal-store.ts';
import type { SlotMemory } from './scheduler.ts';

/** Not a post's journal: a name with letters, as that of the alerts. */
export const SERVE_KEY = `${JOURNAL_FOLDER}serve.json`;

const serveSchema = z.looseObject({
  version: z.literal(1).default(1),
  /** The time that it was made for, not when it was. */
  last_main_slot_utc: z
    .string()
    .max(40)
    .refine((text) => parseTimestamp(text) !== null, 'is not a moment')
    .nullish(),
});

/** One read at the start of the process, one write a main run. What cannot be read or written costs a line of the log. */
export function createSlotMemory(store: ObjectStore, log: Log): SlotMemory {
  let document: z.infer<typeof serveSchema> | null = null;
  return {
    async read() {
      const read = await readDocument(store, SERVE_KEY, serveSchema);
      if (!read.ok) {
        log.warn('Whether a main run was missed cannot be known', { failure: read.failure });
        return null;
      }
      document = read.value?.value ?? { version: 1 };
      return parseTimestamp(document.last_main_slot_utc ?? '');
    },
    async write(slot) {
      // An object that could not be read is somebody's work, or damage to be looked at (S1).
      if (document === null) return;
      document = { ...document, last_main_slot_utc: formatTimestamp(slot) };
      const put = await store.put(
        SERVE_KEY,
        { bytes: documentBytes(document) },
        { contentType: 'application/json' },
      );
      if (!put.ok) log.warn('The main run could not be noted', { failure: put.failure });
    },
  };
}
