/**
 * P5: image to video through Runway's own library. Its retries are off: it sends no idempotency key, so a repeated create
 * can be charged twice. What Runway would refuse is refused here first, before anything is sent.
 */
import { open, stat } from 'node:fs/promises';
import { fileTypeFromBuffer } from 'file-type';
import type { RunwayML } from '@runwayml/sdk';
import { z } from 'zod';

import { failure, success, type Result } from '../../domain/failure.ts';
import { nearestRunwayRatio, RUNWAY_PICTURE_BYTES, RUNWAY_PROMPT_LIMIT } from '../../domain/runway-limits.ts';
import type { VideoRequest, VideoTasks, VideoTaskStatus } from '../../ports/video-task.ts';
import type { RequestFacts } from '../http/classify.ts';
import { clientFailure } from '../http/client-failure.ts';
import { createClientFetch } from '../http/client-fetch.ts';
import type { Redact } from '../http/reason.ts';
import { pathPart } from '../http/web-address.ts';
import { estimatedUsd, readTask } from './task-answer.ts';

export interface RunwayOptions {
  readonly apiKey: string;
  /** Default: Runway's own address. */
  readonly baseURL?: string;
  /** `gen4_turbo` and others. */
  readonly model: string;
  /** For one request. */
  readonly timeoutSeconds: number;
  readonly redact: Redact;
}

const PROVIDER = 'runway';
/** Named here because the library would otherwise take an address from the environment. */
const RUNWAY_ADDRESS = 'https://api.dev.runwayml.com';
const MOST_BYTES = 2 * 1024 * 1024;
/** Our own time limit must come first: the library's hides whether the request was sent. */
const LIBRARY_PATIENCE_SECONDS = 30;
const PICTURE_TYPES = new Set(['image/png', 'image/jpeg', 'image/webp']);

// An id that cannot be asked after is none.
const createdSchema = z.looseObject({
  id: z
    .string()
    .trim()
    .min(1)
    .max(300)
    .refine((id) => pathPart(id) !== null),
});

/** `VideoTasks` for Runway. `status` gives a fresh address each time, since those of a finished task expire. */
export function createRunwayTasks(options: RunwayOptions): VideoTasks {
  return {
    provider: PROVIDER,
    model: options.model,
    maxPictureBytes: RUNWAY_PICTURE_BYTES,
    maxPromptLength: RUNWAY_PROMPT_LIMIT,
    start: (request) => start(options, request),
    status: (taskId) => status(options, taskId),
  };
}

/** Runway says so with HTTP 400, in words alone: "You do not have enough credits to run this task." */
const OUT_OF_CREDIT = /not have enough credits/i;

async function start(options: RunwayOptions, request: VideoRequest): ReturnType<VideoTasks['start']> {
  const problem = requestProblem(options.model, request);
  if (problem !== null)
    return failure('provider_refused', `The video was not requested: ${problem}`, { provider: PROVIDER });
  const picture = await dataUri(request.picture);
  if (!picture.ok) return picture;
  const body = {
    model: options.model,
    promptImage: picture.value,
    promptText: request.prompt,
    ratio: request.ratio,
    duration: request.duration,
  };
  const facts: RequestFacts = { purpose: 'Submitting the video task', provider: PROVIDER, effect: 'paid' };
  // Models that the library's types do not list are sent as they are configured.
  const answer = await ask(options, facts, (client) => client.post('/v1/image_to_video', { body }));
  if (!answer.ok)
    return answer.httpStatus === 400 && OUT_OF_CREDIT.test(answer.failure.message)
      ? failure('provider_denied', answer.failure.message, answer.failure.where)
      : answer;
  const created = createdSchema.safeParse(answer.value);
  if (created.success) return success({ taskId: created.data.id, costUsd: estimatedUsd(created.data) });
  return failure('provider_bad_answer', `${facts.purpose}: the answer holds no task id`, {
    provider: PROVIDER,
  });
}

