/**
 * OpenAI's chat completions and responses, as far as a text pipeline uses them. What strict mode refuses is refused here too:
 * a schema that only our own tests accept would fail with the first real request.
 *
 * Source: OpenAI's API reference and its guide to structured outputs.
 */
import type { z } from 'zod';

import { defaultPrices } from '../domain/default-prices.ts';
import { textCost } from '../domain/money.ts';
import { Answerer } from './answerer.ts';
import type { SandboxClock } from './clock.ts';
import { idOf } from './digest.ts';
import {
  jsonReply,
  standardMessage,
  type Call,
  type Operation,
  type Outcome,
  type Reply,
  type Vendor,
} from './exchange.ts';
import type { FaultAction } from './faults.ts';
import {
  chatRequestSchema,
  readChat,
  readResponses,
  responsesRequestSchema,
  type TextRequest,
} from './openai-requests.ts';
import { strictSchemaProblem } from './strict-schema.ts';

const REFUSAL = "I'm sorry, but I can't help with that.";
const TOKENS_PER_PICTURE = 765;

export interface OpenaiSettings {
  readonly clock: SandboxClock;
  readonly key: string | undefined;
}

interface Completion {
  readonly id: string;
  readonly text: string;
  readonly finish: 'stop' | 'length' | 'content_filter';
  readonly refusal: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly seconds: number;
}

type Form = 'chat' | 'responses';

/** OpenAI behind `/openai`. */
export class OpenaiVendor implements Vendor {
  readonly #settings: OpenaiSettings;
  readonly #answerer = new Answerer();
  #answered = 0;

  constructor(settings: OpenaiSettings) {
    this.#settings = settings;
  }

  open(call: Call): Operation | Reply {
    const key = /^Bearer\s+(\S+)$/.exec(call.headers.authorization ?? '')?.[1];
    if (key === undefined) return this.error(401, "You didn't provide an API key.", 'missing_api_key');
    if (this.#settings.key !== undefined && key !== this.#settings.key)
      return this.error(401, `Incorrect API key provided: ${key.slice(0, 3)}***.`, 'invalid_api_key');
    switch (`${call.method} ${call.path}`) {
      case 'POST /v1/chat/completions':
        return this.#writing('chat', call.json, chatRequestSchema.transform(readChat));
      case 'POST /v1/responses':
        return this.#writing('responses', call.json, responsesRequestSchema.transform(readResponses));
      case 'GET /v1/models':
        return { name: 'models', paid: null, run: () => ({ reply: jsonReply(200, this.#models()) }) };
      default:
        return this.error(404, `Invalid URL (${call.method} ${call.path.slice(0, 100)})`, 'unknown_url');
    }
  }

  error(status: number, message?: string, code?: string): Reply {
    const [type, usualCode] = kindOfError(status);
    return jsonReply(status, {
      error: { message: message ?? standardMessage(status), type, param: null, code: code ?? usualCode },
    });
  }

  #models(): unknown {
    const names = Object.keys(defaultPrices('fast').text).filter((name) => name !== '*');
    return {
      object: 'list',
      data: names.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'system' })),
    };
  }

  #writing(form: Form, json: unknown, schema: z.ZodType<TextRequest>): Operation {
    const checked = schema.safeParse(json);
    const request = checked.success ? checked.data : null;
    return {
      name: form,
      paid: {
        kind: request !== null && request.pictures > 0 ? 'vision' : 'text',
        model: request?.model ?? '',
        prompt: request?.prompt ?? '',
      },
      run: (fault) => {
        if (request !== null) return this.#write(form, request, fault);
        const [issue] = checked.error?.issues ?? [];
        return {
          reply: this.error(
            400,
            `Invalid value for '${issue?.path.join('.') ?? 'body'}': ${issue?.message ?? 'not JSON'}`,
          ),
        };
      },
    };
  }

