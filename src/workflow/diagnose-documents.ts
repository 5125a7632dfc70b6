/**
 * Documents that cannot be read, and what to put in their place. A run refuses to touch them (S1), so without this a
 * missing bracket stops a channel until somebody finds it; with a blind default, ids and paid tasks would be forgotten.
 */
import {
  AT_REST,
  generationDocumentSchema,
  imageDocumentSchema,
  publicDocumentSchema,
  publishedIds,
  resumed,
  type ImageDocument,
} from '../domain/channel-state.ts';
import { groupObjects, isReady, partKey, type Group } from '../domain/group.ts';
import { isGenerationId, type GenerationId } from '../domain/generation-id.ts';
import { journalEntrySchema, journalSchema, type JournalEntry } from '../domain/journal.ts';
import { ledgerCallSchema, type LedgerCall } from '../domain/ledger.ts';
import { postSchema } from '../domain/post.ts';
import { idsIn, readablePart, soundFields } from '../domain/salvage.ts';
import { topicsTrackerSchema } from '../domain/topics-tracker.ts';
import { ledgerCalls, mediaOf, progressOf, textOf } from '../domain/evidence.ts';
import type { Finding } from './finding.ts';
import { journalOf, type Snapshot, type View } from './snapshot.ts';

type Damage = Extract<View<unknown>, { found: 'damage' }>;
type Fields = Record<string, unknown>;

/** In the order in which they are mended: each may be a witness for the next. */
export function diagnoseDocuments(snapshot: Snapshot): Finding[] {
  const { generation, image, public: shared, tracker } = snapshot.state;
  const findings: Finding[] = [];
  if (shared.found === 'damage') findings.push(damagedPublic(shared));
  for (const view of snapshot.ledgers)
    if (view.found === 'damage') findings.push(damagedLedger(snapshot, view));
  for (const [id, view] of snapshot.journals)
    if (view.found === 'damage') findings.push(damagedJournal(snapshot, id, view));
  if (generation.found === 'damage') findings.push(damagedGeneration(generation));
  if (image.found === 'damage') findings.push(damagedImage(snapshot, image));
  if (tracker.found === 'damage') findings.push(damagedTracker(tracker));
  for (const view of snapshot.posts.values())
    if (view.found === 'damage') findings.push(damagedPost(snapshot, view));
  return findings;
}

/** A document that takes the damaged one’s place. `remark`: whole sentences on what could be kept and what is lost. */
function replaced(view: Damage, document: Fields, remark: string, stopsRuns = true): Finding {
  return {
    kind: 'damaged-document',
    where: view.key,
    explanation: `${complaint(view, stopsRuns)} It is kept in quarantine as it is, and replaced. ${remark}`,
    remedy: [{ type: 'write', key: view.key, document, replaces: view.etag }],
  };
}

function complaint({ reason }: Damage, stopsRuns: boolean): string {
  const why = reason.replace(/\.$/, '');
  return stopsRuns ? `Runs stop at it, since it cannot be read: ${why}.` : `It cannot be read: ${why}.`;
}

function damagedPublic(view: Damage): Finding {
  const part = readablePart(view.text ?? '');
  const { kept } = soundFields(publicDocumentSchema, part.value);
  const listed = part.whole && Object.hasOwn(kept, 'generation_id') ? kept['generation_id'] : null;
  const ids = listed ?? idsIn(view.text ?? '');
  const epoch = /"lock_epoch"\s*:\s*(\d{1,15})\b/.exec(view.text ?? '')?.[1];
  const document = {
    ...kept,
    processing_lock: false,
    generation_id: ids,
    lock_owner: null,
    lock_expires_at_utc: null,
    ...(epoch === undefined ? {} : { lock_epoch: Number(epoch) }),
  };
  const names = Array.isArray(ids) ? ids : [ids];
  const remark =
    names.length === 0
      ? 'No published id could be read out of it; if the publisher had marked any, add them again.'
      : `${counted(names.length, 'published id')} could still be read and ${names.length === 1 ? 'is' : 'are'} kept: ${shortList(names)}. Check that none is missing.`;
  return replaced(view, document, remark);
}

/** The id that a damaged config_gen still shows, when there is just one. */
function idInDamage(view: Damage): GenerationId | null {
  const { kept } = soundFields(generationDocumentSchema, readablePart(view.text ?? '').value);
  if (isGenerationId(kept['generation_id'])) return kept['generation_id'];
  const ids = idsIn(view.text ?? '');
  return ids.length === 1 ? (ids[0] ?? null) : null;
}

