/**
 * One request to a chat-completions server, which OpenAI and most others speak, through the AI SDK. Its retries are off,
 * because each request is accounted for by its caller; what it throws becomes a classified failure.
 */
import type { FilePart, TextPart } from 'ai';
import { z } from 'zod';

import { failure, success, type Failure, type Result } from '../../domain/failure.ts';
import type { ModelAnswer, TokenUsage } from '../../ports/text-model.ts';
import type { RequestFacts } from '../http/classify.ts';
import { causesOf } from '../http/causes.ts';
import { clientFailure, type ClientAnswer } from '../http/client-failure.ts';
import { createClientFetch } from '../http/client-fetch.ts';
import { ExchangeError } from '../http/exchange.ts';
import { TooLargeError } from '../http/read-bounded.ts';
import { shortReason, type Redact } from '../http/reason.ts';
import { jsonObjectsIn } from './json-in-text.ts';
import { wireSchema } from './wire-schema.ts';

export interface OpenaiOptions {
  readonly apiKey: string;
  /** Of an OpenAI-compatible server; default: OpenAI itself. */
  readonly baseURL?: string;
  readonly model: string;
  /** For one whole request. */
  readonly timeoutSeconds: number;
  readonly redact: Redact;
}

export interface ChatRequest {
  /** Starts the message of a failure: `Writing the topic`. */
  readonly purpose: string;
  readonly content: readonly (TextPart | FilePart)[];
  readonly maxOutputTokens: number;
  readonly temperature: number;
}

export const PROVIDER = 'openai';
/** Named here because the SDK would otherwise take an address from the environment. */
const OPENAI_ADDRESS = 'https://api.openai.com/v1';
const MOST_BYTES = 8 * 1024 * 1024;
/** Far above what any model takes or gives at once; a count beyond it, or below zero, is none. */
const MOST_TOKENS = 10_000_000;
const LONGEST_MODEL = 200;

/** The answer as text. See `TextModel` for the failures. */
export function chatText(options: OpenaiOptions, request: ChatRequest): Promise<Result<ModelAnswer<string>>> {
  return chat(options, request, null);
}

/** The answer as an object of `schema`, also when the server wraps it in other text. See `TextModel` for the failures. */
export async function chatObject<T>(
  options: OpenaiOptions,
  request: ChatRequest,
  schema: z.ZodType<T>,
): Promise<Result<ModelAnswer<T>>> {
  const answer = await chat(options, request, schema);
  if (!answer.ok) return answer;
  let problem = 'it holds no JSON object';
  for (const candidate of jsonObjectsIn(answer.value.value)) {
    const checked = schema.safeParse(candidate);
    if (checked.success) return success({ ...answer.value, value: checked.data });
    const [issue] = checked.error.issues;
    problem = `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is not of the promised shape'}`;
  }
  const message = `${request.purpose}: the answer is not what was asked for, ${shortReason(problem, options.redact)}`;
  const { model, usage } = answer.value;
  return failure('provider_bad_answer', message, { provider: PROVIDER }, { usage: { ...usage, model } });
}

async function chat(
  options: OpenaiOptions,
  request: ChatRequest,
  schema: z.ZodType | null,
): Promise<Result<ModelAnswer<string>>> {
  const facts: RequestFacts = { purpose: request.purpose, provider: PROVIDER, effect: 'paid' };
  const sdk = await loadSdk();
  const wire = schema === null ? null : wireSchema(schema);
  const door = createClientFetch({ timeoutSeconds: options.timeoutSeconds, maxBytes: MOST_BYTES });
  let refused = false;
  const openai = sdk.createOpenAI({
    apiKey: options.apiKey,
    baseURL: options.baseURL ?? OPENAI_ADDRESS,
    fetch: async (input, init) => {
      const response = await door(input, init);
      refused = isRefusal(await response.clone().text());
      return response;
    },
  });
  const settings = {
    model: openai.chat(options.model),
    messages: [{ role: 'user' as const, content: [...request.content] }],
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    maxRetries: 0,
    providerOptions: { openai: { strictJsonSchema: wire?.strict ?? true } },
  };
  try {
    if (wire === null) return readAnswer(facts, await sdk.generateText(settings), refused, options.redact);
    // Our own check replaces the SDK's, which would throw away an answer that only has words around it.
    const output = sdk.Output.object({ schema: sdk.jsonSchema(wire.schema) });
    return readAnswer(facts, await sdk.generateText({ ...settings, output }), refused, options.redact);
  } catch (error) {
    if (sdk.NoObjectGeneratedError.isInstance(error))
      return readAnswer(facts, error, refused, options.redact);
    return thrown(facts, sdk, error, options.redact);
  }
}

