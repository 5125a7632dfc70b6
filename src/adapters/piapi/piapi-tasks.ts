/**
 * Midjourney pictures through PiAPI (P3, W1–W3). A create that timed out may have been charged and there is no key against
 * repeating it, so one call here is one request, and every failure says whether a picture may have been paid for.
 */
import { z } from 'zod';

import { failure, success, type Result } from '../../domain/failure.ts';
import { PROVIDER_SECONDS } from '../../domain/request-limits.ts';
import type { ImageRequest, ImageTasks, ImageTaskStatus } from '../../ports/image-task.ts';
import { answerFailure, type RequestFacts } from '../http/classify.ts';
import type { Http } from '../http/http.ts';
import { reasonIn, type Redact } from '../http/reason.ts';
import { pathPart, shownAddress } from '../http/web-address.ts';
import { canBeKept, errorStatus, flatTask, readStatus, withoutSecrets } from './task-answer.ts';

export interface PiapiOptions {
  readonly apiKey: string;
  /** Where tasks are created: `https://api.piapi.ai/api/v1/task`. */
  readonly endpoint: string;
  /** Where their status is asked with `fetch`: `https://api.piapi.ai/mj/v2/fetch`. */
  readonly fetchEndpoint: string;
  /** `fetch`: POST to `fetchEndpoint` (W1). `task`: the newer GET of `endpoint`/{id}. */
  readonly statusApi: 'fetch' | 'task';
  readonly http: Http;
  /** Takes the key and the webhook's secret, and no more, out of what is stored: the addresses of pictures have to survive. */
  readonly conceal: Redact;
  /** `relax`, `fast` or `turbo`: speed and price. */
  readonly processMode: string;
  /** Skips PiAPI's own check of the prompt; default false, since rejected prompts count against the account. */
  readonly skipPromptCheck?: boolean;
  /** PiAPI posts the result here; it repeats the secret in `x-webhook-secret`. */
  readonly webhook?: { readonly endpoint: string; readonly secret: string };
}

const PROVIDER = 'piapi';
const MODEL = 'midjourney';
const MOST_BYTES = 2 * 1024 * 1024;

const envelopeSchema = z.looseObject({ code: z.unknown().optional(), data: z.unknown().optional() });
// An id that cannot be asked after is none.
const createdSchema = z.looseObject({
  task_id: z
    .string()
    .trim()
    .min(1)
    .max(300)
    .refine((id) => pathPart(id) !== null),
});

/** `ImageTasks` for Midjourney. What a task cost stands in the answer that ends it, not in the one that creates it. */
export function createPiapiTasks(options: PiapiOptions): ImageTasks {
  return {
    provider: PROVIDER,
    model: `${MODEL} ${options.processMode}`,
    submit: (request) => submit(options, request),
    status: (taskId) => status(options, taskId),
  };
}

async function submit(
  options: PiapiOptions,
  request: ImageRequest,
): Promise<Result<{ readonly taskId: string; readonly costUsd: null }>> {
  const facts: RequestFacts = {
    purpose: 'Submitting the picture task',
    provider: PROVIDER,
    effect: 'paid',
    url: shownAddress(options.endpoint),
  };
  const answer = await send(options, facts, 'POST', options.endpoint, createBody(options, request));
  if (!answer.ok) return answer;
  const envelope = opened(facts, answer.value, options.http.redact);
  if (!envelope.ok) return envelope;
  const created = createdSchema.safeParse(envelope.value['data']);
  if (!created.success) {
    const said = envelope.value['code'] === 200 ? '' : statedReason(envelope.value, options.http.redact);
    return badAnswer(facts, `holds no task id${said === '' ? '' : `: ${said}`}`);
  }
  return success({ taskId: created.data.task_id, costUsd: null });
}

function createBody(options: PiapiOptions, request: ImageRequest): unknown {
  const { webhook } = options;
  return {
    model: MODEL,
    task_type: 'imagine',
    input: {
      prompt: request.prompt,
      aspect_ratio: request.aspectRatio,
      process_mode: options.processMode,
      skip_prompt_check: options.skipPromptCheck ?? false,
      ...(isGiven(request.version) ? { version: request.version } : {}),
      ...(isGiven(request.style) ? { style: request.style } : {}),
    },
    ...(webhook === undefined
      ? {}
      : { config: { webhook_config: { endpoint: webhook.endpoint, secret: webhook.secret } } }),
  };
}

function isGiven(text: string | null): boolean {
  return text !== null && text.trim() !== '';
}

async function status(options: PiapiOptions, taskId: string): Promise<Result<ImageTaskStatus>> {
  const viaFetch = options.statusApi === 'fetch';
  const name = pathPart(taskId);
  const url = viaFetch ? options.fetchEndpoint : `${options.endpoint.replace(/\/+$/, '')}/${name ?? ''}`;
  const facts: RequestFacts = {
    purpose: 'Checking the picture task',
    provider: PROVIDER,
    effect: 'none',
    url: shownAddress(url),
  };
  if (name === null)
    return failure('provider_refused', `${facts.purpose}: the stored id of the task is none`, placeOf(facts));
  const answer = viaFetch
    ? await send(options, facts, 'POST', url, { task_id: taskId })
    : await send(options, facts, 'GET', url);
  if (!answer.ok) return answer;
  const envelope = opened(facts, answer.value, options.http.redact);
  if (!envelope.ok) return envelope;
  const flat = recordOf(withoutSecrets(flatTask(envelope.value), options.conceal));
  const found = flat['task_id'];
  if (typeof found === 'string' && found !== '' && found !== taskId)
    return badAnswer(facts, 'is about another task');
  const read = readStatus(flat);
  if (read === null) return badAnswer(facts, 'holds no status');
  if (read.value.state === 'final' && !canBeKept(read.value.answer))
    return badAnswer(facts, 'is too large or too deeply nested to be kept');
  return read;
}

async function send(
  options: PiapiOptions,
  facts: RequestFacts,
  method: 'GET' | 'POST',
  url: string,
  body?: unknown,
): Promise<Result<unknown>> {
  const answer = await options.http.requestJson({
    method,
    url,
    headers: { 'x-api-key': options.apiKey },
    timeoutSeconds: PROVIDER_SECONDS,
    maxBytes: MOST_BYTES,
    provider: PROVIDER,
    purpose: facts.purpose,
    effect: facts.effect,
    ...(body === undefined ? {} : { body }),
  });
  return answer.ok ? success(answer.value.json) : answer;
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/**
 * PiAPI also answers errors with HTTP 200: the `code` of the body is the true status. One that names no error does not hide
 * the task that stands beside it, which may have been paid for.
 */
function opened(facts: RequestFacts, json: unknown, redact: Redact): Result<Record<string, unknown>> {
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) return badAnswer(facts, 'is not of the promised shape');
  const status = errorStatus(envelope.data.code);
  if (status === null) return success(envelope.data);
  const reason = statedReason(envelope.data, redact);
  return answerFailure(facts, { status, retryAfter: null, reason, structured: true });
}

function statedReason(envelope: Readonly<Record<string, unknown>>, redact: Redact): string {
  const data = z.looseObject({ error: z.unknown() }).safeParse(envelope['data']);
  return reasonIn(data.success ? [data.data.error, envelope] : envelope, redact);
}

function badAnswer(facts: RequestFacts, problem: string): ReturnType<typeof failure> {
  return failure('provider_bad_answer', `${facts.purpose}: the answer ${problem}`, placeOf(facts));
}

function placeOf({ url }: RequestFacts): { readonly provider: string; readonly url?: string } {
  return { provider: PROVIDER, ...(url === undefined ? {} : { url }) };
}
