/**
 * Groups on the conveyor that no run will put in order by itself: parts in two folders, two copies, media without a
 * text, a text that nobody will make media for. A run only ever moves whole groups, so that these would lie there for ever.
 */
import {
  CONVEYOR,
  groupObjects,
  idOfName,
  isReady,
  partKey,
  type ConveyorFolder,
  type Folders,
  type Group,
  type StoredObject,
} from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { markedIds, shortList } from './diagnose-documents.ts';
import { mediaOf, progressOf, textOf } from '../domain/evidence.ts';
import type { Finding, Operation } from './finding.ts';
import { phaseOf } from './phase.ts';
import { etagOf, journalOf, valueOf, type Snapshot } from './snapshot.ts';
import { AT_REST, resumed, type ImageDocument } from '../domain/channel-state.ts';

type Place = keyof Folders;

/** All that lies in the store under one id, folder by folder. */
export interface Post {
  readonly id: GenerationId;
  /** Where it lies: 666, 555, 444, then the archive. */
  readonly places: readonly { readonly place: Place; readonly group: Group }[];
}

interface Channel {
  readonly snapshot: Snapshot;
  readonly active: GenerationId | null;
  /** The publisher has marked them, so that the next run archives them. */
  readonly marked: ReadonlySet<GenerationId>;
  /** Nothing is being made, so that an unfinished post can be taken up. */
  free: boolean;
}

/** Needs the three documents of state to be readable. `unreadable`: keys of damaged documents, which are mended first. */
export function diagnosePosts(snapshot: Snapshot, unreadable: ReadonlySet<string>): Finding[] {
  const generation = valueOf(snapshot.state.generation, { generation_id: null });
  const image = imageOf(snapshot);
  const active = generation?.generation_id ?? null;
  const channel: Channel = {
    snapshot,
    active,
    marked: markedIds(snapshot),
    free: active === null && phaseOf(image) === 'idle',
  };
  const findings: Finding[] = [];
  for (const post of postsOf(snapshot)) {
    const damaged = post.places.some(({ group }) => group.objects.some(({ key }) => unreadable.has(key)));
    const finding = damaged ? null : diagnosePost(channel, post);
    if (finding) findings.push(finding);
  }
  return [...findings, ...foreignObjects(snapshot)];
}

/** At rest when there is no document. */
export function imageOf(snapshot: Snapshot): ImageDocument {
  return valueOf<ImageDocument>(snapshot.state.image, { ...AT_REST }) ?? { ...AT_REST };
}

