/** The journal of each post as one object, `journal/<id>.json`. Kept in memory during a run, since only the holder of the lease writes it. */
import { success, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import {
  JOURNAL_ENTRIES,
  journalSchema,
  type JournalDocument,
  type JournalEntry,
} from '../domain/journal.ts';
import { formatTimestamp } from '../domain/timestamp.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { documentBytes, readDocument } from '../steps/documents.ts';

export const JOURNAL_FOLDER = 'journal/';
/** Longer texts (a provider's whole complaint) are cut: the journal tells what happened, it is no log. */
const LONGEST_TEXT = 2_000;

interface Pending {
  entries: JournalEntry[];
  change: Partial<Pick<JournalDocument, 'draft' | 'image_choice'>>;
}

export function journalKey(id: GenerationId): string {
  return `${JOURNAL_FOLDER}${id}.json`;
}

export async function readJournal(
  store: ObjectStore,
  id: GenerationId,
): Promise<Result<JournalDocument | null>> {
  const read = await readDocument(store, journalKey(id), journalSchema);
  return read.ok ? success(read.value?.value ?? null) : read;
}

export function createJournalStore(
  store: ObjectStore,
  clock: Clock,
  redact: (text: string) => string,
): Journal {
  const documents = new Map<GenerationId, JournalDocument>();
  const pending = new Map<GenerationId, Pending>();

  function pendingOf(id: GenerationId): Pending {
    const known = pending.get(id);
    if (known) return known;
    const fresh: Pending = { entries: [], change: {} };
    pending.set(id, fresh);
    return fresh;
  }

  async function load(id: GenerationId): Promise<Result<JournalDocument>> {
    const known = documents.get(id);
    if (known) return success(known);
    const read = await readJournal(store, id);
    if (!read.ok) return read;
    const document = read.value ?? { version: 1, id, entries: [] };
    documents.set(id, document);
    return success(document);
  }

  return {
    async read(id) {
      const document = await load(id);
      return document.ok ? success(merge(document.value, pending.get(id))) : document;
    },
    begin(id) {
      documents.set(id, { version: 1, id, entries: [] });
    },
    note(id, entry) {
      pendingOf(id).entries.push(
        cleaned({ ...entry, at_utc: formatTimestamp(clock.now()) } as JournalEntry, redact),
      );
    },
    amend(id, change) {
      Object.assign(pendingOf(id).change, change);
    },
    async save() {
      for (const [id, waiting] of pending) {
        const document = await load(id);
        if (!document.ok) return document;
        const next = merge(document.value, waiting);
        const put = await store.put(
          journalKey(id),
          { bytes: documentBytes(next) },
          { contentType: 'application/json' },
        );
        if (!put.ok) return put;
        documents.set(id, next);
        pending.delete(id);
      }
      return success(undefined);
    },
  };
}

function merge(document: JournalDocument, waiting: Pending | undefined): JournalDocument {
  if (!waiting) return document;
  return {
    ...document,
    ...waiting.change,
    entries: [...document.entries, ...waiting.entries].slice(-JOURNAL_ENTRIES),
  };
}

/** No secret and no overlong text, whatever a provider put into its complaint (I8). */
function cleaned(entry: JournalEntry, redact: (text: string) => string): JournalEntry {
  const fields = Object.entries(entry).map(([name, value]) => [
    name,
    typeof value === 'string' ? redact(value).slice(0, LONGEST_TEXT) : value,
  ]);
  return Object.fromEntries(fields) as JournalEntry;
}
