/** The journal of each post as one object, `journal/<id>.json`. Kept in memory during a run, since only the holder of the lease writes it. */
import { failure, success, type Result } from '../domain/failure.ts';
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
import { documentBytes, MAX_DOCUMENT_BYTES, parseDocument, readDocument } from '../steps/documents.ts';

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
        const next = withinSize(merge(document.value, waiting));
        const bytes = documentBytes(next);
        const checked = readable(bytes, journalKey(id));
        if (!checked.ok) return checked;
        const put = await store.put(journalKey(id), { bytes }, { contentType: 'application/json' });
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
    entries: newest([...document.entries, ...waiting.entries], JOURNAL_ENTRIES),
  };
}

/**
 * I3, I5: what was paid, ordered or stored outlives any amount of talk: a post that waits for a month's budget is looked at
 * every hour. Then calls that cost nothing go, and the rest only when nothing else is left; the oldest first.
 */
function newest(entries: readonly JournalEntry[], most: number): JournalEntry[] {
  if (entries.length <= most) return [...entries];
  const refused = new Set(
    entries.flatMap((entry) => (entry.type === 'settled' && entry.outcome === 'refused' ? [entry.call] : [])),
  );
  const worth = (entry: JournalEntry): number => {
    if (entry.type === 'decision' || entry.type === 'note') return 0;
    return 'call' in entry && refused.has(entry.call) ? 1 : 2;
  };
  const kept = entries
    .map((entry, index) => ({ index, worth: worth(entry) }))
    .toSorted((one, other) => one.worth - other.worth || one.index - other.index)
    .slice(entries.length - most);
  const indexes = new Set(kept.map(({ index }) => index));
  return entries.filter((_, index) => indexes.has(index));
}

/** Half of the entries makes room until the rest can be read again. */
function withinSize(document: JournalDocument): JournalDocument {
  const { entries } = document;
  if (entries.length === 0 || documentBytes(document).length <= MAX_DOCUMENT_BYTES) return document;
  return withinSize({ ...document, entries: newest(entries, Math.floor(entries.length / 2)) });
}

/**
 * A journal that no run can read stops the channel, and what it proves to be paid is lost (I3, I4). The sound one that lies
 * in the store is worth more.
 */
function readable(bytes: Uint8Array, key: string): Result<void> {
  const parsed =
    bytes.length > MAX_DOCUMENT_BYTES
      ? failure('state_damaged', 'It is too large', { key })
      : parseDocument(bytes, key, journalSchema);
  if (parsed.ok) return success(undefined);
  const message = `The journal was not written, because no run could read it again: ${parsed.failure.message}`;
  const advice = 'The one in the store was left untouched. This is an error of Reelmill; please report it.';
  return failure('state_damaged', message, { key }, { advice });
}

/** No secret and no overlong text, whatever a provider put into its complaint (I8). */
function cleaned(entry: JournalEntry, redact: (text: string) => string): JournalEntry {
  const fields = Object.entries(entry).map(([name, value]) => [
    name,
    typeof value === 'string' ? redact(value).slice(0, LONGEST_TEXT) : value,
  ]);
  return Object.fromEntries(fields) as JournalEntry;
}
