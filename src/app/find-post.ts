/** Where a post lies and what its files and journal say, for the commands that tell about one; found by reading only. */
import { failure, success, type Failure, type Result } from '../domain/failure.ts';
import { groupObjects, isReady, type Folders } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { JournalDocument } from '../domain/journal.ts';
import { postSchema, type Post } from '../domain/post.ts';
import type { ChannelSettings } from '../domain/settings.ts';
import { collectList, type ObjectInfo, type ObjectStore } from '../ports/object-store.ts';
import { readJournal } from '../runtime/journal-store.ts';
import { readDocument } from '../steps/documents.ts';

export interface PostParts {
  readonly store: ObjectStore;
  readonly settings: ChannelSettings;
}

export interface PostFile {
  readonly key: string;
  readonly bytes: number;
  /** ISO 8601, by the store's clock. */
  readonly changed: string;
}

export interface PostPlace {
  readonly folder: string;
  readonly ready: boolean;
  readonly files: readonly PostFile[];
}

export interface FoundPost {
  readonly id: GenerationId;
  /** In the order 666, 555, 444, archive; more than one only when something is odd. */
  readonly places: readonly PostPlace[];
  /** `null`: no `<id>.json`, or one that cannot be read. */
  readonly post: Post | null;
  readonly journal: JournalDocument | null;
  /** What could not be read. */
  readonly problems: readonly Failure[];
}

const ORDER: readonly (keyof Folders)[] = ['fresh', 'middle', 'front', 'archive'];

/** Fails when the store does; damaged documents are among the problems. */
export async function findPost(parts: PostParts, id: GenerationId): Promise<Result<FoundPost>> {
  const { settings, store } = parts;
  const places: PostPlace[] = [];
  for (const place of ORDER) {
    const folder = settings.folders[place];
    const listed = await collectList(store, `${folder}${id}`, 1_000);
    if (!listed.ok) return listed;
    const [group] = groupObjects(folder, listed.value);
    if (!group) continue;
    const own = new Set(group.objects.map(({ key }) => key));
    const files = listed.value.filter(({ key }) => own.has(key)).map(fileOf);
    places.push({ folder, ready: isReady(group, folder), files });
  }
  const problems: Failure[] = [];
  const text = places.flatMap(({ files }) => files).find(({ key }) => key.endsWith(`/${id}.json`));
  const read = text ? await readDocument(store, text.key, postSchema) : success(null);
  const post = tolerated(read, problems);
  if (!post.ok) return post;
  const journal = tolerated(await readJournal(store, id), problems);
  if (!journal.ok) return journal;
  return success({ id, places, post: post.value?.value ?? null, journal: journal.value, problems });
}

/** What cannot be read is told, and does not keep the rest from being told. */
export function tolerated<T>(read: Result<T>, problems: Failure[]): Result<T | null> {
  if (read.ok) return read;
  if (read.failure.code !== 'state_damaged' && read.failure.code !== 'too_large') return read;
  problems.push(read.failure);
  return success(null);
}

/** Neither an object nor a journal bears the id. */
export function isUnknown({ journal, places, problems }: FoundPost): boolean {
  return places.length === 0 && journal === null && problems.length === 0;
}

export function noSuchPost(store: ObjectStore, id: GenerationId): Result<never> {
  return failure(
    'usage',
    `There is no post ${id} in ${store.description}`,
    { id },
    { advice: '`reelmill history` lists the posts.' },
  );
}

function fileOf({ key, lastModified, size }: ObjectInfo): PostFile {
  return { key, bytes: size, changed: lastModified.toISOString() };
}
