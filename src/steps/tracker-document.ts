/** C1, D14: the tracker of topics in the store. Read before a topic is chosen, written after the text that used it is saved. */
import { success, type Result } from '../domain/failure.ts';
import type { Draft } from '../domain/journal.ts';
import { recordTopic, topicsTrackerSchema, type TopicsTracker } from '../domain/topics-tracker.ts';
import type { StepContext } from './context.ts';
import { documentBytes, readDocument } from './documents.ts';

const TRACKER_CONFLICTS = 3;

export interface ReadTracker {
  /** With the focuses of the configuration where it has none of its own. */
  readonly tracker: TopicsTracker;
  /** `null`: there is none yet. */
  readonly etag: string | null;
}

export async function readTracker(context: StepContext): Promise<Result<ReadTracker>> {
  const read = await readDocument(
    context.store,
    context.settings.documents.topicsTracker,
    topicsTrackerSchema,
  );
  if (!read.ok) return read;
  const tracker = read.value?.value ?? topicsTrackerSchema.parse({});
  const all = tracker.all_focuses.length > 0 ? tracker.all_focuses : [...context.settings.content.focuses];
  return success({ tracker: { ...tracker, all_focuses: all }, etag: read.value?.etag ?? null });
}

/** D14: only after the text is saved; doing it again changes nothing. Whoever edited the tracker meanwhile is not written over. */
export async function recordInTracker(
  context: StepContext,
  draft: Draft,
  known: ReadTracker,
): Promise<Result<void>> {
  const { focus, topic } = draft;
  if (focus === undefined || topic === undefined) return success(undefined);
  const key = context.settings.documents.topicsTracker;
  const capabilities = await context.store.capabilities();
  if (!capabilities.ok) return capabilities;
  let { etag, tracker } = known;
  for (let attempt = 1; ; attempt += 1) {
    const next = recordTopic(tracker, focus, topic.short_topic);
    if (next === tracker) return success(undefined);
    const options = {
      contentType: 'application/json',
      ...(capabilities.value.conditionalWrites ? { onlyIf: etag } : {}),
    };
    const put = await context.store.put(key, { bytes: documentBytes(next) }, options);
    if (put.ok) return success(undefined);
    if (put.failure.code !== 'state_conflict' || attempt === TRACKER_CONFLICTS) return put;
    const again = await readTracker(context);
    if (!again.ok) return again;
    ({ etag, tracker } = again.value);
  }
}