interface RawAnswer {
  readonly text?: string | undefined;
  readonly finishReason?: string | undefined;
  readonly usage?:
    | { readonly inputTokens?: number | undefined; readonly outputTokens?: number | undefined }
    | undefined;
  readonly response?: { readonly modelId: string } | undefined;
}

const refusal = z.looseObject({ message: z.looseObject({ refusal: z.string().min(1) }) });
const refusalSchema = z.looseObject({ choices: z.tuple([refusal], z.unknown()) });

/**
 * The prompt itself was refused, which is a decision like that of the model, and no wrong request: `content_filter` by Azure,
 * which charges for it (azure-docs, commit b06500e); `invalid_prompt` by OpenAI's reasoning models, counted as charged too.
 */
const promptRefusalSchema = z.looseObject({
  error: z.looseObject({ code: z.enum(['content_filter', 'invalid_prompt']) }),
});

/** The SDK puts a refusal's words behind the text, and calls it one only when the server ended with `stop`. */
function isRefusal(body: string): boolean {
  return body.includes('"refusal"') && refusalSchema.safeParse(wholeJson(body)).success;
}

function readAnswer(
  facts: RequestFacts,
  answer: RawAnswer,
  refused: boolean,
  redact: Redact,
): Result<ModelAnswer<string>> {
  const place = { provider: PROVIDER };
  const text = answer.text ?? '';
  const { inputTokens, outputTokens } = tokensOf(answer.usage);
  const model = shortReason(answer.response?.modelId ?? '', redact).slice(0, LONGEST_MODEL);
  const usage = { inputTokens, outputTokens, model };
  if (answer.finishReason === 'length')
    return failure('answer_truncated', `${facts.purpose}: the answer was cut by the token limit`, place, {
      usage,
    });
  if (refused || answer.finishReason === 'content-filter') {
    const reason = text === '' ? 'no reason given' : shortReason(text, redact);
    // The tokens of a refusal are charged like any others.
    return failure('provider_refused', `${facts.purpose} was refused by the model: ${reason}`, place, {
      effect: 'unknown',
      usage,
    });
  }
  if (text.trim() === '')
    return failure('provider_bad_answer', `${facts.purpose}: the answer is empty`, place, { usage });
  return success({ value: text, usage: { inputTokens, outputTokens }, model });
}

/** None at all when one of the counts cannot be true: money is settled by them. */
function tokensOf(usage: RawAnswer['usage']): TokenUsage {
  const { inputTokens = 0, outputTokens = 0 } = usage ?? {};
  const plausible = [inputTokens, outputTokens].every(
    (count) => Number.isSafeInteger(count) && count >= 0 && count <= MOST_TOKENS,
  );
  return plausible ? { inputTokens, outputTokens } : { inputTokens: 0, outputTokens: 0 };
}

type Sdk = Awaited<ReturnType<typeof loadSdk>>;

/** Loaded with the first request: the SDK takes a good part of a second. */
async function loadSdk() {
  const [ai, provider] = await Promise.all([import('ai'), import('@ai-sdk/openai')]);
  // Otherwise the SDK prints its own warnings (a setting that a model does not take) past our log.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  return { ...ai, createOpenAI: provider.createOpenAI };
}

function thrown(
  facts: RequestFacts,
  sdk: Sdk,
  error: unknown,
  redact: Redact,
): { readonly ok: false; readonly failure: Failure } {
  const causes = causesOf(error);
  const call = causes.find((cause) => sdk.APICallError.isInstance(cause));
  if (call !== undefined && sdk.APICallError.isInstance(call)) {
    const answer = call.statusCode === undefined ? null : answerOf(call.statusCode, call);
    const failed = clientFailure(facts, error, answer, redact);
    // Asking again would be refused again, and charged again.
    if (answer?.status === 400 && promptRefusalSchema.safeParse(answer.json).success) {
      const { message, where } = failed.failure;
      return failure('provider_refused', message, where, { effect: 'unknown' });
    }
    const outOfCredit = answer?.status === 429 && /"insufficient_quota"/.test(call.responseBody ?? '');
    return outOfCredit ? failure('provider_denied', failed.failure.message, failed.failure.where) : failed;
  }
  if (causes.some((cause) => cause instanceof ExchangeError || cause instanceof TooLargeError))
    return clientFailure(facts, error, null, redact);
  if (sdk.AISDKError.isInstance(error))
    return clientFailure(facts, error, { status: 200, retryAfter: null, json: undefined }, redact);
  throw error;
}

function answerOf(
  status: number,
  call: { readonly responseHeaders?: Record<string, string>; readonly responseBody?: string },
): ClientAnswer {
  return {
    status,
    retryAfter: call.responseHeaders?.['retry-after'] ?? null,
    json: wholeJson(call.responseBody ?? ''),
  };
}

/** Not of an object that stands somewhere in a page: a 503 with such a page is of something on the way. */
function wholeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
