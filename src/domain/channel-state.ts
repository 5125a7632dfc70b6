/**
 * The three documents in which a channel's state waits between runs (S1, S4, section 6 of the specification). Other
 * tools read and write them too, so unknown keys are kept, older spellings are understood, and every key of ours that
 * the specification does not know disappears again when a post is done.
 */
import { z } from 'zod';
import { isGenerationId, type GenerationId } from './generation-id.ts';
import { parseTimestamp } from './timestamp.ts';

/** `image_failure` and `video_failure` after `MAX_UNKNOWN_OUTCOMES`. */
export const IMAGE_UNKNOWN_TWICE = 'twice nobody knows whether the picture was ordered';
export const VIDEO_UNKNOWN_TWICE = 'twice nobody knows whether the video was ordered';

const shortText = z.string().max(2_000);
const moment = shortText.refine((text) => parseTimestamp(text) !== null, {
  error: 'is not a moment like 2026-01-31T20:30:00.000000+00:00',
});
const taskId = z.string().trim().min(1).max(300);

/** `config_public.json`: shared with the publisher, who appends the ids it has published. */
export const publicDocumentSchema = z.looseObject({
  processing_lock: z.boolean().default(false),
  /** A list, a single id, or nothing; what is no id is kept and reported (M10). */
  generation_id: z.union([z.array(z.unknown()).max(10_000), shortText, z.null()]).default(null),
  /** D12: who holds the lock, and until when; both absent with tools that know only the flag. */
  lock_owner: shortText.nullish(),
  lock_expires_at_utc: moment.nullish(),
  /** Grows by one with every run that takes the lock, and is never reset. */
  lock_epoch: z.int().nonnegative().optional(),
  /** On a store with versions only: the etag of the version this one was made from (`runtime/published-ids.ts`). */
  merged_version: shortText.nullish(),
});
export type PublicDocument = z.infer<typeof publicDocumentSchema>;

/** `config_gen.json`: the id of the post that is being made. */
export const generationDocumentSchema = z.looseObject({
  generation_id: z
    .union([shortText, z.null()])
    .default(null)
    .transform((id) => (id === '' ? null : id))
    .refine((id) => id === null || isGenerationId(id), {
      error: 'is not a generation id like 20260131-2030',
    }),
});
export interface GenerationDocument {
  readonly generation_id: GenerationId | null;
  readonly [key: string]: unknown;
}

const taskReference = z.looseObject({ task_id: taskId, requested_at_utc: moment });
export type TaskReference = z.infer<typeof taskReference>;

/** Written before a paid submission: a run that finds one without a task id knows that the outcome is unknown (I3). */
const submission = z.object({ kind: z.enum(['image', 'video']), intent_id: shortText, at_utc: moment });

const picture = z.object({
  source: z.literal('midjourney'),
  /** Which of the candidates, from 1; 0 where only a late video is fetched, whose picture lies there already. */
  candidate: z.int().min(0).max(16),
});
/** The picture of the post that is being made, once it lies verified in the store. */
export type SavedPicture = z.infer<typeof picture>;

const lateTask = z.object({
  kind: z.enum(['image', 'video']),
  id: z.custom<GenerationId>(isGenerationId),
  task_id: taskId,
  requested_at_utc: moment,
});
/** A task that was given up; should it still finish, its result replaces the post's mock. */
export type LateTask = z.infer<typeof lateTask>;

/** `config_midjourney.json`: where the post that is being made stands. The first four keys are the specification's. */
export const imageDocumentSchema = z.looseObject({
  midjourney_task: z
    .union([taskReference, z.looseObject({ task_id: taskId }), taskId, z.null(), z.object({}).strict()])
    .default(null),
  midjourney_results: z.union([z.record(z.string(), z.unknown()), z.null()]).default({}),
  generation: z
    .boolean()
    .nullable()
    .default(false)
    .transform((flag) => flag ?? false),
  status: z.union([z.literal('timed_out_mock_needed'), shortText, z.null()]).default(null),
  /** Definite failures to get a picture for this post. */
  attempts: z.int().nonnegative().optional(),
  /** Submissions for this post of which nobody knows whether they happened. */
  unknown_outcomes: z.int().nonnegative().optional(),
  retry_after_utc: moment.nullish(),
  submission: submission.nullish(),
  picture: picture.nullish(),
  /** How often the painted pictures could not be fetched. */
  picture_failures: z.int().nonnegative().optional(),
  video_task: taskReference.nullish(),
  /** Why the post gets a placeholder and a mock video; absent where another tool has asked for them. */
  image_failure: shortText.nullish(),
  /** Why the post gets a mock video. */
  video_failure: shortText.nullish(),
  /** The post was finished with a mock; a late result is now taking the mock's place. */
  replacing_mock: z.boolean().optional(),
  late_tasks: z.array(lateTask).max(100).optional(),
});
export type ImageDocument = z.infer<typeof imageDocumentSchema>;

/** What `decide` and `transition` work on. */
export interface ChannelState {
  readonly generation: GenerationDocument;
  readonly image: ImageDocument;
}

/** The keys of ours that belong to the post being made, and leave the document with it. */
export const PROGRESS_KEYS = [
  'attempts',
  'unknown_outcomes',
  'retry_after_utc',
  'submission',
  'picture',
  'picture_failures',
  'image_failure',
  'video_task',
  'video_failure',
  'replacing_mock',
] as const satisfies readonly (keyof ImageDocument)[];

/** The specification's four keys when nothing is going on. */
export const AT_REST = {
  midjourney_task: null,
  midjourney_results: {},
  generation: false,
  status: null,
} as const satisfies Partial<ImageDocument>;

/** The four keys as given or at rest, none of ours that belong to a post; everything else as it was. */
export function withoutProgress(image: ImageDocument, change: Partial<ImageDocument> = {}): ImageDocument {
  const kept: ImageDocument = { ...image };
  for (const key of PROGRESS_KEYS) delete kept[key];
  return { ...kept, ...AT_REST, ...change };
}

/**
 * Where a post stands again after its state was lost: `progress` beside the keys at rest. What is taken up again is late no
 * more: its result would take the place of itself, and a second video would be paid for (I3).
 */
export function resumed(image: ImageDocument, progress: Partial<ImageDocument>): ImageDocument {
  const { late_tasks: known = [], ...rest } = withoutProgress(image, progress);
  const { midjourney_results: results, midjourney_task: task, video_task: video } = progress;
  const picture =
    results?.['task_id'] ??
    (typeof task === 'object' && task !== null && 'task_id' in task ? task.task_id : task);
  const late = known.filter(({ task_id: id }) => id !== picture && id !== video?.task_id);
  return late.length === 0 ? (rest as ImageDocument) : { ...(rest as ImageDocument), late_tasks: late };
}

/** The ids that the publisher has marked (M10), in its order, and what stands there that is no id. */
export function publishedIds(document: Pick<PublicDocument, 'generation_id'>): {
  ids: GenerationId[];
  foreign: unknown[];
} {
  const listed = document.generation_id ?? [];
  const ids: GenerationId[] = [];
  const foreign: unknown[] = [];
  for (const entry of Array.isArray(listed) ? listed : [listed]) {
    const id = publishedIdOf(entry);
    if (id === null) foreign.push(entry);
    else if (!ids.includes(id)) ids.push(id);
  }
  return { ids, foreign };
}

/** An entry is an id with or without `.json`; `null` when it is neither. */
export function publishedIdOf(entry: unknown): GenerationId | null {
  const bare = typeof entry === 'string' ? entry.trim().replace(/\.json$/, '') : entry;
  return isGenerationId(bare) ? bare : null;
}
