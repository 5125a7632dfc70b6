import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, generateText, jsonSchema, Output } from 'ai';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { pollSchema, sceneSchema, topicSchema } from '../domain/post.ts';
import type { FaultRule } from './faults.ts';
import type { Sandbox } from './options.ts';
import { pictureUri, startTestSandbox } from './test-sandbox.ts';

globalThis.AI_SDK_LOG_WARNINGS = false;

const chatOf = (sandbox: Sandbox, apiKey = 'sk-right') =>
  createOpenAI({ apiKey, baseURL: sandbox.urls.openai }).chat('gpt-4o');

const ask = (sandbox: Sandbox, prompt: string, maxOutputTokens = 800) =>
  generateText({ model: chatOf(sandbox), prompt, maxRetries: 0, maxOutputTokens });

async function fill<T>(sandbox: Sandbox, schema: z.ZodType<T>, prompt: string): Promise<T> {
  const output = Output.object({ schema });
  return (await generateText({ model: chatOf(sandbox), output, prompt, maxRetries: 0 })).output;
}

async function callErrorOf(asking: Promise<unknown>): Promise<APICallError> {
  const error = await asking.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!APICallError.isInstance(error)) throw new Error(`no refused call: ${String(error)}`);
  return error;
}

describe('C2, C3 texts through the real library', () => {
  test('one story runs from topic to scene, in the language of the prompt', async () => {
    await using sandbox = await startTestSandbox();
    const topic = await fill(sandbox, topicSchema, 'Придумай тему для канала. Фокус: животные и музеи.');
    expect(topic).toEqual({ full_topic: expect.stringMatching(/кошки/), short_topic: 'Эрмитажные кошки' });
    const post = (await ask(sandbox, `Напиши пост на тему: '${topic.full_topic}'`)).text;
    expect(post).toMatch(/Елизавета/);
    const comment = (
      await ask(sandbox, `Придумайте комментарий к тексту: '${post}'. Начните: 'Мой юный друг...'`)
    ).text;
    expect(comment).toMatch(/^Мой юный друг, единственное ведомство/);
    const poll = await fill(sandbox, pollSchema, `Опрос по тексту: '${post}'`);
    expect(poll.options).toContain('Хранитель подвала');
    const scene = await fill(
      sandbox,
      sceneSchema,
      `Write a 10-second video scene for '${topic.full_topic}'.`,
    );
    expect(scene.first_frame_description).toMatch(/^A large grey cat [^а-яё]*$/i);
  });

  test('a topic in the focus is chosen, one already used is not, and the next one differs', async () => {
    await using sandbox = await startTestSandbox();
    const focus = (words: string, used: string) =>
      `Today's focus: ${words}. Already used, choose something else: ${used}`;
    const inFocus = await fill(sandbox, topicSchema, focus('Maps and their mistakes', 'none'));
    expect(inFocus.short_topic).toBe('Kong mountains');
    const other = await fill(sandbox, topicSchema, focus('Maps and their mistakes', 'Kong mountains'));
    expect(other.short_topic).not.toBe('Kong mountains');
    const again = await fill(sandbox, topicSchema, focus('Maps and their mistakes', 'Kong mountains'));
    expect(again.short_topic).not.toBe(other.short_topic);
  });

  test('two scenes of one story differ, so that their payments can be told apart', async () => {
    await using sandbox = await startTestSandbox();
    const first = await fill(sandbox, sceneSchema, 'A scene');
    const second = await fill(sandbox, sceneSchema, 'A scene');
    expect(second.script).not.toBe(first.script);
    expect(second.first_frame_description).not.toBe(first.first_frame_description);
  });

  test('JSON that is asked for in words only is JSON', async () => {
    await using sandbox = await startTestSandbox();
    const { text } = await ask(sandbox, 'Answer with one JSON object: {"question": "…", "options": ["…"]}');
    expect(pollSchema.safeParse(JSON.parse(text)).success).toBe(true);
  });

  test('usage, cost and finish reason are there; an answer that is too long for its limit is cut', async () => {
    await using sandbox = await startTestSandbox();
    const whole = await ask(sandbox, 'Write a channel post about clocks');
    expect(whole).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 17 } });
    expect(whole.usage.outputTokens).toBeGreaterThan(100);
    const cut = await ask(sandbox, 'Write a channel post about clocks', 20);
    expect(cut).toMatchObject({ finishReason: 'length', usage: { outputTokens: 20 } });
    expect(whole.text.startsWith(cut.text)).toBe(true);
    const [entry] = sandbox.ledger.entries();
    expect(entry).toMatchObject({ provider: 'openai', kind: 'text', model: 'gpt-4o', outcome: 'accepted' });
    expect(entry?.costUsd).toBeCloseTo((17 * 2.5 + (whole.usage.outputTokens ?? 0) * 10) / 1e6, 10);
  });

  test('P4 a verdict scores each picture on each criterion, and its winner has the best scores', async () => {
    await using sandbox = await startTestSandbox();
    const image = z.object({
      image: z.int().min(1).max(4),
      scores: z.array(z.number().min(0).max(10)).length(18),
    });
    const verdict = z.object({ images: z.array(image).length(4), winner: z.int(), reason: z.string() });
    const url = await pictureUri();
    const data = Buffer.from(url.split(',')[1] ?? '', 'base64');
    const { output } = await generateText({
      model: chatOf(sandbox),
      output: Output.object({ schema: verdict }),
      maxRetries: 0,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Which is best?' },
            ...[1, 2, 3, 4].map(() => ({ type: 'file' as const, data, mediaType: 'image/jpeg' })),
          ],
        },
      ],
    });
    expect(output.images.map((entry) => entry.image)).toEqual([1, 2, 3, 4]);
    const totals = output.images.map(({ scores }) => scores.reduce((sum, score) => sum + score, 0));
    expect(new Set(totals).size).toBeGreaterThan(1);
    expect(totals[output.winner - 1]).toBe(Math.max(...totals));
    expect(sandbox.ledger.entries()).toMatchObject([{ kind: 'vision' }]);
  });

  test('the responses API answers too', async () => {
    await using sandbox = await startTestSandbox();
    const model = createOpenAI({ apiKey: 'k', baseURL: sandbox.urls.openai }).responses('gpt-4o');
    const { output } = await generateText({
      model,
      output: Output.object({ schema: topicSchema }),
      prompt: 'x',
      maxRetries: 0,
    });
    expect(output.short_topic).not.toBe('');
    const cut = await generateText({ model, prompt: 'Write a post', maxOutputTokens: 20, maxRetries: 0 });
    expect(cut.finishReason).toBe('length');
  });
});

