import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';

import { pollSchema, sceneSchema } from '../../domain/post.ts';
import type { TextRequest } from '../../ports/text-model.ts';
import { closedPort, json, startRawServer, startTestServer, type Answer } from '../http/test-server.ts';
import type { OpenaiOptions } from './chat.ts';
import { createTextModel } from './text-model.ts';

const KEY = 'sk-test-0123456789abcdef';
const REQUEST: TextRequest = {
  stage: 'topic',
  prompt: 'Say {"a": 1}',
  maxOutputTokens: 100,
  temperature: 0.7,
};
const SCENE = { script: 'A door opens.', first_frame_description: 'A door in fog.' };

function modelAt(url: string, change: Partial<OpenaiOptions> = {}) {
  const redact = (text: string): string => text.replaceAll(KEY, '[redacted]');
  return createTextModel({
    apiKey: KEY,
    baseURL: `${url}/v1`,
    model: 'gpt-4o',
    timeoutSeconds: 10,
    redact,
    ...change,
  });
}

function completion(
  content: string | null,
  change: Record<string, unknown> = {},
  message: object = {},
): Answer {
  return json(200, {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-2024-11-20',
    choices: [{ index: 0, message: { role: 'assistant', content, ...message }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
    ...change,
  });
}

const finished = (reason: string, content: string): Answer =>
  completion(content, {
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: reason }],
  });

async function written(answer: Answer, change: Partial<OpenaiOptions> = {}) {
  await using server = await startTestServer(answer);
  const result = await modelAt(server.url, change).write(REQUEST);
  return { result, seen: server.seen };
}

async function filled<T>(answer: Answer, schema: z.ZodType<T>) {
  await using server = await startTestServer(answer);
  const scene: TextRequest = { ...REQUEST, stage: 'scene' };
  // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- a model is no array.
  const result = await modelAt(server.url).fill(scene, schema);
  return { result, seen: server.seen };
}

/** What a useless answer charges for all the same. */
const USED = { inputTokens: 11, outputTokens: 7, model: 'gpt-4o-2024-11-20' };

