/**
 * Settings that are each allowed and together cannot do what they are there for. Nothing fails, so that nobody would
 * notice: the judge is paid for a choice that is already made, or every video shows a strip of its picture.
 */
import { nearestRunwayRatio, parseRatio } from '../domain/runway-limits.ts';
import type { ConfigNote } from './problem.ts';
import { outputSize, runwayRequest } from './resolved.ts';
import type { Config } from './schema.ts';

/** Notes on what cannot be meant. */
export function senselessValues(config: Config): readonly ConfigNote[] {
  return [...weightNotes(config), ...verdictNotes(config), ...shapeNotes(config), ...bucketNotes(config)];
}

function weightNotes({ VISUAL_ANALYSIS: judge }: Config): readonly ConfigNote[] {
  if (!judge.enabled || judge.image_selection_criteria.some(({ weight }) => weight > 0)) return [];
  return [
    {
      kind: 'suspicious',
      path: 'VISUAL_ANALYSIS.image_selection_criteria',
      message: 'weighs nothing: the judge is paid, and the first picture always wins',
      suggestion:
        'Give at least one criterion a weight above 0, or switch VISUAL_ANALYSIS.enabled off to take the first picture for nothing.',
    },
  ];
}

/** Midjourney makes four pictures. */
const PICTURES = 4;
/** A score is a digit and a comma; around it stand the names of the answer's parts, and one short sentence as its reason. */
const TOKENS_OF_SCORE = 2;
const TOKENS_OF_PICTURE = 12;
const TOKENS_OF_REST = 35;

function verdictNotes({ VISUAL_ANALYSIS: judge }: Config): readonly ConfigNote[] {
  const criteria = judge.image_selection_criteria.length;
  const least = PICTURES * (TOKENS_OF_PICTURE + TOKENS_OF_SCORE * criteria) + TOKENS_OF_REST;
  const given = judge.image_selection_max_tokens;
  if (!judge.enabled || given >= least) return [];
  const roomy = 50 * Math.ceil((1.5 * least) / 50);
  return [
    {
      kind: 'suspicious',
      path: 'VISUAL_ANALYSIS.image_selection_max_tokens',
      message: `is ${given} tokens, which cannot hold the scores of ${PICTURES} pictures on ${criteria} ${criteria === 1 ? 'criterion' : 'criteria'} (about ${least}); every judgement would be paid and cut`,
      suggestion: `Write \`${roomy}\` or more, or take fewer criteria.`,
    },
  ];
}

function shapeNotes(config: Config): readonly ConfigNote[] {
  const size = outputSize(config);
  const { model, ratio } = runwayRequest(config);
  const asked = parseRatio(ratio);
  if (asked === null || orientation(size) * orientation(asked) >= 0) return [];
  const fitting = nearestRunwayRatio(model, `${size.width}:${size.height}`);
  const shape = (of: typeof size): string => (orientation(of) > 0 ? 'wide' : 'tall');
  return [
    {
      kind: 'suspicious',
      path: 'VIDEO.runway_ratio',
      message: `asks for a ${shape(asked)} video (\`${ratio}\`) of a ${shape(size)} picture (IMAGE_GENERATION.output_size is \`${config.IMAGE_GENERATION.output_size}\`), of which it would show a strip`,
      suggestion: `Write \`${fitting}\`, or turn IMAGE_GENERATION.output_size.`,
    },
  ];
}

/** 1 for wide, -1 for tall, 0 for square. */
function orientation({ height, width }: { readonly width: number; readonly height: number }): number {
  return Math.sign(width - height);
}

/** What AWS, Backblaze B2, Cloudflare R2, MinIO and Google take together; each of them takes less. */
const BUCKET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/;

function bucketNotes({ API_KEYS: { b2 } }: Config): readonly ConfigNote[] {
  if (b2.bucket_name === null || BUCKET_NAME.test(b2.bucket_name)) return [];
  return [
    {
      kind: 'suspicious',
      path: 'API_KEYS.b2.bucket_name',
      message: 'is a name that no bucket can have',
      suggestion:
        'Write the name alone, without an address or a folder: 3 to 63 letters, digits, dots and hyphens.',
    },
  ];
}
