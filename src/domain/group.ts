/** S2: a post in the store is a group of objects that share its id; it is ready when text, picture and video are there. */
import { isGenerationId, type GenerationId } from './generation-id.ts';

/** The folders a post passes through, each a prefix ending in `/`. */
export interface Folders {
  /** 666: new posts. */
  readonly fresh: string;
  /** 555 */
  readonly middle: string;
  /** 444: next to be published. */
  readonly front: string;
  readonly archive: string;
}

/** In the order in which posts move towards publication. */
export const CONVEYOR = ['fresh', 'middle', 'front'] as const;
export type ConveyorFolder = (typeof CONVEYOR)[number];

export const PARTS = ['json', 'png', 'mp4'] as const;
export type Part = (typeof PARTS)[number];

export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

/** All objects of one id in one folder, the three parts and whatever somebody put beside them. */
export interface Group {
  readonly id: GenerationId;
  readonly objects: readonly StoredObject[];
}

/** `<id>.*` and `<id>_*` belong to the id; anything else belongs to nobody. */
export function idOfName(name: string): GenerationId | null {
  const id = name.slice(0, 13);
  if (name.includes('/') || !isGenerationId(id)) return null;
  return name[13] === '.' || name[13] === '_' ? id : null;
}

export function partKey(folder: string, id: GenerationId, part: Part): string {
  return `${folder}${id}.${part}`;
}

export function hasPart(group: Group, folder: string, part: Part): boolean {
  const key = partKey(folder, group.id, part);
  return group.objects.some((object) => object.key === key && object.size > 0);
}

export function isReady(group: Group, folder: string): boolean {
  return PARTS.every((part) => hasPart(group, folder, part));
}

/** Groups of one folder's listing, oldest id first. Keys outside the folder or of no id are left out. */
export function groupObjects(folder: string, objects: readonly StoredObject[]): Group[] {
  const byId = new Map<GenerationId, StoredObject[]>();
  for (const object of objects) {
    const id = object.key.startsWith(folder) ? idOfName(object.key.slice(folder.length)) : null;
    if (id === null) continue;
    const known = byId.get(id);
    if (known) known.push(object);
    else byId.set(id, [object]);
  }
  return [...byId].map(([id, members]) => ({ id, objects: members })).sort((a, b) => (a.id < b.id ? -1 : 1));
}