describe('C2 writing a text', () => {
  test('one chat-completions request; usage and the model that answered come back', async () => {
    const { result, seen } = await written(completion('A fine topic'));
    expect(result).toEqual({
      ok: true,
      value: {
        value: 'A fine topic',
        usage: { inputTokens: 11, outputTokens: 7 },
        model: 'gpt-4o-2024-11-20',
      },
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: `Bearer ${KEY}` },
    });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      model: 'gpt-4o',
      max_tokens: 100,
      temperature: 0.7,
      messages: [{ role: 'user', content: 'Say {"a": 1}' }],
    });
  });

  test('a reasoning model gets the settings that it takes, and nothing is printed past the log', async () => {
    const printed = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { seen } = await written(completion('x'), { model: 'o3-mini' });
    const body: unknown = JSON.parse(seen[0]?.body ?? '');
    expect(body).toMatchObject({ max_completion_tokens: 100 });
    expect(body).not.toHaveProperty('temperature');
    expect(body).not.toHaveProperty('max_tokens');
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  test('an answer without usage counts as zero tokens', async () => {
    const { result } = await written(completion('x', { usage: undefined }));
    expect(result).toMatchObject({ ok: true, value: { usage: { inputTokens: 0, outputTokens: 0 } } });
  });

  test.each([
    [-5, 7],
    [11, 1e300],
    [11, 0.5],
  ])('BUDGET counts of %d and %d tokens are none', async (input, output) => {
    const usage = { prompt_tokens: input, completion_tokens: output };
    const { result } = await written(completion('x', { usage }));
    expect(result).toMatchObject({ value: { usage: { inputTokens: 0, outputTokens: 0 } } });
  });

  test('I3 a 503 whose page holds braces is of something on the way', async () => {
    const page = '<style>p {}</style><script>{"error":1}</script>';
    const { result } = await written((response) => void response.writeHead(503).end(page));
    expect(result).toMatchObject({ failure: { code: 'provider_outcome_unknown', effect: 'unknown' } });
  });

  test('I3 a status that no library knows is an unknown outcome', async () => {
    const { result } = await written((response) => void response.writeHead(700).end('{}'));
    expect(result).toMatchObject({ failure: { code: 'provider_outcome_unknown', effect: 'unknown' } });
  });

  test('D13 an answer cut by the token limit is no answer', async () => {
    const { result } = await written(finished('length', 'A half sen'));
    expect(result).toMatchObject({ failure: { code: 'answer_truncated', effect: 'unknown', usage: USED } });
  });

  test('a refusal keeps its words, and counts as charged', async () => {
    const refusal = await written(completion(null, {}, { refusal: `I will not, ${KEY}` }));
    expect(refusal.result).toMatchObject({
      failure: { code: 'provider_refused', retry: 'never', effect: 'unknown', usage: USED },
    });
    expect(JSON.stringify(refusal.result)).toContain('I will not, [redacted]');
    const filtered = await written(finished('content_filter', ''));
    expect(filtered.result).toMatchObject({ failure: { code: 'provider_refused' } });
    // A server that ends it with a word of its own.
    const message = { role: 'assistant', content: 'A text.', refusal: 'I will not' };
    const worded = await written(
      completion(null, { choices: [{ index: 0, message, finish_reason: 'refusal' }] }),
    );
    expect(worded.result).toMatchObject({ failure: { code: 'provider_refused' } });
  });

  test.each([
    ['an empty text', completion('  ')],
    ['no text', completion(null)],
    ['no choices', completion('x', { choices: [] })],
    ['another shape', json(200, { hello: 1 })],
    ['HTML', (response) => void response.writeHead(200).end('<html>maintenance</html>')],
  ] satisfies [string, Answer][])('%s is a bad answer', async (_, answer) => {
    expect((await written(answer)).result).toMatchObject({ failure: { code: 'provider_bad_answer' } });
  });

  test.each([
    [400, {}, 'provider_refused', 'refused'],
    [400, { code: 'content_filter' }, 'provider_refused', 'unknown'],
    [400, { code: 'invalid_prompt' }, 'provider_refused', 'unknown'],
    [400, { code: 'model_not_found' }, 'provider_refused', 'refused'],
    [401, {}, 'provider_denied', 'refused'],
    [403, {}, 'provider_denied', 'refused'],
    [404, {}, 'provider_refused', 'refused'],
    [429, {}, 'provider_throttled', 'refused'],
    [429, { code: 'insufficient_quota' }, 'provider_denied', 'refused'],
    [500, {}, 'provider_outcome_unknown', 'unknown'],
    [502, {}, 'provider_outcome_unknown', 'unknown'],
    [503, {}, 'provider_unavailable', 'refused'],
  ])('HTTP %i %j is %s, asked once', async (status, error, code, effect) => {
    const body = { error: { message: `Bad key ${KEY}`, type: 'x', ...error } };
    const { result, seen } = await written(json(status, body, { 'retry-after': '5' }));
    expect(result).toMatchObject({ failure: { code, effect } });
    expect(seen).toHaveLength(1);
    expect(JSON.stringify(result)).toContain('Bad key [redacted]');
    expect(JSON.stringify(result)).not.toContain(KEY);
  });

  test('a throttled request says when to come back', async () => {
    const { result } = await written(json(429, { error: { message: 'slow down' } }, { 'retry-after': '5' }));
    expect(result).toMatchObject({ failure: { retryAfterSeconds: 5 } });
  });

  test('I3 no answer may have been charged; a connection that never opened was not', async () => {
    const silent = await written(() => {}, { timeoutSeconds: 0.1 });
    expect(silent.result).toMatchObject({ failure: { code: 'provider_outcome_unknown' } });
    await using reset = await startRawServer((socket) => socket.on('data', () => socket.resetAndDestroy()));
    const cut = await modelAt(`http://127.0.0.1:${reset.port}`).write(REQUEST);
    expect(cut).toMatchObject({ failure: { code: 'provider_outcome_unknown' } });
    const refused = await modelAt(`http://127.0.0.1:${await closedPort()}`).write(REQUEST);
    expect(refused).toMatchObject({ failure: { code: 'provider_unavailable', effect: 'refused' } });
  });

  test('an answer without end is cut off', async () => {
    const { result } = await written(completion('x'.repeat(9_000_000)));
    expect(result).toMatchObject({ failure: { code: 'too_large', effect: 'unknown' } });
  });
});

