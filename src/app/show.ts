/** One post as its readers will see it, and the truth about its media: read from its files, nothing is asked or changed. */
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { success, type Failure, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { Draft } from '../domain/journal.ts';
import type { ImageChoice, Media, Post } from '../domain/post.ts';
import { StateStore } from '../runtime/state-store.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import { openStore } from './compose.ts';
import { topicIn } from './explain.ts';
import { findPost, isUnknown, noSuchPost, tolerated, type PostParts, type PostPlace } from './find-post.ts';
import { channelSettings } from './settings.ts';

export interface ShownPost {
  readonly id: GenerationId;
  readonly store: string;
  readonly places: readonly PostPlace[];
  readonly topic: string | null;
  readonly text: string | null;
  readonly comment: string | null;
  readonly poll: { readonly question: string; readonly options: readonly string[] } | null;
  readonly script: string | null;
  /** `null`: none are made yet, or the post does not say, as with older tools. */
  readonly media: Media | null;
  readonly imageChoice: ImageChoice | null;
  readonly problems: readonly Failure[];
  /** Why it has no file, as a sentence; its texts are then those that its journal has. Null: it has. */
  readonly unfinished: string | null;
}

/** A terminal is sent no more than this. */
const MOST_PICTURE_BYTES = 8_000_000;

export interface ShownWithPicture {
  readonly post: ShownPost;
  /** The PNG; `null` when there is none, it was not asked for, or it is too large for a terminal. */
  readonly picture: Uint8Array | null;
}

export async function showOf(
  config: Config,
  environment: Environment,
  id: GenerationId,
  withPicture: boolean,
): Promise<Result<ShownWithPicture>> {
  const store = await openStore(config, environment);
  if (!store.ok) return store;
  return readShown({ store: store.value, settings: channelSettings(config) }, id, withPicture);
}

/** `usage` when there is no such post. One whose text is not finished is shown as far as its journal has it. */
export async function readShown(
  parts: PostParts,
  id: GenerationId,
  withPicture: boolean,
): Promise<Result<ShownWithPicture>> {
  const { store } = parts;
  const found = await findPost(parts, id);
  if (!found.ok) return found;
  const { journal, places, post } = found.value;
  const problems = [...found.value.problems];
  if (places.length === 0) {
    const active = await isBeingMade(parts, id, problems);
    if (!active.ok) return active;
    if (isUnknown(found.value) && !active.value) return noSuchPost(store, id);
    const unfinished = active.value
      ? 'Its text is not finished; the next run goes on with it.'
      : `It has no file in the store, and is not being made; \`reelmill explain ${id}\` tells what became of it.`;
    const draft = draftTexts(journal?.draft);
    return success({
      post: { id, store: store.description, places, problems, unfinished, ...draft },
      picture: null,
    });
  }
  const picture = withPicture ? await readPicture(parts, places, id) : null;
  if (picture?.ok === false) return picture;
  return success({
    post: { id, store: store.description, places, problems, unfinished: null, ...textsOf(post) },
    picture: picture?.value ?? null,
  });
}

async function isBeingMade(
  { settings, store }: PostParts,
  id: GenerationId,
  problems: Failure[],
): Promise<Result<boolean>> {
  const state = new StateStore(store, settings.documents, createSystemClock());
  const generation = tolerated(await state.readGeneration(), problems);
  return generation.ok ? success(generation.value?.value.generation_id === id) : generation;
}

function draftTexts({ comment, poll, scene, text, topic }: Draft = {}) {
  return {
    topic: topic?.full_topic ?? null,
    text: text ?? null,
    comment: comment ?? null,
    poll: poll ?? null,
    script: scene?.script ?? null,
    media: null,
    imageChoice: null,
  };
}

function textsOf(post: Post | null) {
  const sarcasm = fieldsOf(post?.sarcasm);
  return {
    topic: topicIn(post?.topic),
    text: textOrNull(post?.content),
    comment: textOrNull(sarcasm['comment']),
    poll: pollOf(sarcasm['poll']),
    script: textOrNull(post?.script),
    media: post?.media ?? null,
    imageChoice: post?.image_choice ?? null,
  };
}

async function readPicture(
  { store }: PostParts,
  places: readonly PostPlace[],
  id: GenerationId,
): Promise<Result<Uint8Array | null>> {
  const file = places
    .flatMap(({ files }) => files)
    .find(({ bytes, key }) => key.endsWith(`/${id}.png`) && bytes > 0 && bytes <= MOST_PICTURE_BYTES);
  if (!file) return success(null);
  const stored = await store.get(file.key, MOST_PICTURE_BYTES);
  return stored.ok ? success(stored.value?.body ?? null) : stored;
}

function pollOf(value: unknown): ShownPost['poll'] {
  const { options, question } = fieldsOf(value);
  if (typeof question !== 'string' || question === '') return null;
  const listed = Array.isArray(options) ? (options as unknown[]) : [];
  return { question, options: listed.filter((option) => typeof option === 'string') };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
