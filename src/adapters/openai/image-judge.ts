/**
 * P4: a vision model scores the pictures; we do the sums. Models are good at looking and bad at adding up eighteen weighted
 * numbers, so a winner that a model names itself is only kept as a remark.
 */
import sharp from 'sharp';
import { z } from 'zod';

import { failure, success, type Result } from '../../domain/failure.ts';
import type { ImageChoice } from '../../domain/post.ts';
import { fillTemplate } from '../../domain/prompt-template.ts';
import type { Criterion, ImageJudge, JudgeRequest } from '../../ports/image-judge.ts';
import type { ModelAnswer } from '../../ports/text-model.ts';
import { chatObject, PROVIDER, type ChatRequest, type OpenaiOptions } from './chat.ts';

/** Longest side in pixels: more costs tokens and shows the model nothing new. */
const LONGEST_SIDE = 1024;
const JPEG_QUALITY = 82;
/** Far above any provider's picture; a small file can claim to be far larger. */
const MOST_PIXELS = 64_000_000;
const FEWEST_PICTURES = 2;
const MOST_PICTURES = 16;
const LONGEST_REASON = 1_500;
const BEST_SCORE = 10;

/** An `ImageJudge`; one call is one request. */
export function createImageJudge(options: OpenaiOptions): ImageJudge {
  return {
    provider: PROVIDER,
    model: options.model,
    judge: (request) => judge(options, request),
  };
}

async function judge(
  options: OpenaiOptions,
  request: JudgeRequest,
): Promise<Result<ModelAnswer<ImageChoice>>> {
  const count = request.pictures.length;
  if (count < FEWEST_PICTURES || count > MOST_PICTURES || request.criteria.length === 0)
    throw new Error(
      `A judge needs ${FEWEST_PICTURES} to ${MOST_PICTURES} pictures and a criterion, not ${count}`,
    );
  const pictures = await readPictures(request.pictures);
  if (!pictures.ok) return pictures;
  const schema = verdictSchema(count, request.criteria.length);
  const answer = await chatObject(options, chatRequest(request, pictures.value), schema);
  if (!answer.ok) return answer;
  const choice = chooseByScores(answer.value.value, request.criteria, count);
  if (choice === null) {
    const { model, usage } = answer.value;
    const message = 'Judging the pictures: the answer does not score each picture once';
    return failure('provider_bad_answer', message, { provider: PROVIDER }, { usage: { ...usage, model } });
  }
  return success({ ...answer.value, value: choice });
}

async function readPictures(files: readonly string[]): Promise<Result<Buffer[]>> {
  const pictures: Buffer[] = [];
  for (const [index, file] of files.entries()) {
    try {
      const limits = { limitInputPixels: MOST_PIXELS, failOn: 'error' as const };
      const small = sharp(file, limits)
        .rotate()
        .resize({ width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'inside', withoutEnlargement: true })
        .flatten({ background: '#000000' });
      pictures.push(await small.jpeg({ quality: JPEG_QUALITY }).toBuffer());
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n', 1)[0] : 'it cannot be read';
      return failure('download_invalid', `Picture ${index + 1} cannot be shown to the judge: ${reason}`);
    }
  }
  return success(pictures);
}

function chatRequest(request: JudgeRequest, pictures: readonly Buffer[]): ChatRequest {
  const criteria = request.criteria.map(
    ({ name, weight }, index) => `${index + 1}. ${name} (weight ${weight})`,
  );
  const instructions = fillTemplate(request.instructions, {
    prompt: request.prompt,
    criteria: `\n${criteria.join('\n')}\n`,
  });
  return {
    purpose: 'Judging the pictures',
    maxOutputTokens: request.maxOutputTokens,
    // The same pictures should get the same scores.
    temperature: 0,
    content: [
      { type: 'text', text: `${instructions}\n\n${answerFormat(pictures.length, criteria.length)}` },
      ...pictures.flatMap((data, index) => [
        { type: 'text' as const, text: `Image ${index + 1}:` },
        { type: 'file' as const, data, mediaType: 'image/jpeg' },
      ]),
    ],
  };
}

// Bare numbers in the order of the criteria: with their names, 18 criteria would not fit into the usual 500 tokens.
function answerFormat(pictures: number, criteria: number): string {
  return (
    `Answer with one JSON object: {"images": [{"image": 1, "scores": [${criteria} numbers]}, …], "winner": 1, "reason": "…"}. ` +
    `"images" has one entry for each of the ${pictures} images; "scores" holds its ${criteria} scores from 0 to ${BEST_SCORE}, ` +
    `in the order of the criteria; "reason" is one short sentence.`
  );
}

function verdictSchema(pictures: number, criteria: number) {
  const score = z.number().transform((given) => Math.min(Math.max(given, 0), BEST_SCORE));
  return z.object({
    images: z
      .array(z.object({ image: z.int().min(1).max(pictures), scores: z.array(score).length(criteria) }))
      .length(pictures),
    winner: z.int().min(0).max(MOST_PICTURES),
    reason: z.string().max(20_000),
  });
}

/** What the model answered; `scores` in the order of the criteria. */
export type Verdict = z.infer<ReturnType<typeof verdictSchema>>;

/** The picture with the highest weighted total, the first of equals; null when a picture has no scores, or two of them. */
export function chooseByScores(
  verdict: Verdict,
  criteria: readonly Criterion[],
  pictures: number,
): ImageChoice | null {
  const scores = verdict.images
    .toSorted((one, other) => one.image - other.image)
    .map((entry) => ({
      image: entry.image,
      scores: Object.fromEntries(criteria.map(({ name }, index) => [name, entry.scores[index] ?? 0])),
      // Rounded, so that the last bit of a sum cannot decide between equals.
      total: rounded(
        criteria.reduce((sum, { weight }, index) => sum + weight * (entry.scores[index] ?? 0), 0),
      ),
    }));
  if (scores.length !== pictures || scores.some((entry, index) => entry.image !== index + 1)) return null;
  let winner = 1;
  for (const entry of scores)
    if (entry.total > (scores[winner - 1]?.total ?? -Infinity)) winner = entry.image;
  const remark = verdict.winner === winner ? '' : ` (The model itself named image ${verdict.winner}.)`;
  return { winner, reason: `${verdict.reason.trim().slice(0, LONGEST_REASON)}${remark}`, scores };
}

function rounded(total: number): number {
  return Math.round(total * 1_000) / 1_000;
}