/** Every id that lies on the conveyor, oldest first; with its archived objects, if it has any. */
export function postsOf(snapshot: Snapshot): Post[] {
  const found = new Map<GenerationId, { place: Place; group: Group }[]>();
  for (const place of CONVEYOR) {
    for (const group of groupObjects(snapshot.folders[place], snapshot.listing[place]))
      found.set(group.id, [...(found.get(group.id) ?? []), { place, group }]);
  }
  for (const group of groupObjects(snapshot.folders.archive, snapshot.listing.archive))
    found.get(group.id)?.push({ place: 'archive', group });
  return [...found]
    .map(([id, places]) => ({ id, places }))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

function diagnosePost(channel: Channel, post: Post): Finding | null {
  const { active, marked, snapshot } = channel;
  const { folders } = snapshot;
  const [only] = post.places;
  if (post.places.length > 1 || only === undefined) return scattered(channel, post);
  const { group, place } = only;
  const folder = folders[place];
  if (isReady(group, folder) || marked.has(post.id)) return null;
  const hasText = group.objects.some(({ key }) => key === partKey(folder, post.id, 'json'));
  if (post.id === active) {
    if (place === 'fresh' || !hasText || imageOf(snapshot).replacing_mock === true) return null;
    return {
      kind: 'split-group',
      where: post.id,
      explanation: `The post that is being made lies in ${folder}, where no run looks for it. It is brought back to ${folders.fresh}.`,
      remedy: gather(snapshot, post, 'fresh'),
    };
  }
  return hasText ? unfinished(channel, post, place, group) : orphaned(snapshot, post, folder, group);
}

/** The front-most folder is where its move was going; but what is archived was published, and what is being made belongs to 666. */
function scattered({ active, marked, snapshot }: Channel, post: Post): Finding {
  const { folders } = snapshot;
  const places = post.places.map(({ place }) => place);
  const names = post.places.map(({ group, place }) =>
    group.objects.map(({ key }) => key.slice(folders[place].length)),
  );
  const doubles = [...new Set(names.flat().filter((name, at, all) => all.indexOf(name) !== at))];
  const complete = ['json', 'png', 'mp4'].every((part) => names.flat().includes(`${post.id}.${part}`));
  const archived = places.includes('archive') || marked.has(post.id);
  const made = post.id === active && !complete;
  const target: Place = archived ? 'archive' : made ? 'fresh' : (places.at(-1) ?? 'fresh');
  const where = places.map((place) => folders[place]).join(' and ');
  const why = archived
    ? 'it was published'
    : made
      ? 'it is still being made'
      : 'that is where its move was going';
  const explanation =
    doubles.length > 0
      ? `The post lies twice, in ${where} (${shortList(doubles)}). It is brought together in ${folders[target]}, since ${why}. Of two copies that are the same one is enough; of two that differ, the one in ${folders[target]} stays and the other is kept in quarantine.`
      : `The parts of the post lie in ${where}. They are brought together in ${folders[target]}, since ${why}.`;
  return {
    kind: doubles.length > 0 ? 'two-copies' : 'split-group',
    where: post.id,
    explanation,
    remedy: gather(snapshot, post, target),
  };
}

function gather({ folders }: Snapshot, post: Post, target: Place): Operation[] {
  const operations: Operation[] = [];
  const there = new Map<string, StoredObject>();
  for (const { group, place } of post.places) {
    if (place !== target) continue;
    for (const object of group.objects) there.set(object.key, object);
  }
  // The front-most copy first, so that it is the one that stays when the target has none.
  for (const { group, place } of post.places.toReversed()) {
    if (place === target) continue;
    for (const { key: from, size } of group.objects) {
      const to = folders[target] + from.slice(folders[place].length);
      // An empty object is nobody's work; it must not push the real one out.
      if (size > 0 && there.get(to)?.size === 0) operations.push({ type: 'set-aside', key: to });
      if (size > 0) there.set(to, { key: to, size, etag: '' });
      operations.push({ type: 'gather', from, to });
    }
  }
  return operations;
}

/** A text, but nothing that will make its media: config_gen names another post, or none. */
function unfinished(channel: Channel, post: Post, place: Place, group: Group): Finding {
  const { active, free, snapshot } = channel;
  const { folders, state } = snapshot;
  const finding = { kind: 'content-without-media', where: post.id } as const;
  const missing = (['png', 'mp4'] as const).filter(
    (part) => !group.objects.some(({ key, size }) => key === partKey(folders[place], post.id, part) && size),
  );
  const odd = `The post has its text in ${folders[place]}, but ${shortList(missing) || 'a whole file'} is missing, and no run will make it, since config_gen does not name this post.`;
  if (place !== 'fresh') {
    const back = `It is brought back to ${folders.fresh}, from where it can be taken up.`;
    return { ...finding, explanation: `${odd} ${back}`, remedy: gather(snapshot, post, 'fresh') };
  }
  if (!free) {
    const wait = `One post is made at a time: when ${active ?? 'the present one'} is finished, run repair again.`;
    return { ...finding, explanation: `${odd} ${wait}`, remedy: null };
  }
  channel.free = false;
  const progress = progressOf(journalOf(snapshot, post.id), group, folders.fresh);
  const generation = valueOf(state.generation, { generation_id: null });
  return {
    ...finding,
    explanation: `${odd} It is taken up again: the next run goes on with it, which costs what its journal does not show as paid.`,
    remedy: [
      {
        type: 'write',
        key: state.generation.key,
        document: { ...generation, generation_id: post.id },
        replaces: etagOf(state.generation),
      },
      {
        type: 'write',
        key: state.image.key,
        document: resumed(imageOf(snapshot), progress),
        replaces: etagOf(state.image),
      },
    ],
  };
}

function orphaned(snapshot: Snapshot, post: Post, folder: string, group: Group): Finding {
  const kind = 'orphan-media';
  const journal = journalOf(snapshot, post.id);
  const text = textOf(journal);
  const files = shortList(group.objects.map(({ key }) => key));
  if (text !== null) {
    const media = mediaOf(journal, group, folder);
    return {
      kind,
      where: post.id,
      explanation: `${files} lie without the text of the post. The text is in the post’s journal; it is put back.`,
      remedy: [
        {
          type: 'write',
          key: partKey(folder, post.id, 'json'),
          document: { ...text, ...(media ? { media } : {}) },
          replaces: null,
        },
      ],
    };
  }
  return {
    kind,
    where: post.id,
    explanation: `${files} lie without the text of the post, and its journal does not hold it. Without a text they are never published; they are set aside in quarantine.`,
    remedy: group.objects.map(({ key }) => ({ type: 'set-aside', key })),
  };
}

/** Whose they are is not known, so they are only reported: one finding a folder. */
function foreignObjects({ folders, listing, tickets }: Snapshot): Finding[] {
  const findings: Finding[] = [];
  const folderEntries: readonly (ConveyorFolder | 'archive')[] = [...CONVEYOR, 'archive'];
  for (const place of folderEntries) {
    const strangers = listing[place].filter(({ key }) => idOfName(key.slice(folders[place].length)) === null);
    if (strangers.length > 0) findings.push(foreign(folders[place], strangers));
  }
  // A store keeps its own notes there under names with a dot.
  const other = tickets.filter(({ key }) => !key.endsWith('.json') && !key.startsWith('locks/.'));
  if (other.length > 0) findings.push(foreign('locks/', other));
  return findings;
}

function foreign(folder: string, strangers: readonly { readonly key: string }[]): Finding {
  return {
    kind: 'foreign-entry',
    where: folder,
    explanation: `In ${folder} lies what belongs to no post: ${shortList(strangers.map(({ key }) => key))}. Whose it is is not known; it is left alone.`,
    remedy: null,
  };
}
