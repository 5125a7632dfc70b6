/**
 * What a post's journal proves, for when the documents cannot say it any more. Without this, a `config_midjourney.json`
 * that was damaged, removed or reset would mean that a picture or video which is already paid for is ordered again (I3).
 */
import { IMAGE_UNKNOWN_TWICE, VIDEO_UNKNOWN_TWICE, type ImageDocument } from './channel-state.ts';
import { MAX_UNKNOWN_OUTCOMES } from './limits.ts';
import { hasPart, partKey, type Group } from './group.ts';
import type { GenerationId } from './generation-id.ts';
import { callCosts, type CallCost } from './journal-costs.ts';
import type { JournalDocument, JournalEntry } from './journal.ts';
import type { LedgerCall } from './ledger.ts';
import type { Media } from './post.ts';

/** The journal's view of the post's text, as `<id>.json` would hold it; `null` while its last stage is not written. */
export function textOf(journal: JournalDocument | null): Record<string, unknown> | null {
  const draft = journal?.draft;
  // The scene is the last stage: what is missing beside it is switched off.
  if (!draft?.topic || !draft.scene) return null;
  return {
    topic: draft.topic.full_topic,
    content: draft.text ?? '',
    sarcasm: { comment: draft.comment ?? '', poll: draft.poll ?? {} },
    ...draft.scene,
    ...(journal?.image_choice === undefined ? {} : { image_choice: journal.image_choice }),
  };
}

/** I7: a file counts as real only when the journal saw it arrive from the provider and it still has that size. */
export function mediaOf(journal: JournalDocument | null, group: Group, folder: string): Media | null {
  if (!hasPart(group, folder, 'png') && !hasPart(group, folder, 'mp4')) return null;
  const reason = 'the text was restored; what the journal does not prove to be real counts as a mock';
  const image = isReal(journal, group, folder, 'png') ? 'midjourney' : 'placeholder';
  if (!hasPart(group, folder, 'mp4')) return { image, ...(image === 'placeholder' ? { reason } : {}) };
  const video = isReal(journal, group, folder, 'mp4') ? 'runway' : 'mock';
  return { image, video, ...(image === 'placeholder' || video === 'mock' ? { reason } : {}) };
}

const REAL = { png: 'midjourney', mp4: 'runway' } as const;

/** Its last known maker is the provider, and it still has the size that arrived. */
export function isReal(
  journal: JournalDocument | null,
  group: Group,
  folder: string,
  part: keyof typeof REAL,
): boolean {
  const stored = group.objects.find((object) => object.key === partKey(folder, group.id, part));
  const made = journal?.entries.findLast(
    (entry) =>
      entry.type === 'file' && entry.source !== undefined && entry.key.endsWith(`/${group.id}.${part}`),
  );
  return made?.type === 'file' && made.source === REAL[part] && made.bytes === stored?.size;
}

/** The last order of a kind, with what is known of it. */
function lastOrder(journal: JournalDocument, kind: 'image' | 'video'): CallCost | null {
  return ordersOf(journal, kind).at(-1) ?? null;
}

/**
 * I3: what stands against an order, whatever a state that was edited, reset or written by an older tool says: the task that
 * is paid for already, or the reason why no more of them are. Null: it may be made.
 */
export function standsAgainst(
  journal: JournalDocument,
  kind: 'image' | 'video',
  maxRetries: number,
): { readonly taskId: string } | { readonly reason: string } | null {
  const taskId = openTask(journal, kind);
  if (taskId !== null) return { taskId };
  const left = lastOrder(journal, kind)?.settled === null ? 1 : 0;
  if (unknownOrders(journal, kind) + left > MAX_UNKNOWN_OUTCOMES)
    return { reason: kind === 'image' ? IMAGE_UNKNOWN_TWICE : VIDEO_UNKNOWN_TWICE };
  const { size } = new Set(
    journal.entries.flatMap((entry) => (entry.type === 'ended' ? [entry.task_id] : [])),
  );
  return kind === 'image' && size > maxRetries ? { reason: `the picture failed ${size} times` } : null;
}

/** A video is ordered once; a picture again when its task has ended without one. */
function openTask(journal: JournalDocument, kind: 'image' | 'video'): string | null {
  const order = lastOrder(journal, kind);
  const taskId = order === null ? null : orderedTask(order);
  return taskId !== null && hasEnded(journal, taskId) ? null : taskId;
}

function hasEnded(journal: JournalDocument, taskId: string): boolean {
  return journal.entries.some((entry) => entry.type === 'ended' && entry.task_id === taskId);
}

/**
 * Where an unfinished post stands: what to write into the image document beside the specification's four keys at rest.
 * `group`: its objects in 666; the text is there.
 */
