/**
 * Which objects to move before anything is moved (M10, M11, D8). A move that an earlier run left half done shows as a
 * group in two folders; the plan then brings all of it together, so that the next tidying heals whatever it finds.
 */
import {
  CONVEYOR,
  isReady,
  type ConveyorFolder,
  type Folders,
  type Group,
  type StoredObject,
} from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';

/** What lies in the three folders, each oldest first. */
export type Shelf = { readonly [F in ConveyorFolder]: readonly Group[] };

export interface Move {
  readonly id: GenerationId;
  readonly object: StoredObject;
  readonly to: string;
  readonly why: 'archive' | 'sort' | 'heal';
}

/** The shelf as it is when these have left it, or are not to be moved. */
export function without(shelf: Shelf, ids: ReadonlySet<GenerationId>): Shelf {
  const stays = ({ id }: Group): boolean => !ids.has(id);
  return {
    fresh: shelf.fresh.filter(stays),
    middle: shelf.middle.filter(stays),
    front: shelf.front.filter(stays),
  };
}

export function readyAnywhere(shelf: Shelf, folders: Folders, id: GenerationId): boolean {
  return CONVEYOR.some((place) =>
    shelf[place].some((group) => group.id === id && isReady(group, folders[place])),
  );
}

/** M10: every object of each marked id, from wherever it lies; the front-most copy first, so that it is the one that is kept. */
export function planArchive(shelf: Shelf, folders: Folders, marked: readonly GenerationId[]): Move[] {
  const wanted = new Set(marked);
  const moves: Move[] = [];
  for (const place of CONVEYOR.toReversed()) {
    for (const group of shelf[place]) {
      if (wanted.has(group.id)) moves.push(...movesOf(group, folders[place], folders.archive, 'archive'));
    }
  }
  return moves;
}

/** M11, D8: heals split groups, then moves ready groups forward, front first, until nothing can move. */
export function planSort(shelf: Shelf, folders: Folders): Move[] {
  const healed = planHealing(shelf, folders);
  const moves = [...healed.moves];
  const queues = {
    fresh: ready(healed.shelf, 'fresh', folders),
    middle: ready(healed.shelf, 'middle', folders),
  };
  let frontFree = ready(healed.shelf, 'front', folders).length === 0;
  let middleFree = queues.middle.length === 0;
  for (;;) {
    const fromMiddle = frontFree ? queues.middle.shift() : undefined;
    if (fromMiddle) {
      moves.push(...movesOf(fromMiddle, folders.middle, folders.front, 'sort'));
      frontFree = false;
      middleFree = queues.middle.length === 0;
      continue;
    }
    const fromFresh = middleFree ? queues.fresh.shift() : undefined;
    if (!fromFresh) return moves;
    moves.push(...movesOf(fromFresh, folders.fresh, folders.middle, 'sort'));
    queues.middle.push(placed(fromFresh, folders.fresh, folders.middle));
    middleFree = false;
  }
}

/** A group in several folders belongs into the front-most of them: that is where its move was going. */
function planHealing(shelf: Shelf, folders: Folders): { moves: Move[]; shelf: Shelf } {
  const moves: Move[] = [];
  const after: Record<ConveyorFolder, Group[]> = {
    fresh: [...shelf.fresh],
    middle: [...shelf.middle],
    front: [...shelf.front],
  };
  for (const [rank, place] of CONVEYOR.entries()) {
    for (const group of shelf[place]) {
      const target = CONVEYOR.slice(rank + 1).findLast((other) =>
        after[other].some((there) => there.id === group.id),
      );
      if (target === undefined) continue;
      moves.push(...movesOf(group, folders[place], folders[target], 'heal'));
      after[place] = after[place].filter((other) => other.id !== group.id);
      after[target] = after[target].map((there) =>
        there.id === group.id ? merged(there, placed(group, folders[place], folders[target])) : there,
      );
    }
  }
  return { moves, shelf: after };
}

function merged(kept: Group, added: Group): Group {
  const known = new Set(kept.objects.map((object) => object.key));
  return {
    id: kept.id,
    objects: [...kept.objects, ...added.objects.filter((object) => !known.has(object.key))],
  };
}

function placed(group: Group, from: string, to: string): Group {
  return {
    id: group.id,
    objects: group.objects.map((object) => ({ ...object, key: to + object.key.slice(from.length) })),
  };
}

function ready(shelf: Shelf, place: ConveyorFolder, folders: Folders): Group[] {
  return shelf[place].filter((group) => isReady(group, folders[place]));
}

function movesOf(group: Group, from: string, to: string, why: Move['why']): Move[] {
  return group.objects.map((object) => ({
    id: group.id,
    object,
    to: to + object.key.slice(from.length),
    why,
  }));
}
