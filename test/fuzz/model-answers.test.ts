/** A language model's answers, through the AI SDK and the real adapters: texts, objects, and the choice of a picture. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, expect } from 'vitest';

import { createImageJudge } from '../../src/adapters/openai/image-judge.ts';
import { createTextModel } from '../../src/adapters/openai/text-model.ts';
import { defaultPrices } from '../../src/domain/default-prices.ts';
import type { Result } from '../../src/domain/failure.ts';
import { ledgerCallSchema } from '../../src/domain/ledger.ts';
import { failedTextCharge, textCharge } from '../../src/domain/money.ts';
import { imageChoiceSchema, pollSchema, sceneSchema } from '../../src/domain/post.ts';
import type { ModelAnswer } from '../../src/ports/text-model.ts';
import {
  answers,
  isWhole,
  jsonOf,
  judgeFailure,
  judgePaidFailure,
  judgeTokens,
  KEY,
  redact,
  startAnsweringServer,
  word,
  type Answer,
  type AnsweringServer,
} from './answers.ts';
import { fuzz } from './fuzz.ts';
import { damaged, jsonBytes, mutated } from './hostile.ts';

const PRICES = defaultPrices('fast');
const SCENE = { script: 'A door opens.', first_frame_description: 'A door in fog.' };
const POLL = { question: 'Why?', options: ['a', 'b', 'c'] };
const CRITERIA = [
  { name: 'Light', weight: 3 },
  { name: '__proto__', weight: 1 },
];
const VERDICT = {
  images: [
    { image: 1, scores: [3, 4] },
    { image: 2, scores: [9, 1] },
  ],
  winner: 2,
  reason: 'sharp',
};
const completion = (content: unknown) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-2024-11-20',
  choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
});
const ERROR = { error: { message: `Not with ${KEY}`, type: 'x', code: 'insufficient_quota', param: null } };

let server: AnsweringServer;
let folder = '';
let png: Buffer;
beforeAll(async () => {
  server = await startAnsweringServer();
  folder = await mkdtemp(join(tmpdir(), 'reelmill-fuzz-model-'));
  const grey = { create: { width: 16, height: 9, channels: 3 as const, background: '#445566' } };
  png = await sharp(grey).png().toBuffer();
  await writeFile(join(folder, 'picture.png'), png);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const options = () => ({
  apiKey: KEY,
  baseURL: `${server.url}/v1`,
  model: 'gpt-4o',
  timeoutSeconds: 20,
  redact,
});
const request = { stage: 'scene', prompt: 'Write.', maxOutputTokens: 100, temperature: 0.7 };

/** What the model says: the wished object in other words, in a fence, cut, or something else. */
function said(good: unknown): fc.Arbitrary<unknown> {
  const wished = fc.oneof(fc.constant(good), mutated(good)).map((value) => JSON.stringify(value));
  return fc.oneof(
    { arbitrary: wished, weight: 3 },
    wished.map((json) => `Here it is:\n\`\`\`json\n${json}\n\`\`\`\nEnjoy! {}`),
    damaged(new TextEncoder().encode(JSON.stringify(good))).map((bytes) => new TextDecoder().decode(bytes)),
    fc
      .constantFrom('{', '{{', '{"', '{"\\')
      .chain((unit) => fc.nat(100_000).map((count) => unit.repeat(count))),
    word,
    fc.constantFrom<unknown>(null, '', 7, [], [{ type: 'text', text: 'x' }]),
  );
}

const tokens = fc.oneof(
  fc.constantFrom<unknown>(0, 7, -7, 1.5, 1e9, 1e308, Number.MAX_SAFE_INTEGER, null, '7', undefined),
  fc.integer(),
);
const reason = fc.constantFrom(
  'stop',
  'length',
  'content_filter',
  'tool_calls',
  'function_call',
  '',
  KEY,
  null,
  7,
);

function chatBody(good: unknown): fc.Arbitrary<Uint8Array> {
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const shaped = fc
    .record({
      content: said(good),
      finish: reason,
      input: tokens,
      output: tokens,
      model: word,
      refusal: word,
    })
    .map(({ content, finish, input, output, model, refusal }) => {
      const message = { role: 'assistant', content, refusal };
      const choices = [{ index: 0, message, finish_reason: finish }];
      return { model, choices, usage: { prompt_tokens: input, completion_tokens: output } };
    });
  return fc.oneof(
    { arbitrary: said(good).map((content) => bytes(completion(content))), weight: 4 },
    { arbitrary: shaped.map(bytes), weight: 4 },
    { arbitrary: jsonBytes(completion(JSON.stringify(good))), weight: 3 },
    { arbitrary: jsonBytes(ERROR), weight: 1 },
    // A page of something on the way, which has braces of its own.
    {
      arbitrary: fc.constant(new TextEncoder().encode('<html><style>p {}</style>{"error":1}</html>')),
      weight: 1,
    },
  );
}

