/** One look at a channel, for repair: unlike a run it does not stop at what it cannot read, but says why and goes on. */
import type { z } from 'zod';
import {
  generationDocumentSchema,
  imageDocumentSchema,
  publicDocumentSchema,
  type GenerationDocument,
  type ImageDocument,
} from '../domain/channel-state.ts';
import { success, type Result } from '../domain/failure.ts';
import { CONVEYOR, idOfName, partKey, type Folders } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { journalSchema, type JournalDocument } from '../domain/journal.ts';
import { LEDGER_FOLDER, ledgerSchema, monthBefore, type LedgerDocument } from '../domain/ledger.ts';
import { postSchema, type Post } from '../domain/post.ts';
import { readableText } from '../domain/salvage.ts';
import type { DocumentKeys } from '../domain/settings.ts';
import { topicsTrackerSchema } from '../domain/topics-tracker.ts';
import type { Clock } from '../ports/clock.ts';
import { collectList, type ObjectInfo, type ObjectStore } from '../ports/object-store.ts';
import { MAX_DOCUMENT_BYTES, parseDocument } from '../steps/documents.ts';
import type { Snapshot, View } from '../workflow/snapshot.ts';
import { JOURNAL_FOLDER, journalKey } from './journal-store.ts';
import { TICKET_FOLDER } from './ticket-lease.ts';

export interface SnapshotParts {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly folders: Folders;
  readonly documents: DocumentKeys;
  /** Term and clock bound together: what `Snapshot` calls `ticketSeconds`. */
  readonly ticketSeconds: number;
  readonly staleLockSeconds: number;
}

/** Budgets look back a year; older ledgers matter to nobody. */
const MOST_LEDGERS = 13;
const MAX_PICTURE_BYTES = 64 * 1024 * 1024;
const AT_ONCE = 8;

/** Fails only when the store does. */
export async function readSnapshot(parts: SnapshotParts): Promise<Result<Snapshot>> {
  const { clock, documents, folders, staleLockSeconds, store, ticketSeconds } = parts;
  const listing = await readListing(store, folders);
  if (!listing.ok) return listing;
  const tickets = await collectList(store, TICKET_FOLDER);
  if (!tickets.ok) return tickets;
  const state = await readState(store, documents);
  if (!state.ok) return state;
  const posts = await viewAll(store, textKeys(listing.value, folders), postSchema as z.ZodType<Post>);
  if (!posts.ok) return posts;
  const ledgers = await readLedgers(store);
  if (!ledgers.ok) return ledgers;
  const witnesses = await witnessesOf(store, ledgers.value);
  if (!witnesses.ok) return witnesses;
  const ids = idsOf(listing.value, folders, state.value).union(witnesses.value);
  const journals = await readJournals(store, ids);
  if (!journals.ok) return journals;
  const brokenPicture = await hasBrokenPicture(store, folders, state.value);
  if (!brokenPicture.ok) return brokenPicture;
  return success({
    now: clock.now(),
    folders,
    documents,
    ticketSeconds,
    staleLockSeconds,
    state: state.value,
    listing: listing.value,
    tickets: tickets.value,
    posts: new Map(posts.value.map((view) => [view.key, view])),
    journals: journals.value,
    ledgers: ledgers.value,
    brokenPicture: brokenPicture.value,
  });
}

async function readListing(store: ObjectStore, folders: Folders): Promise<Result<Snapshot['listing']>> {
  const [fresh, middle, front, archive] = await Promise.all(
    [folders.fresh, folders.middle, folders.front, folders.archive].map((folder) =>
      collectList(store, folder),
    ),
  );
  if (!fresh?.ok) return fresh as Result<never>;
  if (!middle?.ok) return middle as Result<never>;
  if (!front?.ok) return front as Result<never>;
  if (!archive?.ok) return archive as Result<never>;
  return success({
    fresh: fresh.value,
    middle: middle.value,
    front: front.value,
    archive: archive.value,
  });
}

async function readState(store: ObjectStore, keys: DocumentKeys): Promise<Result<Snapshot['state']>> {
  const [shared, generation, image, tracker] = await Promise.all([
    viewDocument(store, keys.public, publicDocumentSchema),
    viewDocument(store, keys.generation, generationDocumentSchema as z.ZodType<GenerationDocument>),
    viewDocument(store, keys.image, imageDocumentSchema as z.ZodType<ImageDocument>),
    viewDocument(store, keys.topicsTracker, topicsTrackerSchema),
  ]);
  if (!shared.ok) return shared;
  if (!generation.ok) return generation;
  if (!image.ok) return image;
  if (!tracker.ok) return tracker;
  return success({
    public: shared.value,
    generation: generation.value,
    image: image.value,
    tracker: tracker.value,
  });
}

function textKeys(listing: Snapshot['listing'], folders: Folders): string[] {
  return CONVEYOR.flatMap((place) =>
    listing[place]
      .map(({ key }) => key)
      .filter((key) => {
        const name = key.slice(folders[place].length);
        return idOfName(name) !== null && name.slice(13) === '.json';
      }),
  );
}