function damagedGeneration(view: Damage): Finding {
  const { kept } = soundFields(generationDocumentSchema, readablePart(view.text ?? '').value);
  const id = idInDamage(view);
  const remark =
    id === null
      ? 'It no longer says which post is being made; an unfinished post in the folders is found in a second look.'
      : `It still names the post ${id}, which is kept.`;
  return replaced(view, { ...kept, generation_id: id }, remark);
}

function damagedImage(snapshot: Snapshot, view: Damage): Finding {
  const part = readablePart(view.text ?? '');
  const { kept, lost } = soundFields(imageDocumentSchema, part.value);
  // Where the text was cut a key may have half of its value, which would pass for the whole.
  const last = part.whole ? undefined : Object.keys(kept).at(-1);
  if (last !== undefined) delete kept[last];
  const base: Fields = { ...AT_REST, ...kept };
  const id = activeId(snapshot);
  const group = id === null ? null : groupIn(snapshot, id);
  const journal = id === null ? null : journalOf(snapshot, id);
  if (part.whole && lost.every((key) => key === 'late_tasks'))
    return replaced(view, base, `Everything but ${lost.join(', ')} is kept.`);
  const withText =
    group?.objects.some(({ key }) => key === partKey(snapshot.folders.fresh, group.id, 'json')) === true;
  if (group === null || !withText || journal === null) {
    const remark =
      'What can still be read of it is kept; the rest starts anew, and a task that only stood there is forgotten.';
    return replaced(view, base, remark);
  }
  // The journal is the better witness: what it proves to be ordered must not be ordered again.
  const progress = progressOf(journal, group, snapshot.folders.fresh);
  return replaced(
    view,
    resumed(base as ImageDocument, progress),
    `Where the post ${group.id} stood is read from its journal, so that nothing it has already paid for is ordered again.`,
  );
}

function groupIn(snapshot: Snapshot, id: GenerationId): Group | null {
  const { folders, listing } = snapshot;
  return groupObjects(folders.fresh, listing.fresh).find((group) => group.id === id) ?? null;
}

function damagedTracker(view: Damage): Finding {
  const { kept } = soundFields(topicsTrackerSchema, readablePart(view.text ?? '').value);
  const focuses = Array.isArray(kept['all_focuses']) ? kept['all_focuses'].length : 0;
  const remark =
    focuses > 0
      ? `${counted(focuses, 'focus', 'focuses')} could still be read; topics that were used lately may come back once.`
      : 'No focus could be read out of it; the focuses of the configuration (CONTENT.focuses) are used.';
  return replaced(view, kept, remark);
}

function damagedJournal(snapshot: Snapshot, id: GenerationId, view: Damage): Finding {
  const fields = fieldsOf(readablePart(view.text ?? '').value);
  const read = soundEntries(journalEntrySchema, fields['entries']) as JournalEntry[];
  const entries = [...read, ...lostCalls(snapshot, id, read)];
  const { kept } = soundFields(journalSchema, fields);
  const written = kept['draft'] === undefined ? 'What was written of its text is lost' : 'Its text is kept';
  return replaced(
    view,
    { ...kept, version: 1, id, entries },
    `${counted(read.length, 'entry', 'entries')} of the post’s story could still be read, ${counted(entries.length - read.length, 'entry', 'entries')} of paid calls come from the ledger. ${written}.`,
  );
}

/** A call that the ledger counts and the journal no longer knows would pass for one that was never made. */
function lostCalls(snapshot: Snapshot, id: GenerationId, known: readonly JournalEntry[]): JournalEntry[] {
  const named = new Set(known.flatMap((entry) => (entry.type === 'intent' ? [entry.call] : [])));
  const calls = snapshot.ledgers.flatMap((view) => (view.found === 'document' ? view.value.calls : []));
  return calls
    .filter((call) => call.id === id && !named.has(call.call))
    .flatMap(({ state, cost_usd, measured, reserved_usd, at_utc, call, kind, stage, provider, model }) => {
      const intent = { at_utc, type: 'intent', call, kind, stage, provider, model, reserved_usd } as const;
      if (state === 'reserved') return [intent];
      const detail = 'restored from the ledger';
      const settled = { at_utc, type: 'settled', call, outcome: state, cost_usd, measured } as const;
      return [intent, { ...settled, seconds: 0, detail }];
    });
}

