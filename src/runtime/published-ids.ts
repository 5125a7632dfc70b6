/**
 * M10 on a store that cannot compare but keeps versions, like B2: no id is lost that the publisher wrote and somebody
 * wrote over, neither when it fell between our read and our write, nor when the publisher itself wrote back what it had
 * read before we merged, nor when a run died before it could merge.
 *
 * Each document that we write names, as `merged_version`, the version it was made from. Up to there nothing is missing,
 * so that the next pass looks at the versions after it. A publisher that writes back an older document writes back an
 * older mark with it, and the next pass looks further back by itself.
 */
import { publicDocumentSchema, type PublicDocument } from '../domain/channel-state.ts';
import { success, type Result } from '../domain/failure.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { parseDocument } from '../steps/documents.ts';

/** Between two of our writes the publisher writes once or twice, not a hundred times. */
const MOST_VERSIONS = 50;

interface Seen {
  readonly value: PublicDocument;
  readonly etag: string | null;
}

export class PublishedIds {
  readonly #store: ObjectStore;
  readonly #key: string;
  /** The version up to which this process has looked. */
  #complete: string | null = null;
  /** What this process struck off, which older versions still name. */
  readonly #struck = new Set<string>();

  constructor(store: ObjectStore, key: string) {
    this.#store = store;
    this.#key = key;
  }

  /** The document with what older versions name and it does not. */
  async complete(seen: Seen): Promise<Result<PublicDocument>> {
    if (!(await this.#isNeeded()) || seen.etag === null || seen.etag === this.#complete)
      return success(seen.value);
    const missed = await this.#missing(seen.value, seen.value.merged_version ?? null);
    if (!missed.ok) return missed;
    return success(missed.value.length === 0 ? seen.value : withEntries(seen.value, missed.value));
  }

  /** What is to be written in the place of `seen`, whose completed form is `completed`. */
  async marked(seen: Seen, completed: PublicDocument, next: PublicDocument): Promise<PublicDocument> {
    const kept = new Set(entriesOf(next).map(entryName));
    for (const entry of entriesOf(completed))
      if (!kept.has(entryName(entry))) this.#struck.add(entryName(entry));
    return (await this.#isNeeded()) ? { ...next, merged_version: seen.etag } : next;
  }

  /** After `written` replaced `seen`: whether something was written over in between, which then is still to be merged. */
  async hasMissed(seen: Seen, written: Seen): Promise<Result<boolean>> {
    if (!(await this.#isNeeded())) return success(false);
    const missed = await this.#missing(written.value, seen.etag);
    if (!missed.ok) return missed;
    if (missed.value.length === 0) this.#complete = written.etag;
    return success(missed.value.length > 0);
  }

  /** Entries of the versions after `since` that the document does not name. */
  async #missing(document: PublicDocument, since: string | null): Promise<Result<readonly unknown[]>> {
    const versions = await this.#store.versions(this.#key, since, MOST_VERSIONS);
    if (!versions.ok) return versions;
    const known = new Set([...entriesOf(document).map(entryName), ...this.#struck]);
    const missing: unknown[] = [];
    for (const version of versions.value.toReversed()) {
      const parsed = parseDocument(version.body, this.#key, publicDocumentSchema);
      // A version nobody can read holds nothing that could be merged.
      if (!parsed.ok) continue;
      for (const entry of entriesOf(parsed.value)) {
        if (known.has(entryName(entry))) continue;
        known.add(entryName(entry));
        missing.push(entry);
      }
    }
    return success(missing);
  }

  /** Where the store compares, a write that would lose something is refused; where it keeps nothing, nothing can be done. */
  async #isNeeded(): Promise<boolean> {
    const capabilities = await this.#store.capabilities();
    return capabilities.ok && capabilities.value.versions && !capabilities.value.conditionalWrites;
  }
}

function withEntries(document: PublicDocument, missed: readonly unknown[]): PublicDocument {
  return { ...document, generation_id: [...entriesOf(document), ...missed] };
}

function entriesOf(document: PublicDocument): readonly unknown[] {
  const { generation_id: ids } = document;
  if (ids === null) return [];
  return Array.isArray(ids) ? ids : [ids];
}

function entryName(entry: unknown): string {
  return typeof entry === 'string' ? entry.replace(/\.json$/, '') : JSON.stringify(entry);
}