describe('P4 pictures', () => {
  const look = (sandbox: Sandbox, form: 'chat' | 'responses', data: Buffer | URL) =>
    generateText({
      model: createOpenAI({ apiKey: 'k', baseURL: sandbox.urls.openai })[form]('gpt-4o'),
      maxRetries: 0,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'file', data, mediaType: 'image/jpeg' },
          ],
        },
      ],
    });

  test.each(['chat', 'responses'] as const)('are seen as bytes and as addresses by %s', async (form) => {
    await using sandbox = await startTestSandbox();
    const bytes = Buffer.from((await pictureUri()).split(',')[1] ?? '', 'base64');
    for (const data of [bytes, new URL('https://example.com/a.jpg'), new URL(`${sandbox.urls.files}/a.jpg`)])
      expect((await look(sandbox, form, data)).text).toMatch(/^Image 1\. /);
    const kinds = sandbox.ledger.entries().map(({ kind }) => kind);
    expect(kinds).toEqual(['vision', 'vision', 'vision']);
  });

  test('that are neither are refused', async () => {
    await using sandbox = await startTestSandbox();
    const content = [{ type: 'image_url', image_url: { url: 'ftp://example.com/a.jpg' } }];
    const answer = await fetch(`${sandbox.urls.openai}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer k' },
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }] }),
    });
    expect(answer.status).toBe(400);
    expect(sandbox.ledger.entries()).toMatchObject([{ outcome: 'refused' }]);
  });
});

test('the form that the library takes by default is answered', async () => {
  await using sandbox = await startTestSandbox();
  const model = createOpenAI({ apiKey: 'k', baseURL: sandbox.urls.openai })('gpt-4o');
  const output = Output.object({ schema: pollSchema });
  const answer = await generateText({ model, output, prompt: 'Ask the readers', maxRetries: 0 });
  expect(answer.output.options).toHaveLength(3);
});

test('the ledger tells accounts apart without their keys, and sees a post that is named', async () => {
  await using sandbox = await startTestSandbox();
  await ask(sandbox, 'Write about 20261124-2030');
  const named = { prompt: 'Write', maxRetries: 0, providerOptions: { openai: { user: '20261125-2030' } } };
  await generateText({ model: chatOf(sandbox, 'sk-second'), ...named });
  const [first, second] = sandbox.ledger.entries();
  expect([first?.postId, second?.postId]).toEqual(['20261124-2030', '20261125-2030']);
  expect(first?.account).toMatch(/^[0-9a-f]{8}$/);
  expect(second?.account).not.toBe(first?.account);
  expect(JSON.stringify(sandbox.ledger.entries())).not.toContain('sk-');
});

describe('what OpenAI refuses', () => {
  test('a wrong key', async () => {
    await using sandbox = await startTestSandbox({ keys: { openai: 'sk-other' } });
    const error = await callErrorOf(ask(sandbox, 'x'));
    expect(error.statusCode).toBe(401);
    expect(error.responseBody).toContain('invalid_api_key');
    expect(error.responseBody).not.toContain('sk-right');
  });

  test.each([
    ['additionalProperties', { type: 'object', properties: {}, required: [] }],
    [
      "Missing 'b'",
      { type: 'object', properties: { b: { type: 'string' } }, required: [], additionalProperties: false },
    ],
    [
      "In context=('a', 'items')",
      {
        type: 'object',
        properties: { a: { type: 'array', items: { type: 'object', properties: {} } } },
        required: ['a'],
        additionalProperties: false,
      },
    ],
  ] as const)('D13 a schema that strict mode does not take: %s', async (words, schema) => {
    await using sandbox = await startTestSandbox();
    const error = await callErrorOf(
      generateText({
        model: chatOf(sandbox),
        prompt: 'x',
        maxRetries: 0,
        output: Output.object({ schema: jsonSchema(structuredClone(schema) as object) }),
        providerOptions: { openai: { strictJsonSchema: true } },
      }),
    );
    expect(error.statusCode).toBe(400);
    expect(error.message).toContain(words);
  });
});

describe('faults', () => {
  const withFault = (action: FaultRule['action']) =>
    startTestSandbox({ faults: [{ provider: 'openai', operation: 'chat', times: 1, action }] });

  test('an error has the vendor’s shape', async () => {
    await using sandbox = await withFault({
      type: 'status',
      status: 429,
      code: 'insufficient_quota',
      message: 'No credit',
    });
    const error = await callErrorOf(ask(sandbox, 'x'));
    expect(error).toMatchObject({ statusCode: 429, message: 'No credit' });
    expect(error.responseBody).toContain('"code":"insufficient_quota"');
  });

  test('cut and content filter', async () => {
    await using cut = await withFault({ type: 'cut' });
    expect((await ask(cut, 'Write a post')).finishReason).toBe('length');
    await using filtered = await withFault({ type: 'refusal', form: 'content_filter' });
    expect(await ask(filtered, 'Write a post')).toMatchObject({ finishReason: 'content-filter', text: '' });
  });

  test.each(['html', 'truncated-json'] as const)('garbage (%s) is charged and lost', async (form) => {
    await using sandbox = await withFault({ type: 'garbage', form });
    await expect(ask(sandbox, 'Write a post')).rejects.toThrow(/JSON/);
    expect(sandbox.ledger.entries()).toMatchObject([{ outcome: 'lost', status: 200 }]);
    expect((await ask(sandbox, 'Write a post')).finishReason).toBe('stop');
  });

  test('D13 an answer of the right shape can be blank', async () => {
    await using object = await withFault({ type: 'wrong-content' });
    const answer = await fill(object, z.object({ question: z.string(), score: z.number() }), 'x');
    expect(answer).toEqual({ question: ' ', score: expect.any(Number) });
    await using text = await withFault({ type: 'wrong-content' });
    expect((await ask(text, 'Write a post')).text).toBe(' ');
  });

  test('a rule can wait for a request with certain words', async () => {
    const fails = { type: 'status', status: 500 } as const;
    await using sandbox = await startTestSandbox({
      faults: [{ provider: 'openai', matching: 'harbour', times: 1, action: fails }],
    });
    expect((await ask(sandbox, 'Write about a hill')).finishReason).toBe('stop');
    expect((await callErrorOf(ask(sandbox, 'Write about a harbour'))).statusCode).toBe(500);
    expect(sandbox.faultCounts()).toEqual([1]);
  });

  test('a wrong shape and a refusal are no object of the schema', async () => {
    await using wrong = await withFault({ type: 'malformed' });
    await expect(fill(wrong, topicSchema, 'x')).rejects.toThrow(/schema/);
    await using refused = await withFault({ type: 'refusal' });
    await expect(fill(refused, topicSchema, 'x')).rejects.toThrow();
  });
});
