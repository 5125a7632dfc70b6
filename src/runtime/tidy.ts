/** "Tidy before building" (M8, M10, M11): lists the folders, archives what was published, sorts what is ready, and says what is left. */
import { publishedIdOf, publishedIds, type PublicDocument } from '../domain/channel-state.ts';
import { success, type Result } from '../domain/failure.ts';
import { groupObjects, hasPart, isReady, type Folders } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { collectList, type ObjectStore } from '../ports/object-store.ts';
import { moveObjects, type MovingParts, type PlannedMove } from '../steps/move-objects.ts';
import { planArchive, planSort, readyAnywhere, without, type Shelf } from '../workflow/conveyor.ts';
import type { Survey } from '../workflow/decide.ts';
import type { StateStore } from './state-store.ts';

export interface TidyParts extends MovingParts {
  readonly state: StateStore;
  readonly folders: Folders;
  /** The state is in the middle of it, and looks for it where it is: it is not moved, however complete it looks. */
  readonly held: GenerationId | null;
  /** The lock has read the publisher’s list in this very turn. */
  readonly publishedSeen: boolean;
  /** Called before the first move. */
  readonly beforeEffects: () => Promise<Result<void>>;
}

export interface TidyReport {
  readonly survey: Survey;
  readonly shelf: Shelf;
  readonly archived: readonly GenerationId[];
  /** Marked by the publisher and still in its list. */
  readonly marked: readonly GenerationId[];
  readonly sorted: number;
}

/** Ids that lie nowhere cost a request each; of more than these the oldest are not looked for. */
const LOOKED_UP = 50;

export async function readShelf(store: ObjectStore, folders: Folders): Promise<Result<Shelf>> {
  const [fresh, middle, front] = await Promise.all([
    collectList(store, folders.fresh),
    collectList(store, folders.middle),
    collectList(store, folders.front),
  ]);
  if (!fresh.ok) return fresh;
  if (!middle.ok) return middle;
  if (!front.ok) return front;
  return success({
    fresh: groupObjects(folders.fresh, fresh.value),
    middle: groupObjects(folders.middle, middle.value),
    front: groupObjects(folders.front, front.value),
  });
}

/** `active`: the post named in config_gen; it is not archived while it is incomplete, whatever the list says. */
export async function tidy(parts: TidyParts, active: GenerationId | null): Promise<Result<TidyReport>> {
  const { folders, state, store } = parts;
  let shelf = await readShelf(store, folders);
  if (!shelf.ok) return shelf;
  const published = await state.readPublished(parts.publishedSeen);
  if (!published.ok) return published;

  const archived = await archivePublished(parts, shelf.value, published.value, active);
  if (!archived.ok) return archived;
  if (archived.value.moved) shelf = await readShelf(store, folders);
  if (!shelf.ok) return shelf;

  const moves = planSort(
    parts.held === null ? shelf.value : without(shelf.value, new Set([parts.held])),
    folders,
  );
  const sorted = await carryOut(parts, moves);
  if (!sorted.ok) return sorted;
  if (moves.length > 0) shelf = await readShelf(store, folders);
  if (!shelf.ok) return shelf;

  const survey = await surveyOf(parts, shelf.value, active, new Set(archived.value.ids));
  if (!survey.ok) return survey;
  return success({
    survey: survey.value,
    shelf: shelf.value,
    archived: archived.value.ids,
    marked: publishedIds(published.value).ids.filter((id) => !archived.value.ids.includes(id)),
    sorted: moves.length,
  });
}

/** What `tidy` would find in the end, without moving anything: for whoever foretells a run. */
export async function foreseeSurvey(
  parts: Pick<TidyParts, 'folders' | 'store'>,
  shelf: Shelf,
  published: readonly GenerationId[],
  active: GenerationId | null,
): Promise<Result<Survey>> {
  const { folders } = parts;
  const leaving = new Set(published.filter((id) => !isUnfinished(shelf, folders, id, active)));
  const left = without(shelf, leaving);
  return surveyOf(parts, shelfAfter(left, folders, planSort(left, folders)), active, leaving);
}

