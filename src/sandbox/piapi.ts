/**
 * Midjourney as PiAPI speaks it: two ways to ask for a status with two shapes of answer, and webhooks. A client that only
 * knows the shape it was written against would pass against a simpler sandbox and fail in production.
 *
 * Source: PiAPI's documentation of the unified task API and of `/mj/v2/fetch`, and live answers.
 */
import { z } from 'zod';

import { IMAGE_BY_MODE } from '../domain/default-prices.ts';
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
import { endsEmpty, type FaultAction } from './faults.ts';
import type { FileHost } from './file-host.ts';
import type { SandboxMedia } from './options.ts';
import { envelopeOf, flatOf, isFinished, type PiapiTask, type TaskView } from './piapi-shapes.ts';
import { publishGrid, publishPicture } from './piapi-pictures.ts';

export interface PiapiSettings {
  readonly clock: SandboxClock;
  readonly files: FileHost;
  readonly media: SandboxMedia;
  readonly key: string | undefined;
  readonly imageSeconds: number;
  readonly urlSeconds: number;
  readonly gridOnly: boolean;
}

/** Live timing: about 30 seconds beside 100 for an imagine. */
const UPSCALE_SHARE = 1 / 3;
const LONGEST_PROMPT = 8_000;

const webhook = z.looseObject({ endpoint: z.string().max(2_000), secret: z.string().max(1_000).optional() });
const common = {
  model: z.literal('midjourney'),
  config: z.looseObject({ webhook_config: webhook.optional() }).optional(),
};
const createSchema = z.discriminatedUnion('task_type', [
  z.looseObject({
    ...common,
    task_type: z.literal('imagine'),
    input: z.looseObject({
      prompt: z.string().trim().min(1).max(LONGEST_PROMPT),
      aspect_ratio: z
        .string()
        .regex(/^\d{1,3}:\d{1,3}$/, 'must be two numbers with a colon')
        .optional(),
      process_mode: z.enum(['relax', 'fast', 'turbo']).default('fast'),
      skip_prompt_check: z.boolean().optional(),
    }),
  }),
  z.looseObject({
    ...common,
    task_type: z.literal('upscale'),
    input: z.looseObject({ origin_task_id: z.string().min(1).max(300), index: z.enum(['1', '2', '3', '4']) }),
  }),
]);
type CreateBody = z.output<typeof createSchema>;

const seenSchema = z.looseObject({
  task_type: z.string().catch(''),
  input: z
    .looseObject({ prompt: z.string().catch(''), process_mode: z.string().catch('fast') })
    .catch({ prompt: '', process_mode: 'fast' }),
});

/** PiAPI behind `/piapi`. */
export class PiapiVendor implements Vendor {
  readonly #settings: PiapiSettings;
  readonly #tasks = new Map<string, PiapiTask>();
  #created = 0;

  constructor(settings: PiapiSettings) {
    this.#settings = settings;
  }

