/** The story of one post: what was decided and why, what was paid for, what stood in for what, and where it is now. */
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { publishedIds } from '../domain/channel-state.ts';
import { success, type Failure, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { JournalDocument } from '../domain/journal.ts';
import { callCosts } from '../domain/journal-costs.ts';
import { sumUsd } from '../domain/ledger.ts';
import type { Media } from '../domain/post.ts';
import type { Clock } from '../ports/clock.ts';
import { collectList } from '../ports/object-store.ts';
import { JOURNAL_FOLDER } from '../runtime/journal-store.ts';
import { QUARANTINE_FOLDER } from '../runtime/quarantine.ts';
import { StateStore } from '../runtime/state-store.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import { isVideoOrdered, phaseOf, type Phase } from '../workflow/phase.ts';
import { openStore } from './compose.ts';
import { findPost, isUnknown, noSuchPost, tolerated, type PostParts, type PostPlace } from './find-post.ts';
import { channelSettings } from './settings.ts';

export interface PostStory {
  readonly id: GenerationId;
  readonly store: string;
  readonly topic: string | null;
  readonly places: readonly PostPlace[];
  /** `null`: none are made yet, or the post does not say, as with older tools. */
  readonly media: Media | null;
  /** Where it stands, when it is the post that is being made. */
  readonly phase: Phase | null;
  /** Its video is ordered and not here yet. */
  readonly videoOrdered: boolean;
  /** The publisher has marked it; the next main run archives it. */
  readonly marked: boolean;
  /** Results that were given up, and are still asked after. */
  readonly late: readonly ('image' | 'video')[];
  readonly costUsd: number;
  /** The part of it that providers have not confirmed. */
  readonly estimatedUsd: number;
  readonly journal: JournalDocument | null;
  /** It is there, but cannot be read. */
  readonly journalDamaged: boolean;
  /** Former bodies that repair has kept. */
  readonly quarantined: readonly string[];
  readonly problems: readonly Failure[];
}

/** Of the channel that a configuration and an environment name. */
export async function storyOf(
  config: Config,
  environment: Environment,
  id: GenerationId,
): Promise<Result<PostStory>> {
  const store = await openStore(config, environment);
  if (!store.ok) return store;
  const parts = { store: store.value, settings: channelSettings(config), clock: createSystemClock() };
  return readStory(parts, id);
}

/** `usage` when there is no such post. */
export async function readStory(
  parts: PostParts & { readonly clock: Clock },
  id: GenerationId,
): Promise<Result<PostStory>> {
  const { settings, store } = parts;
  const found = await findPost(parts, id);
  if (!found.ok) return found;
  const problems = [...found.value.problems];
  const state = new StateStore(store, settings.documents, parts.clock);
  const generation = tolerated(await state.readGeneration(), problems);
  if (!generation.ok) return generation;
  const image = tolerated(await state.readImage(), problems);
  if (!image.ok) return image;
  const shared = tolerated(await state.readPublic(), problems);
  if (!shared.ok) return shared;
  const isActive = generation.value?.value.generation_id === id;
  if (isUnknown(found.value) && !isActive) return noSuchPost(store, id);
  const kept = await collectList(store, QUARANTINE_FOLDER);
  if (!kept.ok) return kept;
  const { journal, places, post } = found.value;
  const late = (image.value?.value.late_tasks ?? []).filter((task) => task.id === id);
  return success({
    id,
    store: store.description,
    topic: topicIn(post?.topic) ?? journal?.draft?.topic?.full_topic ?? null,
    places,
    media: post?.media ?? null,
    phase: isActive && image.value ? phaseOf(image.value.value) : null,
    videoOrdered: isActive && isVideoOrdered(image.value?.value),
    marked: shared.value ? publishedIds(shared.value.value).ids.includes(id) : false,
    late: late.map(({ kind }) => kind),
    ...costOf(journal),
    journal,
    journalDamaged: found.value.problems.some(({ where }) => where.key?.startsWith(JOURNAL_FOLDER) === true),
    quarantined: kept.value.map(({ key }) => key).filter((key) => key.includes(`/${id}`)),
    problems,
  });
}

export function costOf(journal: JournalDocument | null): { costUsd: number; estimatedUsd: number } {
  const calls = callCosts(journal?.entries ?? []);
  const sum = (some: typeof calls): number => sumUsd(some.map(({ costUsd }) => costUsd));
  return { costUsd: sum(calls), estimatedUsd: sum(calls.filter(({ measured }) => !measured)) };
}

export function topicIn(topic: unknown): string | null {
  if (typeof topic === 'string') return topic === '' ? null : topic;
  if (typeof topic !== 'object' || topic === null || !('full_topic' in topic)) return null;
  return typeof topic.full_topic === 'string' ? topic.full_topic : null;
}