function requestProblem(model: string, { prompt, ratio, duration }: VideoRequest): string | null {
  if (prompt.trim() === '') return 'the prompt is empty';
  if (prompt.length > RUNWAY_PROMPT_LIMIT)
    return `the prompt has ${prompt.length} characters, Runway takes ${RUNWAY_PROMPT_LIMIT}`;
  const nearest = nearestRunwayRatio(model, ratio);
  if (nearest !== ratio) return `${model} does not make the ratio ${ratio}; the nearest is ${nearest}`;
  return Number.isInteger(duration) && duration > 0 ? null : `${duration} seconds is no whole duration`;
}

async function dataUri(file: string): Promise<Result<string>> {
  const { size } = await stat(file);
  if (size > RUNWAY_PICTURE_BYTES)
    return failure('too_large', `The picture has ${size} bytes, Runway takes ${RUNWAY_PICTURE_BYTES}`, {
      provider: PROVIDER,
    });
  await using handle = await open(file);
  const bytes = await handle.readFile();
  const type = await fileTypeFromBuffer(bytes).catch(() => undefined);
  if (type === undefined || !PICTURE_TYPES.has(type.mime))
    return failure('download_invalid', 'The picture for the video is no PNG, JPEG or WebP', {
      provider: PROVIDER,
    });
  return success(`data:${type.mime};base64,${bytes.toString('base64')}`);
}

async function status(options: RunwayOptions, taskId: string): Promise<Result<VideoTaskStatus>> {
  const facts: RequestFacts = { purpose: 'Checking the video task', provider: PROVIDER, effect: 'none' };
  const name = pathPart(taskId);
  if (name === null)
    return failure('provider_refused', `${facts.purpose}: the stored id of the task is none`, {
      provider: PROVIDER,
    });
  const answer = await ask(options, facts, (client) => client.get(`/v1/tasks/${name}`));
  if (answer.ok) return readTask(answer.value, taskId, options.redact);
  // A page of something on the way must not end a task that goes on.
  const gone = answer.httpStatus === 404 && answer.structured === true;
  return gone
    ? success({ state: 'failed', reason: 'Runway no longer knows this task', costUsd: null })
    : answer;
}

type Asked = Result<unknown> & { readonly httpStatus?: number | undefined; readonly structured?: boolean };

async function ask(
  options: RunwayOptions,
  facts: RequestFacts,
  send: (client: RunwayML) => Promise<unknown>,
): Promise<Asked> {
  const sdk = await import('@runwayml/sdk');
  const door = createClientFetch({ timeoutSeconds: options.timeoutSeconds, maxBytes: MOST_BYTES });
  let broken: unknown;
  const client = new sdk.RunwayML({
    apiKey: options.apiKey,
    baseURL: options.baseURL ?? RUNWAY_ADDRESS,
    maxRetries: 0,
    timeout: (options.timeoutSeconds + LIBRARY_PATIENCE_SECONDS) * 1000,
    logLevel: 'off',
    fetch: (input, init) =>
      door(input, init).catch((error: unknown) => {
        // The library drops the cause of what it takes for a timeout.
        broken = error;
        throw error;
      }),
  });
  try {
    return success(readText(await send(client)));
  } catch (error) {
    if (error instanceof sdk.APIError) {
      const httpStatus: number | undefined = error.status;
      const answer =
        httpStatus === undefined
          ? null
          : {
              status: httpStatus,
              retryAfter: error.headers?.get('retry-after') ?? null,
              json: jsonOf(error.error),
            };
      const failed = clientFailure(facts, broken ?? error, answer, options.redact);
      return { ...failed, httpStatus, structured: answer?.json !== undefined };
    }
    // A success whose body is no JSON.
    if (error instanceof SyntaxError)
      return clientFailure(facts, error, { status: 200, retryAfter: null, json: undefined }, options.redact);
    throw error;
  }
}

/** The library gives the JSON of an answer with another content type as a text; the id in it was paid for all the same. */
function readText(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function jsonOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null ? body : undefined;
}
