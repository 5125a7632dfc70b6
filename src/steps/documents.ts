/**
 * Reading and writing the JSON documents of a post. Bounded, checked, and with the object's key in every complaint, so
 * that a damaged document is named and left alone instead of being overwritten by a default (S1).
 */
import type { z } from 'zod';
import { failure, success, type Result } from '../domain/failure.ts';
import { DEEPEST_JSON, isDeeperThan } from '../domain/json-depth.ts';
import { partKey } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { postSchema, type Post } from '../domain/post.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Workspace } from '../ports/workspace.ts';

/** No document of ours comes near this; a larger one is not ours. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;
const READ_ATTEMPTS = 5;
const FIRST_PAUSE_SECONDS = 0.5;

export interface ReadDocument<T> {
  readonly value: T;
  readonly etag: string;
  readonly lastModified: Date;
}

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

/** `null` when there is no such object; `state_damaged` when it is no JSON or not of the schema. */
export async function readDocument<T>(
  store: ObjectStore,
  key: string,
  schema: z.ZodType<T>,
): Promise<Result<ReadDocument<T> | null>> {
  const stored = await store.get(key, MAX_DOCUMENT_BYTES);
  if (!stored.ok || stored.value === null) return stored as Result<null>;
  const { body, etag, lastModified } = stored.value;
  const parsed = parseDocument(body, key, schema);
  return parsed.ok ? success({ value: parsed.value, etag, lastModified }) : parsed;
}

export function parseDocument<T>(body: Uint8Array, key: string, schema: z.ZodType<T>): Result<T> {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(body));
  } catch (error) {
    return failure('state_damaged', `This is not JSON: ${reasonOf(error)}`, { key });
  }
  if (isDeeperThan(json, DEEPEST_JSON))
    return failure('state_damaged', `This is nested more than ${DEEPEST_JSON} levels deep`, { key });
  const checked = schema.safeParse(json);
  if (checked.success) return success(checked.data);
  const problems = checked.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'the document'} ${issue.message}`);
  return failure('state_damaged', `The document does not have the right form: ${problems.join('; ')}`, {
    key,
  });
}

/** For people to read; on one line where the indentation alone would make it larger than what is read again. */
export function documentBytes(value: unknown): Uint8Array {
  const readable = encoder.encode(`${JSON.stringify(value, null, 2)}\n`);
  return readable.length <= MAX_DOCUMENT_BYTES ? readable : encoder.encode(`${JSON.stringify(value)}\n`);
}

/** The posts that a run has read or written, by key; for steps that only use what stands there and write nothing back. */
export type SeenPosts = Map<string, Post>;

interface PostReading {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly seenPosts: SeenPosts;
}

/** As this run has last seen it, which saves a request; read where it has not. */
export async function seenPost(
  context: PostReading,
  folder: string,
  id: GenerationId,
): Promise<Result<Post>> {
  const seen = context.seenPosts.get(partKey(folder, id, 'json'));
  return seen === undefined ? readPost(context, folder, id) : success(seen);
}

/** P1, D10: the post's text. A store may show a fresh write late, so that "not there" is asked again before it is believed. */
export async function readPost(
  context: PostReading,
  folder: string,
  id: GenerationId,
): Promise<Result<Post>> {
  const key = partKey(folder, id, 'json');
  for (let attempt = 1; ; attempt += 1) {
    const read = await readDocument(context.store, key, postSchema);
    if (!read.ok) return read;
    if (read.value !== null) {
      context.seenPosts.set(key, read.value.value);
      return success(read.value.value);
    }
    if (attempt === READ_ATTEMPTS)
      return failure('content_missing', 'The post’s text is not in the store', { key, id });
    await context.clock.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1));
  }
}

interface PostWriting extends Pick<PostReading, 'store' | 'seenPosts'> {
  readonly journal: Journal;
  readonly workspace: Workspace;
}

/** The journal is told of it, as of every file of a post. */
export async function writePost(
  { journal, seenPosts, store, workspace }: PostWriting,
  folder: string,
  id: GenerationId,
  post: Post,
): Promise<Result<void>> {
  const key = partKey(folder, id, 'json');
  seenPosts.delete(key);
  const bytes = documentBytes(post);
  const put = await store.put(key, { bytes }, { contentType: 'application/json' });
  if (!put.ok) return put;
  journal.note(id, { type: 'file', key, ...(await workspace.fingerprint(bytes)), source: 'text' });
  seenPosts.set(key, post);
  return success(undefined);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unreadable';
}