  #write(form: Form, request: TextRequest, fault: FaultAction | null): Outcome {
    const problem = requestProblem(request);
    if (problem !== null) return { reply: this.error(400, problem) };
    const completion = this.#complete(request, fault);
    const { inputTokens, outputTokens } = completion;
    const costUsd = textCost(defaultPrices('fast'), request.model, { inputTokens, outputTokens });
    const body = form === 'chat' ? chatBody(request, completion) : responsesBody(request, completion);
    return { reply: jsonReply(200, body), costUsd };
  }

  #complete(request: TextRequest, fault: FaultAction | null): Completion {
    this.#answered += 1;
    const whole = spoiled(this.#answerer.answer(request), fault);
    const common = {
      id: idOf(`openai ${this.#answered}`).replaceAll('-', ''),
      inputTokens: tokensOf(request.prompt) + 8 + request.pictures * TOKENS_PER_PICTURE,
      seconds: Math.floor(this.#settings.clock.milliseconds() / 1000),
    };
    if (fault?.type === 'refusal') {
      const finish = fault.form === 'refusal' ? 'stop' : 'content_filter';
      return {
        ...common,
        text: '',
        finish,
        refusal: fault.form === 'refusal' ? REFUSAL : null,
        outputTokens: 12,
      };
    }
    const needed = tokensOf(whole);
    const room = fault?.type === 'cut' ? Math.ceil(needed / 2) : request.maxTokens;
    if (needed <= room)
      return { ...common, text: whole, finish: 'stop', refusal: null, outputTokens: needed };
    const text = whole.slice(0, Math.floor((whole.length * room) / needed));
    return { ...common, text, finish: 'length', refusal: null, outputTokens: room };
  }
}

function requestProblem(request: TextRequest): string | null {
  const { format } = request;
  if (format.type === 'json_object' && !/json/i.test(request.prompt))
    return "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
  if (format.type !== 'json_schema' || !format.strict) return null;
  const problem = strictSchemaProblem(format.schema);
  return problem === null ? null : `Invalid schema for response_format '${format.name}': ${problem}`;
}

function chatBody(request: TextRequest, completion: Completion): unknown {
  const { inputTokens, outputTokens, text, refusal } = completion;
  return {
    id: `chatcmpl-${completion.id}`,
    object: 'chat.completion',
    created: completion.seconds,
    model: request.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text === '' ? null : text, refusal, annotations: [] },
        logprobs: null,
        finish_reason: completion.finish,
      },
    ],
    usage: {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
    },
    service_tier: 'default',
    system_fingerprint: 'fp_sandbox',
  };
}

function responsesBody(request: TextRequest, completion: Completion): unknown {
  const { inputTokens, outputTokens, text, refusal, finish } = completion;
  const reason = finish === 'length' ? 'max_output_tokens' : finish;
  const content =
    refusal === null
      ? { type: 'output_text', text, annotations: [], logprobs: [] }
      : { type: 'refusal', refusal };
  return {
    id: `resp_${completion.id}`,
    object: 'response',
    created_at: completion.seconds,
    status: finish === 'stop' ? 'completed' : 'incomplete',
    error: null,
    incomplete_details: finish === 'stop' ? null : { reason },
    model: request.model,
    output: [
      {
        type: 'message',
        id: `msg_${completion.id}`,
        status: 'completed',
        role: 'assistant',
        content: [content],
      },
    ],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  };
}

function spoiled(answer: string, fault: FaultAction | null): string {
  if (fault?.type === 'malformed') return '{"answer":"yes"}';
  if (fault?.type !== 'wrong-content') return answer;
  if (!answer.startsWith('{')) return ' ';
  const blank = (_: string, value: unknown) => (typeof value === 'string' ? ' ' : value);
  return JSON.stringify(JSON.parse(answer), blank);
}

/** About four Latin characters to a token, two and a half of others. */
function tokensOf(text: string): number {
  const latin = text.match(/[\u0020-\u007e]/g)?.length ?? 0;
  return Math.ceil(latin / 4 + (text.length - latin) / 2.5);
}

function kindOfError(status: number): [type: string, code: string | null] {
  if (status === 401) return ['invalid_request_error', 'invalid_api_key'];
  if (status === 429) return ['requests', 'rate_limit_exceeded'];
  return status >= 500 ? ['server_error', null] : ['invalid_request_error', null];
}