export function progressOf(
  journal: JournalDocument | null,
  group: Group,
  folder: string,
): Partial<ImageDocument> {
  const image = journal === null ? null : lastOrder(journal, 'image');
  if (journal === null || image === null) return { generation: true };
  const failures = failuresOf(journal);
  const taskId = openTask(journal, 'image');
  const gaveUp = fallbackAfter(journal.entries, image, 'midjourney');
  if (gaveUp !== null) return { status: 'timed_out_mock_needed', image_failure: gaveUp.slice(0, 500) };
  if (isReal(journal, group, folder, 'png')) {
    const candidate = journal.image_choice?.winner ?? 1;
    const results = { midjourney_results: { task_id: orderedTask(image) ?? 'unknown', status: 'completed' } };
    return { picture: { source: 'midjourney', candidate }, ...results, ...videoProgress(journal) };
  }
  if (taskId !== null) {
    const { at_utc: since = '' } = image.settled ?? {};
    return { midjourney_task: { task_id: taskId, requested_at_utc: since }, ...failures };
  }
  const ordered = { generation: true, ...failures };
  return image.settled === null ? { ...ordered, submission: submissionOf('image', image) } : ordered;
}

/** I3: how often the picture was ordered in vain, so that the bounds on repeating an order still hold. */
function failuresOf(journal: JournalDocument): Partial<ImageDocument> {
  const orders = ordersOf(journal, 'image');
  const last = orders.at(-1);
  const open = openTask(journal, 'image');
  // A task that was followed by another order ended without a picture.
  const attempts = orders.filter(
    (order) =>
      order.settled?.outcome === 'refused' ||
      (order.settled?.outcome === 'succeeded' && (order !== last || open === null)),
  ).length;
  const unknown = unknownOrders(journal, 'image');
  return { ...(attempts > 0 ? { attempts } : {}), ...(unknown > 0 ? { unknown_outcomes: unknown } : {}) };
}

function ordersOf(journal: JournalDocument, kind: 'image' | 'video'): CallCost[] {
  return callCosts(journal.entries).filter(({ intent }) => intent?.kind === kind);
}

/** `failed`: answered, but without a task. One left behind and followed by another was given up; the last may be recalled. */
function unknownOrders(journal: JournalDocument, kind: 'image' | 'video'): number {
  const orders = ordersOf(journal, kind);
  return orders.filter(
    ({ settled }, at) =>
      settled?.outcome === 'unknown' ||
      settled?.outcome === 'failed' ||
      (settled === null && at < orders.length - 1),
  ).length;
}

function videoProgress(journal: JournalDocument): Partial<ImageDocument> {
  const video = lastOrder(journal, 'video');
  if (video === null) return {};
  const fallback = journal.entries.findLast((entry) => entry.type === 'fallback' && entry.from === 'runway');
  if (fallback?.type === 'fallback') return { video_failure: fallback.reason.slice(0, 500) };
  const taskId = orderedTask(video);
  if (taskId !== null)
    return { video_task: { task_id: taskId, requested_at_utc: video.settled?.at_utc ?? '' } };
  const unknown = unknownOrders(journal, 'video');
  if (unknown > MAX_UNKNOWN_OUTCOMES) return { video_failure: VIDEO_UNKNOWN_TWICE };
  return {
    ...(unknown > 0 ? { unknown_outcomes: unknown } : {}),
    ...(video.settled === null ? { submission: submissionOf('video', video) } : {}),
  };
}

function orderedTask({ settled }: CallCost): string | null {
  return settled?.outcome === 'succeeded' ? (settled.task_id ?? null) : null;
}

function submissionOf(kind: 'image' | 'video', { call, intent }: CallCost): ImageDocument['submission'] {
  return { kind, intent_id: call, at_utc: intent?.at_utc ?? '' };
}

/** Why something came in place of the order's result; null when nothing did. */
function fallbackAfter(entries: readonly JournalEntry[], order: CallCost, from: string): string | null {
  const since = entries.findLastIndex((entry) => 'call' in entry && entry.call === order.call);
  const fallback = entries.slice(since).find((entry) => entry.type === 'fallback' && entry.from === from);
  return fallback?.type === 'fallback' ? fallback.reason : null;
}

/** Whether the journal tells of this task, so that a result without a post can be given to its post. */
export function knowsTask(journal: JournalDocument | null, taskId: string): boolean {
  return (journal?.entries ?? []).some(
    (entry) => (entry.type === 'settled' || entry.type === 'corrected') && entry.task_id === taskId,
  );
}

/** What the journal proves to be paid for, as the ledger has it; refused calls cost nothing. */
export function ledgerCalls(id: GenerationId, journal: JournalDocument): LedgerCall[] {
  return callCosts(journal.entries).flatMap(({ costUsd: cost_usd, intent, measured, settled }) => {
    const state = settled === null ? 'reserved' : settled.outcome;
    if (intent === null || state === 'refused') return [];
    const { at_utc, call, kind, model, provider, reserved_usd, stage } = intent;
    return [{ call, at_utc, id, kind, stage, provider, model, state, reserved_usd, cost_usd, measured }];
  });
}