/** The answer as a value that can be counted and kept, or a failure that says whether it was paid for. */
function judged<T>(answer: Answer, result: Result<ModelAnswer<T>>): T | null {
  expect(server.asked).toEqual(['POST /v1/chat/completions']);
  if (!result.ok) {
    judgePaidFailure(result.failure, answer);
    judgeCharge(failedTextCharge(PRICES, 'gpt-4o', result.failure, 0.01));
    return null;
  }
  expect(isWhole(answer) && answer.status < 300).toBe(true);
  const { model, usage, value } = result.value;
  judgeTokens(usage);
  expect(model.length).toBeLessThanOrEqual(200);
  judgeCharge(textCharge(PRICES, 'gpt-4o', result.value, 0.01));
  return value;
}

function judgeCharge(charge: { readonly costUsd: number } | null): void {
  if (charge) expect(ledgerCallSchema.shape.cost_usd.safeParse(charge.costUsd).success).toBe(true);
}

fuzz(
  'I3 D13 any answer to a request for a text is the text that it holds, a certain refusal, or paid for and useless',
  200,
  fc.asyncProperty(answers(chatBody('A text.')), async (answer) => {
    server.answer(answer);
    const value = judged(answer, await createTextModel(options()).write(request));
    if (value === null) return;
    expect(value.trim()).not.toBe('');
    const { choices } = jsonOf(answer) as { choices: { message: { content: string } }[] };
    expect(choices[0]?.message.content).toBe(value);
  }),
);

fuzz(
  'I3 D13 any answer to a request for an object is of its schema, a certain refusal, or paid for and useless',
  200,
  fc.asyncProperty(
    fc.oneof(answers(chatBody(SCENE)), answers(chatBody(POLL))),
    fc.constantFrom(sceneSchema, pollSchema),
    async (answer, schema) => {
      server.answer(answer);
      const model = createTextModel(options());
      // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- no array: the port's own `fill`.
      const value = judged(answer, await model.fill<unknown>(request, schema));
      if (value !== null) expect(schema.safeParse(value).success).toBe(true);
    },
  ),
);

fuzz(
  'I3 P4 any verdict on pictures is a choice that a post can hold, or a failure',
  150,
  fc.asyncProperty(answers(chatBody(VERDICT)), async (answer) => {
    server.answer(answer);
    const picture = join(folder, 'picture.png');
    const value = judged(
      answer,
      await createImageJudge(options()).judge({
        pictures: [picture, picture],
        prompt: 'A door.',
        instructions: 'Judge {prompt} by {criteria}',
        criteria: CRITERIA,
        maxOutputTokens: 500,
      }),
    );
    if (value === null) return;
    expect(imageChoiceSchema.safeParse(JSON.parse(JSON.stringify(value))).success).toBe(true);
    expect([1, 2]).toContain(value.winner);
  }),
);

fuzz(
  'P4 no picture, however damaged, is shown to the judge half, and nothing is paid for one that cannot be',
  50,
  fc.asyncProperty(
    // When the picture is there.
    fc.constant(null).chain(() => damaged(png)),
    async (bytes) => {
      const good = { status: 200, headers: [], framing: 'length' as const };
      server.answer({ ...good, body: Buffer.from(JSON.stringify(completion(JSON.stringify(VERDICT)))) });
      await writeFile(join(folder, 'damaged.png'), bytes);
      const chosen = await createImageJudge(options()).judge({
        pictures: [join(folder, 'picture.png'), join(folder, 'damaged.png')],
        prompt: 'A door.',
        instructions: 'Judge.',
        criteria: CRITERIA,
        maxOutputTokens: 500,
      });
      expect(server.asked).toHaveLength(chosen.ok ? 1 : 0);
      if (chosen.ok) return;
      judgeFailure(chosen.failure);
      expect(chosen.failure).toMatchObject({ code: 'download_invalid', effect: 'refused' });
    },
  ),
);