  open(call: Call): Operation | Reply {
    const key = call.headers['x-api-key'];
    if (typeof key !== 'string' || key.trim() === '' || (this.#settings.key ?? key) !== key)
      return this.error(401, 'Invalid API key');
    if (call.method === 'POST' && call.path === '/api/v1/task') return this.#creating(call);
    if (call.method === 'POST' && call.path === '/mj/v2/fetch') {
      const asked = z.looseObject({ task_id: z.string() }).safeParse(call.json);
      return this.#asking('fetch', asked.success ? asked.data.task_id : '', flatOf);
    }
    const id = /^\/api\/v1\/task\/([^/]{1,300})$/.exec(call.path)?.[1];
    if (call.method === 'GET' && id !== undefined) return this.#asking('task', id, envelopeOf);
    return this.error(404, 'page not found');
  }

  error(status: number, message?: string): Reply {
    const text = message ?? standardMessage(status);
    return jsonReply(status, {
      code: status,
      data: {
        task_id: '',
        status: '',
        error: { code: status, raw_message: text, message: text, detail: null },
      },
      message: text,
    });
  }

  /** Tasks that have finished and whose webhook is still to be sent; each is given out once. */
  takeFinished(): { endpoint: string; secret: string; data: unknown }[] {
    const due = this.#tasks.values().filter((task) => task.webhook !== null && isFinished(this.#view(task)));
    return due.toArray().flatMap((task) => {
      if (task.webhook === null) return [];
      const sent = { ...task.webhook, data: envelopeOf(this.#view(task)).data };
      task.webhook = null;
      return [sent];
    });
  }

  #asking(name: string, id: string, shape: (view: TaskView) => unknown): Operation {
    const run = (fault: FaultAction | null): Outcome => {
      const task = this.#tasks.get(id);
      if (fault?.type === 'malformed') return { reply: jsonReply(200, { task: { id } }) };
      if (task === undefined) return { reply: this.error(400, 'task not found') };
      return { reply: jsonReply(200, shape(this.#view(task))) };
    };
    return { name, paid: null, run };
  }

  #creating(call: Call): Operation {
    const seen = seenSchema
      .catch({ task_type: '', input: { prompt: '', process_mode: 'fast' } })
      .parse(call.json);
    const upscale = seen.task_type === 'upscale';
    const { prompt, process_mode: mode } = seen.input;
    return {
      name: upscale ? 'upscale' : 'imagine',
      paid: {
        kind: upscale ? 'upscale' : 'image',
        model: `midjourney ${mode}`,
        prompt: upscale ? JSON.stringify(seen.input) : prompt,
      },
      run: (fault) => this.#create(call.json, fault),
    };
  }

  #create(json: unknown, fault: FaultAction | null): Outcome {
    const checked = createSchema.safeParse(json);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      return {
        reply: this.error(400, `invalid request: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`),
      };
    }
    const body = checked.data;
    const origin = body.task_type === 'upscale' ? this.#tasks.get(body.input.origin_task_id) : undefined;
    if (body.task_type === 'upscale' && (origin === undefined || !isFinished(this.#view(origin))))
      return { reply: this.error(400, 'the origin task is not finished') };
    const task = this.#enter(body, origin, fault);
    const answer =
      fault?.type === 'malformed' ? { code: 200, data: { task: task.id } } : envelopeOf(this.#view(task));
    return {
      reply: jsonReply(200, answer),
      taskId: task.id,
      costUsd: task.costUsd,
      endsEmpty: endsEmpty(fault),
    };
  }

  #enter(body: CreateBody, origin: PiapiTask | undefined, fault: FaultAction | null): PiapiTask {
    const { files, media, clock, gridOnly, imageSeconds, urlSeconds } = this.#settings;
    this.#created += 1;
    const createdAt = clock.milliseconds();
    // The time too: a sandbox that was started anew must not answer for the tasks of the one before.
    const id = idOf(`piapi ${this.#created} ${createdAt}`);
    const seconds = origin === undefined ? imageSeconds : imageSeconds * UPSCALE_SHARE;
    const finishedAt = createdAt + seconds * 1000;
    const prompt = body.task_type === 'imagine' ? body.input.prompt : (origin?.prompt ?? '');
    const single = body.task_type === 'upscale' ? Number(body.input.index) - 1 : null;
    const variants = single === null ? [0, 1, 2, 3] : [single];
    const names = variants.map((variant) => publishPicture(files, media, id, prompt, variant));
    const whole = single === null ? publishGrid(files, id, names) : (names[0] ?? '');
    // Unlike Runway's, these addresses run out for good: they are signed once, when the task ends.
    const sign = (name: string) => files.url(name, finishedAt + urlSeconds * 1000);
    const { webhook_config: hook } = body.config ?? {};
    const mode = body.task_type === 'imagine' ? body.input.process_mode : 'fast';
    const task: PiapiTask = {
      id,
      type: body.task_type,
      input: body.input,
      prompt,
      createdAt,
      finishedAt: fault?.type === 'task-never-finishes' ? Infinity : finishedAt,
      expectedSeconds: seconds,
      costUsd: IMAGE_BY_MODE[mode],
      imageUrl: fault?.type === 'no-urls' ? '' : sign(whole),
      singleUrls: fault?.type === 'no-urls' || gridOnly || single !== null ? null : names.map(sign),
      failure: fault?.type === 'task-fails' ? fault.reason : null,
      webhook:
        hook === undefined || hook.endpoint === ''
          ? null
          : { endpoint: hook.endpoint, secret: hook.secret ?? '' },
      webhookSettings: { endpoint: hook?.endpoint ?? '', secret: hook?.secret ?? '' },
    };
    this.#tasks.set(id, task);
    return task;
  }

  #view(task: PiapiTask): TaskView {
    return { task, now: this.#settings.clock.milliseconds() };
  }
}