/** Without the calls that only the journals still know, a budget that is used up would count as new. */
function damagedLedger(snapshot: Snapshot, view: Damage): Finding {
  const fields = fieldsOf(readablePart(view.text ?? '').value);
  const read = soundEntries(ledgerCallSchema, fields['calls']) as LedgerCall[];
  const month = /(\d{4}-\d\d)\.json$/.exec(view.key)?.[1] ?? '';
  const known = new Set(read.map(({ call }) => call));
  const told = [...snapshot.journals].flatMap(([id, { found }]) => {
    const journal = found === 'document' ? journalOf(snapshot, id) : null;
    return journal === null ? [] : ledgerCalls(id, journal);
  });
  const lost = told.filter(({ at_utc: at, call }) => at.startsWith(month) && !known.has(call));
  const calls = [...read, ...lost].sort((one, other) => (one.at_utc < other.at_utc ? -1 : 1));
  return replaced(
    view,
    { ...fields, version: 1, month, calls },
    `${counted(read.length, 'paid call')} could still be read, ${lost.length} come from the journals of the posts; budgets count no others.`,
  );
}

/** A post has no default. Its text is in the journal, or nowhere: then it leaves the conveyor with all of its files. */
function damagedPost(snapshot: Snapshot, view: Damage): Finding {
  const place = placeOf(snapshot, view.key);
  const active = activeId(snapshot) === place.group.id;
  // Of the post that is being made no run archives a part: it must be whole or cleared first.
  const held = active && !isReady(place.group, place.folder);
  if (markedIds(snapshot).has(place.group.id) && !held)
    return {
      kind: 'damaged-document',
      where: view.key,
      explanation: `The text cannot be read (${view.reason.replace(/\.$/, '')}), but the post was published: the next main run archives it as it is.`,
      remedy: null,
    };
  const { kept } = soundFields(postSchema, readablePart(view.text ?? '').value);
  const written = textOf(journalOf(snapshot, place.group.id));
  const media = kept['media'] ?? mediaOf(journalOf(snapshot, place.group.id), place.group, place.folder);
  const document = { ...kept, ...written, ...(media ? { media } : {}) };
  if (isWholeText(document))
    return replaced(
      view,
      document,
      'Its text could be restored, from itself and from the post’s journal.',
      active,
    );
  const rest = active
    ? 'The next run writes the text of this post anew.'
    : `Without it the other files of the post are of no use; they are set aside as well.`;
  const keys = active ? [view.key] : place.group.objects.map(({ key }) => key);
  return {
    kind: 'damaged-document',
    where: view.key,
    explanation: `${complaint(view, active)} Nothing holds a copy of the text, so the object is set aside in quarantine. ${rest}`,
    remedy: keys.map((key) => ({ type: 'set-aside', key })),
  };
}

const TEXT_KEYS = ['topic', 'content', 'sarcasm', 'script', 'first_frame_description'];

function isWholeText(document: Fields): boolean {
  return TEXT_KEYS.every((key) => document[key] !== undefined) && postSchema.safeParse(document).success;
}

function placeOf(snapshot: Snapshot, key: string): { group: Group; folder: string } {
  for (const place of ['fresh', 'middle', 'front'] as const) {
    const folder = snapshot.folders[place];
    const group = groupObjects(folder, snapshot.listing[place]).find(({ objects }) =>
      objects.some((object) => object.key === key),
    );
    if (group) return { group, folder };
  }
  throw new Error(`${key} was read but not listed`);
}

/** What the publisher has marked; the next run archives it, unless it is still being made. */
export function markedIds(snapshot: Snapshot): ReadonlySet<GenerationId> {
  const { public: shared } = snapshot.state;
  if (shared.found === 'damage') return new Set(idsIn(shared.text ?? ''));
  return new Set(shared.found === 'document' ? publishedIds(shared.value).ids : []);
}

function activeId(snapshot: Snapshot): GenerationId | null {
  const { generation } = snapshot.state;
  if (generation.found === 'damage') return idInDamage(generation);
  return generation.found === 'document' ? generation.value.generation_id : null;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function soundEntries(schema: { safeParse: (value: unknown) => { success: boolean } }, list: unknown) {
  return Array.isArray(list) ? (list as unknown[]).filter((entry) => schema.safeParse(entry).success) : [];
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** At most ten, and how many more there are. */
export function shortList(names: readonly unknown[]): string {
  const shown = names.slice(0, 10).map((name) => (typeof name === 'string' ? name : JSON.stringify(name)));
  return names.length > 10 ? `${shown.join(', ')} and ${names.length - 10} more` : shown.join(', ');
}
