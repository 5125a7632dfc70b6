/** `<id>.json`: the text of a post, and beside it what its picture and video really are (C4, D11, I7). */
import { z } from 'zod';
import { FOCUS_LIMIT } from './limits.ts';

/** Telegram's limits for polls (D13). */
export const POLL_QUESTION_LIMIT = 300;
export const POLL_OPTION_LIMIT = 100;
export const POLL_OPTIONS = 3;

export const pollSchema = z.object({
  question: z.string().trim().min(1).max(POLL_QUESTION_LIMIT),
  options: z.array(z.string().trim().min(1).max(POLL_OPTION_LIMIT)).length(POLL_OPTIONS),
});

export const sceneSchema = z.object({
  script: z.string().trim().min(1).max(4_000),
  first_frame_description: z.string().trim().min(1).max(4_000),
});

/** Of a topic's label, in characters. */
export const LABEL_LIMIT = 100;

export const topicSchema = z.object({
  /** Switched off, the focus is the topic, whatever its length. */
  full_topic: z.string().trim().min(1).max(FOCUS_LIMIT),
  /** At most two words: what `focus_data` remembers, so that the topic does not come back. */
  short_topic: z.string().trim().min(1).max(LABEL_LIMIT),
});

const criterionScores = z.object({
  image: z.int().min(1).max(16),
  scores: z.record(z.string(), z.number().min(0).max(10)),
  total: z.number(),
});

/** P4: how the picture was chosen; kept whole, so that anybody can see why. */
export const imageChoiceSchema = z.object({
  winner: z.int().min(1).max(16),
  reason: z.string().max(4_000),
  scores: z.array(criterionScores).max(16),
  /** Set when the judge failed and the first picture was taken. */
  fallback: z.string().max(2_000).optional(),
});
export type ImageChoice = z.infer<typeof imageChoiceSchema>;

export const mediaSchema = z.looseObject({
  image: z.enum(['midjourney', 'placeholder']),
  video: z.enum(['runway', 'mock']).optional(),
  image_task_id: z.string().max(300).optional(),
  video_task_id: z.string().max(300).optional(),
  /** Why a placeholder or a mock stands in. */
  reason: z.string().max(2_000).optional(),
});
export type Media = z.infer<typeof mediaSchema>;

const longText = z.string().max(20_000);

/** What a stored post must hold to be worked with; a post of the older scripts holds no `media`. */
export const postSchema = z.looseObject({
  topic: z.union([longText, z.looseObject({ full_topic: longText })]).default(''),
  content: z.unknown().optional(),
  sarcasm: z.unknown().optional(),
  script: longText.optional(),
  first_frame_description: longText.optional(),
  media: mediaSchema.optional(),
  image_choice: imageChoiceSchema.optional(),
});
export type Post = z.infer<typeof postSchema>;

export function topicOf(post: Post): string {
  return typeof post.topic === 'string' ? post.topic : post.topic.full_topic;
}