describe('C3 D13 filling a schema', () => {
  test('the schema is sent in the form that strict mode takes, and the object comes back', async () => {
    const { result, seen } = await filled(completion(JSON.stringify(SCENE)), sceneSchema);
    expect(result).toMatchObject({
      ok: true,
      value: { value: SCENE, usage: { inputTokens: 11, outputTokens: 7 } },
    });
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
      response_format: {
        type: 'json_schema',
        json_schema: {
          strict: true,
          schema: {
            type: 'object',
            properties: { script: { type: 'string' }, first_frame_description: { type: 'string' } },
            required: ['script', 'first_frame_description'],
            additionalProperties: false,
          },
        },
      },
    });
    expect(seen[0]?.body).not.toMatch(/minLength|maxLength|\$schema/);
  });

  test('a schema with optional or free keys is sent without strict mode', async () => {
    const schema = z.object({ a: z.string().optional(), b: z.record(z.string(), z.number()) });
    const { result, seen } = await filled(completion('{"b": {"x": 1}}'), schema);
    expect(result).toMatchObject({ ok: true, value: { value: { b: { x: 1 } } } });
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
      response_format: { json_schema: { strict: false } },
    });
  });

  test.each([
    ['in a fence', `\`\`\`json\n${JSON.stringify(SCENE, null, 2)}\n\`\`\``],
    ['with words around it', `Sure! Here it is:\n${JSON.stringify(SCENE)}\nEnjoy {it}.`],
    ['after an object that is something else', `{"thinking": "{…}"} ${JSON.stringify(SCENE)}`],
    ['after a lone brace', `Use { like this: ${JSON.stringify({ ...SCENE, script: 'A " } brace' })}`],
  ])('an object %s is found', async (_, text) => {
    const { result } = await filled(completion(text), sceneSchema);
    expect(result).toMatchObject({
      ok: true,
      value: { value: { first_frame_description: 'A door in fog.' } },
    });
  });

  test.each([
    ['no JSON', 'I cannot do that'],
    ['another shape', '{"script": 7}'],
    [
      'a poll over Telegram’s limits',
      JSON.stringify({ question: 'x'.repeat(301), options: ['a', 'b', 'c'] }),
    ],
    ['a poll with two options', JSON.stringify({ question: 'x', options: ['a', 'b'] })],
    ['a list', '[1, 2]'],
    ['half an object', '{"question": "x", "options": ["a"'],
  ])('D13 %s is a bad answer that says why', async (_, text) => {
    const { result } = await filled(completion(text), pollSchema);
    expect(result).toMatchObject({
      failure: { code: 'provider_bad_answer', retry: 'backoff', effect: 'unknown', usage: USED },
    });
  });

  test('D13 a cut object is truncated, even when it can be parsed', async () => {
    const { result } = await filled(finished('length', JSON.stringify(SCENE)), sceneSchema);
    expect(result).toMatchObject({ failure: { code: 'answer_truncated' } });
    const half = await filled(finished('length', '{"script": "A do'), sceneSchema);
    expect(half.result).toMatchObject({ failure: { code: 'answer_truncated' } });
  });

  test('a refusal inside a structured request is a refusal', async () => {
    const { result } = await filled(completion(null, {}, { refusal: 'I will not' }), sceneSchema);
    expect(result).toMatchObject({ failure: { code: 'provider_refused' } });
  });
});

test('the address does not come from the library’s environment variable', async () => {
  await using stray = await startTestServer(completion('x'));
  vi.stubEnv('OPENAI_BASE_URL', stray.url);
  try {
    await modelAt(`http://127.0.0.1:${await closedPort()}`).write(REQUEST);
    expect(stray.seen).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
  }
});