/** It is being made, and stays whatever the publisher’s list says. */
function isUnfinished(
  shelf: Shelf,
  folders: Folders,
  id: GenerationId,
  active: GenerationId | null,
): boolean {
  return id === active && !readyAnywhere(shelf, folders, id);
}

function shelfAfter(shelf: Shelf, folders: Folders, moves: readonly PlannedMove[]): Shelf {
  const groups = [...shelf.fresh, ...shelf.middle, ...shelf.front];
  const objects = new Map(groups.flatMap((group) => group.objects.map((object) => [object.key, object])));
  for (const { object, to } of moves) {
    objects.delete(object.key);
    objects.set(to, { ...object, key: to });
  }
  const all = [...objects.values()];
  return {
    fresh: groupObjects(folders.fresh, all),
    middle: groupObjects(folders.middle, all),
    front: groupObjects(folders.front, all),
  };
}

async function archivePublished(
  parts: TidyParts,
  shelf: Shelf,
  document: PublicDocument,
  active: GenerationId | null,
): Promise<Result<{ ids: GenerationId[]; moved: boolean }>> {
  const { ids, foreign } = publishedIds(document);
  if (foreign.length > 0)
    parts.log.warn('generation_id of config_public holds entries that are no ids; they are left there', {
      entries: foreign.slice(0, 10),
    });
  const marked = ids.filter((id) => id !== parts.held && !isUnfinished(shelf, parts.folders, id, active));
  if (marked.length === 0) return success({ ids: [], moved: false });
  const moves = planArchive(shelf, parts.folders, marked);
  const done = await carryOut(parts, moves);
  if (!done.ok) return done;
  const stuck = new Set(moves.map((move) => move.id)).difference(done.value);
  const archived = marked.filter((id) => done.value.has(id));
  const elsewhere = marked.filter((id) => !stuck.has(id) && !done.value.has(id));
  // The newest: what an earlier run archived without striking it off was added last.
  for (const id of elsewhere.slice(-LOOKED_UP)) {
    const there = await collectList(parts.store, `${parts.folders.archive}${id}`, 1_000);
    if (!there.ok) return there;
    if (there.value.length > 0) archived.push(id);
    else parts.log.warn('A published id lies nowhere in the store; it stays in the list', { id });
  }
  if (archived.length > 0) {
    const dropped = await dropFromList(parts, new Set(archived));
    if (!dropped.ok) return dropped;
  }
  return success({ ids: archived, moved: moves.length > 0 });
}

/** Only the archived ids leave the list; what the publisher added meanwhile stays (M10). */
async function dropFromList(parts: TidyParts, archived: ReadonlySet<GenerationId>): Promise<Result<unknown>> {
  const ready = await parts.beforeEffects();
  if (!ready.ok) return ready;
  return parts.state.updatePublic((document) => {
    const listed = document.generation_id ?? [];
    const kept = (Array.isArray(listed) ? listed : [listed]).filter((entry) => {
      const id = publishedIdOf(entry);
      return id === null || !archived.has(id);
    });
    return success({ ...document, generation_id: kept });
  });
}

async function carryOut(parts: TidyParts, moves: readonly PlannedMove[]): Promise<Result<Set<GenerationId>>> {
  if (moves.length === 0) return success(new Set());
  const ready = await parts.beforeEffects();
  if (!ready.ok) return ready;
  return moveObjects(parts, moves);
}

async function surveyOf(
  { folders, store }: Pick<TidyParts, 'folders' | 'store'>,
  shelf: Shelf,
  active: GenerationId | null,
  gone: ReadonlySet<GenerationId>,
): Promise<Result<Survey>> {
  const readyInFresh = shelf.fresh.some((group) => isReady(group, folders.fresh));
  if (active === null) return success({ readyInFresh, activePost: 'absent' });
  if (gone.has(active) || readyAnywhere(shelf, folders, active))
    return success({ readyInFresh, activePost: 'ready' });
  const group = shelf.fresh.find((candidate) => candidate.id === active);
  if (group && hasPart(group, folders.fresh, 'json')) return success({ readyInFresh, activePost: 'content' });
  const archived = await collectList(store, `${folders.archive}${active}`, 1_000);
  if (!archived.ok) return archived;
  return success({ readyInFresh, activePost: archived.value.length > 0 ? 'ready' : 'absent' });
}
