import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { imageChoiceSchema } from '../../domain/post.ts';
import type { JudgeRequest } from '../../ports/image-judge.ts';
import { json, startTestServer } from '../http/test-server.ts';
import { chooseByScores, createImageJudge } from './image-judge.ts';

const part = z.object({
  type: z.string(),
  text: z.string().optional(),
  image_url: z.object({ url: z.string() }).optional(),
});
const bodySchema = z.object({ messages: z.array(z.object({ content: z.array(part) })) });
const CRITERIA = [
  { name: 'Prompt match', weight: 1 },
  { name: 'No artifacts', weight: 2 },
];
let folder = '';
let request: JudgeRequest;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'judge-test-'));
  const pictures = ['#100000', '#200000', '#300000'].map(async (background, index) => {
    const file = path.join(folder, `${index}.png`);
    await sharp({ create: { width: 1600, height: 900, channels: 3, background } })
      .png()
      .toFile(file);
    return file;
  });
  request = {
    pictures: await Promise.all(pictures),
    prompt: 'a door with {criteria} on it',
    instructions: "Judge for '{prompt}' by {criteria}. Keep {this}.",
    criteria: CRITERIA,
    maxOutputTokens: 500,
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const verdict = (scores: readonly (readonly number[])[], winner = 1) => ({
  images: scores.map((entry, index) => ({ image: index + 1, scores: [...entry] })),
  winner,
  reason: 'Sharp and clear.',
});

async function judged(answer: unknown, change: Partial<JudgeRequest> = {}) {
  const content = typeof answer === 'string' ? answer : JSON.stringify(answer);
  await using server = await startTestServer(
    json(200, {
      model: 'gpt-4o',
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3000, completion_tokens: 60 },
    }),
  );
  const judge = createImageJudge({
    apiKey: 'sk-0123456789',
    baseURL: `${server.url}/v1`,
    model: 'gpt-4o',
    timeoutSeconds: 10,
    redact: (text) => text,
  });
  return { result: await judge.judge({ ...request, ...change }), seen: server.seen };
}

describe('P4 the choice', () => {
  test('the winner comes from the weighted scores, and a differing opinion of the model is kept as a remark', async () => {
    const { result } = await judged(
      verdict(
        [
          [9, 2],
          [3, 9],
          [8, 8],
        ],
        1,
      ),
    );
    expect(result).toEqual({
      ok: true,
      value: {
        model: 'gpt-4o',
        usage: { inputTokens: 3000, outputTokens: 60 },
        value: {
          winner: 3,
          reason: 'Sharp and clear. (The model itself named image 1.)',
          scores: [
            { image: 1, scores: { 'Prompt match': 9, 'No artifacts': 2 }, total: 13 },
            { image: 2, scores: { 'Prompt match': 3, 'No artifacts': 9 }, total: 21 },
            { image: 3, scores: { 'Prompt match': 8, 'No artifacts': 8 }, total: 24 },
          ],
        },
      },
    });
  });

  test('the first of equals wins, whatever order the answer has', async () => {
    const swapped = verdict(
      [
        [5, 5],
        [5, 5],
        [1, 1],
      ],
      1,
    );
    swapped.images.reverse();
    const { result } = await judged(swapped);
    expect(result).toMatchObject({ ok: true, value: { value: { winner: 1, reason: 'Sharp and clear.' } } });
  });

  test('scores outside 0 to 10 are brought back, so that one cannot outweigh everything', async () => {
    const { result } = await judged(
      verdict(
        [
          [1000, 0],
          [10, 1],
          [-5, 0],
        ],
        2,
      ),
    );
    expect(result).toMatchObject({ value: { value: { winner: 2 } } });
  });

  test.each([
    [
      'a picture is missing',
      verdict([
        [1, 1],
        [2, 2],
      ]),
    ],
    ['a score is missing', verdict([[1, 1], [2, 2], [3]])],
    [
      'a picture comes twice',
      {
        ...verdict([
          [1, 1],
          [2, 2],
          [3, 3],
        ]),
        images: [1, 1, 2].map((image) => ({ image, scores: [1, 1] })),
      },
    ],
    ['it is only words', 'Image 2 is best.'],
  ])('D13 a verdict in which %s is a bad answer', async (_, answer) => {
    expect((await judged(answer)).result).toMatchObject({
      failure: { code: 'provider_bad_answer', usage: { outputTokens: expect.any(Number) as unknown } },
    });
  });

  test('for any scores: the winner has the highest total, and the choice fits the post', () => {
    const score = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(score, score), { minLength: 2, maxLength: 16 }), (scores) => {
        const choice = chooseByScores(verdict(scores), CRITERIA, scores.length);
        const checked = imageChoiceSchema.parse(choice);
        const best = Math.max(...checked.scores.map(({ total }) => total));
        expect(checked.scores.findIndex(({ total }) => total === best) + 1).toBe(checked.winner);
      }),
    );
  });
});

describe('P4 the question', () => {
  test('holds the filled template and each picture, made small', async () => {
    const { seen } = await judged(
      verdict([
        [1, 1],
        [2, 2],
        [3, 3],
      ]),
    );
    const body = bodySchema.parse(JSON.parse(seen[0]?.body ?? ''));
    const parts = body.messages[0]?.content ?? [];
    const text = parts[0]?.text ?? '';
    expect(text).toContain("Judge for 'a door with {criteria} on it' by");
    expect(text).toContain('1. Prompt match (weight 1)\n2. No artifacts (weight 2)');
    expect(text).toContain('Keep {this}.');
    const pictures = parts.filter((part) => part.type === 'image_url');
    expect(pictures).toHaveLength(3);
    for (const picture of pictures) {
      const [head, data] = (picture.image_url?.url ?? '').split(',');
      expect(head).toBe('data:image/jpeg;base64');
      const facts = await sharp(Buffer.from(data ?? '', 'base64')).metadata();
      expect([facts.width, facts.height]).toEqual([1024, 576]);
    }
  });

  test('the schema is strict: a list of scores per picture, no free keys', async () => {
    const { seen } = await judged(
      verdict([
        [1, 1],
        [2, 2],
        [3, 3],
      ]),
    );
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
      response_format: {
        json_schema: {
          strict: true,
          schema: {
            properties: {
              images: {
                minItems: 3,
                maxItems: 3,
                items: { properties: { scores: { items: { type: 'number' }, minItems: 2, maxItems: 2 } } },
              },
            },
          },
        },
      },
    });
  });

  test('a file that is no picture fails before anything is paid', async () => {
    const broken = path.join(folder, 'broken.png');
    await writeFile(broken, 'no picture');
    const { result, seen } = await judged(verdict([[1, 1]]), {
      pictures: [request.pictures[0] ?? '', broken],
    });
    expect(result).toMatchObject({ failure: { code: 'download_invalid', effect: 'refused' } });
    expect(seen).toEqual([]);
  });
});