function idsOf(listing: Snapshot['listing'], folders: Folders, state: Snapshot['state']): Set<GenerationId> {
  const ids = new Set<GenerationId>();
  for (const place of CONVEYOR) {
    for (const { key } of listing[place]) {
      const id = idOfName(key.slice(folders[place].length));
      if (id !== null) ids.add(id);
    }
  }
  if (state.generation.found === 'document' && state.generation.value.generation_id !== null)
    ids.add(state.generation.value.generation_id);
  if (state.image.found === 'document') for (const { id } of state.image.value.late_tasks ?? []) ids.add(id);
  return ids;
}

async function readJournals(
  store: ObjectStore,
  ids: ReadonlySet<GenerationId>,
): Promise<Result<Map<GenerationId, View<JournalDocument>>>> {
  const names = [...ids];
  const views = await viewAll(store, names.map(journalKey), journalSchema as z.ZodType<JournalDocument>);
  if (!views.ok) return views;
  const found = new Map<GenerationId, View<JournalDocument>>();
  for (const [index, id] of names.entries()) {
    const view = views.value[index];
    if (view) found.set(id, view);
  }
  return success(found);
}

async function readLedgers(store: ObjectStore): Promise<Result<View<LedgerDocument>[]>> {
  const listed = await collectList(store, LEDGER_FOLDER);
  if (!listed.ok) return listed;
  const keys = listed.value.map(({ key }: ObjectInfo) => key).filter((key) => /\d{4}-\d\d\.json$/.test(key));
  return viewAll(store, keys.slice(-MOST_LEDGERS), ledgerSchema as z.ZodType<LedgerDocument>);
}

/** Of a month whose ledger is damaged, the posts that may have paid in it; one of the month before may reach into it. */
async function witnessesOf(
  store: ObjectStore,
  ledgers: readonly View<LedgerDocument>[],
): Promise<Result<Set<GenerationId>>> {
  const ids = new Set<GenerationId>();
  for (const { found, key } of ledgers) {
    if (found !== 'damage') continue;
    const month = key.slice(LEDGER_FOLDER.length, -'.json'.length);
    for (const days of [monthBefore(month), month].map((name) => name.replace('-', ''))) {
      const listed = await collectList(store, `${JOURNAL_FOLDER}${days}`);
      if (!listed.ok) return listed;
      for (const object of listed.value) {
        const id = idOfName(object.key.slice(JOURNAL_FOLDER.length));
        if (id !== null) ids.add(id);
      }
    }
  }
  return success(ids);
}

const PNG_BEGINS = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const PNG_ENDS = [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];

/** Every run that makes a video from it would fail. A picture too large to be looked at passes for whole. */
async function hasBrokenPicture(
  store: ObjectStore,
  folders: Folders,
  { generation, image }: Snapshot['state'],
): Promise<Result<boolean>> {
  const id = generation.found === 'document' ? generation.value.generation_id : null;
  if (id === null || image.found !== 'document' || !image.value.picture) return success(false);
  const stored = await store.get(partKey(folders.fresh, id, 'png'), MAX_PICTURE_BYTES);
  if (!stored.ok) return stored.failure.code === 'too_large' ? success(false) : stored;
  if (stored.value === null) return success(false);
  const { body } = stored.value;
  const begins = PNG_BEGINS.every((byte, at) => body[at] === byte);
  return success(!begins || !PNG_ENDS.every((byte, at) => body.at(at - PNG_ENDS.length) === byte));
}

async function viewAll<T>(
  store: ObjectStore,
  keys: readonly string[],
  schema: z.ZodType<T>,
): Promise<Result<View<T>[]>> {
  const views: View<T>[] = [];
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const some = await Promise.all(
      keys.slice(at, at + AT_ONCE).map((key) => viewDocument(store, key, schema)),
    );
    for (const view of some) {
      if (!view.ok) return view;
      views.push(view.value);
    }
  }
  return success(views);
}

async function viewDocument<T>(
  store: ObjectStore,
  key: string,
  schema: z.ZodType<T>,
): Promise<Result<View<T>>> {
  const stored = await store.get(key, MAX_DOCUMENT_BYTES);
  if (!stored.ok) {
    if (stored.failure.code !== 'too_large') return stored;
    const there = await store.head(key);
    if (!there.ok) return there;
    if (there.value === null) return success({ found: 'nothing', key });
    const { etag } = there.value;
    return success({ found: 'damage', key, reason: stored.failure.message, text: null, etag });
  }
  if (stored.value === null) return success({ found: 'nothing', key });
  const { body, etag, lastModified } = stored.value;
  const parsed = parseDocument(body, key, schema);
  if (parsed.ok) return success({ found: 'document', key, value: parsed.value, etag, lastModified });
  return success({
    found: 'damage',
    key,
    reason: parsed.failure.message,
    text: readableText(body),
    etag,
  });
}
