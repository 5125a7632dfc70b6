/**
 * The story of one post, written with the state (one object per post). It answers "why is this post as it is" and
 * "what did it cost", and it keeps what text stages have already been paid for, so that a killed run pays for none twice.
 */
import { z } from 'zod';
import { FOCUS_LIMIT, IDEA_LIMIT, TEXT_LIMIT } from './limits.ts';
import { imageChoiceSchema, pollSchema, sceneSchema, topicSchema } from './post.ts';

const text = z.string().max(4_000);
const base = { at_utc: z.string().max(40) };

export const PAID_KINDS = ['text', 'judge', 'image', 'video'] as const;
export type PaidKind = (typeof PAID_KINDS)[number];

export const FILE_SOURCES = ['text', 'midjourney', 'placeholder', 'runway', 'mock'] as const;
export type FileSource = (typeof FILE_SOURCES)[number];

export const journalEntrySchema = z.discriminatedUnion('type', [
  z.object({ ...base, type: z.literal('decision'), action: text, reason: text }),
  /** Written before the call is made. */
  z.object({
    ...base,
    type: z.literal('intent'),
    call: text,
    kind: z.enum(PAID_KINDS),
    stage: text,
    provider: text,
    model: text,
    reserved_usd: z.number().nonnegative(),
    /** The `submission` of the state that this call belongs to, by which a task is found again whose id the state lost. */
    intent_id: text.optional(),
  }),
  /** Written when its outcome is known, or known to be unknowable. */
  z.object({
    ...base,
    type: z.literal('settled'),
    call: text,
    outcome: z.enum(['succeeded', 'refused', 'failed', 'unknown']),
    cost_usd: z.number().nonnegative(),
    /** True when the cost is the provider's own figure and not our estimate. */
    measured: z.boolean(),
    seconds: z.number().nonnegative(),
    task_id: text.optional(),
    detail: text.optional(),
  }),
  /** What a task turned out to have cost; takes the place of the figure that its call was settled with. */
  z.object({
    ...base,
    type: z.literal('corrected'),
    call: text,
    cost_usd: z.number().nonnegative(),
    task_id: text,
  }),
  z.object({ ...base, type: z.literal('fallback'), from: text, to: text, reason: text }),
  z.object({
    ...base,
    type: z.literal('file'),
    key: text,
    bytes: z.int().nonnegative(),
    sha256: z.string().length(64),
    /** Who made it; absent where a run tells of a file that an earlier one left (I7). */
    source: z.enum(FILE_SOURCES).optional(),
  }),
  /** A painted task that ended without a usable picture: the one thing after which a picture may be ordered again (I3). */
  z.object({ ...base, type: z.literal('ended'), task_id: text, reason: text }),
  z.object({ ...base, type: z.literal('note'), text }),
]);
export type JournalEntry = z.infer<typeof journalEntrySchema>;
/** An entry before the journal has stamped it. */
export type NewJournalEntry = JournalEntry extends infer Entry
  ? Entry extends JournalEntry
    ? Omit<Entry, 'at_utc'>
    : never
  : never;

export const TEXT_STAGES = ['topic', 'text', 'comment', 'poll', 'scene'] as const;
export type TextStage = (typeof TEXT_STAGES)[number];

/** What has been written of a post whose text is not complete yet. `intent`: a stage that was asked for and not answered. */
export const draftSchema = z.object({
  focus: z.string().max(FOCUS_LIMIT).optional(),
  creative_prompt: z.string().max(IDEA_LIMIT).optional(),
  restriction: z.string().max(IDEA_LIMIT).optional(),
  topic: topicSchema.optional(),
  text: z.string().max(TEXT_LIMIT).optional(),
  comment: z.string().max(TEXT_LIMIT).optional(),
  poll: pollSchema.optional(),
  scene: sceneSchema.optional(),
  intent: z.object({ stage: z.enum(TEXT_STAGES) }).optional(),
  /** How often a stage's outcome stayed unknown; the second time the post is given up before it exists (I3). */
  unknown_outcomes: z.int().nonnegative().optional(),
  /** Answers in a row to the stage that is due which were charged for and are of no use (I6). */
  useless_answers: z.int().nonnegative().optional(),
  /** The stage that the model will not write: it is not asked again for this post (I3). */
  refused: z.enum(TEXT_STAGES).optional(),
});
export type Draft = z.infer<typeof draftSchema>;

export const journalSchema = z.looseObject({
  version: z.literal(1),
  id: z.string().max(20),
  entries: z.array(journalEntrySchema).max(2_000),
  draft: draftSchema.optional(),
  image_choice: imageChoiceSchema.optional(),
});
export type JournalDocument = z.infer<typeof journalSchema>;

/** What is talked of makes room, never what was paid or stored while there is any talk (`runtime/journal-store.ts`). */
export const JOURNAL_ENTRIES = 1_000;
