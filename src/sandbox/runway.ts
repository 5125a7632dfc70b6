/**
 * Runway's image-to-video as its library speaks it. Requests are checked as strictly as Runway checks them, so that a request
 * which passes here is not refused there after a picture was paid for.
 *
 * Source: types of `@runwayml/sdk` 4.20.1 and Runway's API reference.
 */
import { z } from 'zod';

import { defaultPrices } from '../domain/default-prices.ts';
import { videoCost } from '../domain/money.ts';
import { parseRatio, RUNWAY_MODELS, RUNWAY_PROMPT_LIMIT } from '../domain/runway-limits.ts';
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

/** The version that the library sends. */
const API_VERSION = '2024-11-06';
/** Of the data URI, encoded. */
const MOST_URI_BYTES = 5_000_000;
const PENDING_SHARE = 0.15;
const USD_PER_CREDIT = 0.01;

export interface RunwaySettings {
  readonly clock: SandboxClock;
  readonly files: FileHost;
  readonly media: SandboxMedia;
  readonly key: string | undefined;
  readonly videoSeconds: number;
  readonly urlSeconds: number;
  /** What the account has at the start. */
  readonly credits: number;
}

interface Task {
  readonly id: string;
  readonly createdAt: number;
  readonly credits: number;
  readonly file: string;
  readonly fault: FaultAction | null;
  cancelled: boolean;
}

const createSchema = z
  .looseObject({
    model: z.string().refine((model) => Object.hasOwn(RUNWAY_MODELS, model), 'Invalid discriminator value'),
    promptImage: z.union([
      pictureAddress(),
      z
        .array(z.looseObject({ uri: pictureAddress(), position: z.enum(['first', 'last']) }))
        .min(1)
        .max(2),
    ]),
    promptText: z.string().min(1).max(RUNWAY_PROMPT_LIMIT).optional(),
    ratio: z.string().optional(),
    duration: z.int().optional(),
    seed: z.int().min(0).max(4_294_967_295).optional(),
  })
  .superRefine((body, context) => {
    const limits = RUNWAY_MODELS[body.model];
    const issue = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (limits === undefined) return;
    if (body.ratio === undefined || !limits.ratios.includes(body.ratio))
      issue(
        'ratio',
        `Invalid option: expected one of ${limits.ratios.map((ratio) => `"${ratio}"`).join('|')}`,
      );
    if (body.duration !== undefined && !limits.durations.includes(body.duration))
      issue('duration', `Invalid input: expected one of ${limits.durations.join('|')}`);
    if (body.model !== 'gen4.5') return;
    for (const name of ['promptText', 'duration'] as const)
      if (body[name] === undefined) issue(name, 'Required');
  });
type CreateBody = z.output<typeof createSchema>;

function pictureAddress() {
  return z.string().superRefine((uri, context) => {
    const issue = (message: string) => context.addIssue({ code: 'custom', message });
    if (uri.startsWith('https://') || uri.startsWith('runway://')) return;
    if (!/^data:image\/(?:png|jpe?g|webp);base64,[A-Za-z0-9+/]+={0,2}$/.test(uri))
      issue('Must be an HTTPS URL, a Runway URI or a data URI of an image');
    else if (uri.length >= MOST_URI_BYTES) issue('The data URI must be smaller than 5MB');
  });
}

/** Runway behind `/runway`. */
export class RunwayVendor implements Vendor {
  readonly #settings: RunwaySettings;
  readonly #tasks = new Map<string, Task>();
  #created = 0;

  constructor(settings: RunwaySettings) {
    this.#settings = settings;
  }

  open(call: Call): Operation | Reply {
    const refused = this.#door(call);
    if (refused !== null) return refused;
    if (call.method === 'POST' && call.path === '/v1/image_to_video') return this.#creating(call);
    if (call.method === 'GET' && call.path === '/v1/organization')
      return {
        name: 'organization',
        paid: null,
        run: (fault) => ({ reply: jsonReply(200, fault?.type === 'malformed' ? {} : this.#organization()) }),
      };
    const id = /^\/v1\/tasks\/([^/]{1,300})$/.exec(call.path)?.[1];
    if (id === undefined || (call.method !== 'GET' && call.method !== 'DELETE')) return this.error(404);
    const reply = () => (call.method === 'GET' ? this.#show(id) : this.#remove(id));
    return {
      name: call.method === 'GET' ? 'task' : 'delete',
      paid: null,
      run: (fault) => ({ reply: fault?.type === 'malformed' ? jsonReply(200, { task: { id } }) : reply() }),
    };
  }

  error(status: number, message?: string): Reply {
    return jsonReply(status, { error: message ?? standardMessage(status) });
  }

  #door(call: Call): Reply | null {
    const key = /^Bearer\s+(\S+)$/.exec(call.headers.authorization ?? '')?.[1];
    if (key === undefined) return this.error(401, 'No API key was found in the Authorization header.');
    if (this.#settings.key !== undefined && key !== this.#settings.key)
      return this.error(401, 'The API key in the Authorization header is not valid.');
    if (call.headers['x-runway-version'] === API_VERSION) return null;
    return this.error(400, `The X-Runway-Version header is missing or not supported. Send ${API_VERSION}.`);
  }

  #creating(call: Call): Operation {
    const seen = z
      .looseObject({ model: z.string().catch(''), promptText: z.string().catch('') })
      .safeParse(call.json);
    const { model, promptText } = seen.success ? seen.data : { model: '', promptText: '' };
    return {
      name: 'image_to_video',
      paid: { kind: 'video', model, prompt: promptText },
      run: (fault) => this.#create(call.json, fault),
    };
  }

  async #create(json: unknown, fault: FaultAction | null): Promise<Outcome> {
    const checked = createSchema.safeParse(json);
    if (!checked.success) {
      const issues = checked.error.issues.map(({ code, path, message }) => ({ code, path, message }));
      const body = {
        error: 'Validation of body failed',
        issues,
        docUrl: 'https://docs.dev.runwayml.com/api',
      };
      return { reply: jsonReply(400, body) };
    }
    const body = checked.data;
    const costUsd = videoCost(defaultPrices('fast'), body.model, body.duration ?? 10);
    const credits = Math.round(costUsd / USD_PER_CREDIT);
    if (credits > this.#creditsLeft())
      return { reply: this.error(400, 'You do not have enough credits to run this task.') };
    this.#created += 1;
    const createdAt = this.#settings.clock.milliseconds();
    // The time too: a sandbox that was started anew must not answer for the tasks of the one before.
    const id = idOf(`runway ${this.#created} ${createdAt}`);
    const file = `/runway/${id}/video.mp4`;
    this.#tasks.set(id, { id, createdAt, credits, file, fault, cancelled: false });
    await this.#publish(file, id, body);
    const answer = fault?.type === 'malformed' ? { task: id } : { id, estimatedCost: { credits } };
    return { reply: jsonReply(200, answer), taskId: id, costUsd, endsEmpty: endsEmpty(fault) };
  }

  #organization(): unknown {
    const limits = { maxConcurrentGenerations: 5, maxDailyGenerations: 200 };
    const models = Object.fromEntries(Object.keys(RUNWAY_MODELS).map((model) => [model, limits]));
    return {
      creditBalance: this.#creditsLeft(),
      tier: { maxMonthlyCreditSpend: 100_000, models },
      usage: { models: {} },
    };
  }

  #creditsLeft(): number {
    const spent = this.#tasks.values().reduce((sum, { credits }) => sum + credits, 0);
    return Math.max(0, this.#settings.credits - spent);
  }

  async #publish(file: string, id: string, body: CreateBody): Promise<void> {
    const { files, media } = this.#settings;
    const size = parseRatio(body.ratio ?? '');
    if (size === null) throw new Error(`Runway's ratio ${body.ratio} passed the check but is no ratio`);
    const picture =
      typeof body.promptImage === 'string' ? body.promptImage : (body.promptImage[0]?.uri ?? '');
    const encoded = /^data:[^,]*,(.*)$/s.exec(picture)?.[1];
    if (encoded !== undefined) await files.keep(id, Buffer.from(encoded, 'base64'));
    const { promptText = '', duration = 10 } = body;
    files.publish(file, 'video', (output) =>
      media.drawVideo(output, promptText, duration, size, files.kept(id)),
    );
  }

  #show(id: string): Reply {
    const task = this.#tasks.get(id);
    if (task === undefined) return this.error(404, 'A task with this id was not found.');
    const { clock, files, urlSeconds } = this.#settings;
    const common = { id, createdAt: new Date(task.createdAt).toISOString() };
    const estimated = { ...common, estimatedCost: { credits: task.credits } };
    const share = this.#shareDone(task);
    if (task.cancelled) return jsonReply(200, { ...common, status: 'CANCELLED', cost: { credits: 0 } });
    if (share < PENDING_SHARE)
      return jsonReply(200, { ...estimated, status: this.#isCrowded(task) ? 'THROTTLED' : 'PENDING' });
    if (share < 1)
      return jsonReply(200, { ...estimated, status: 'RUNNING', progress: Math.floor(share * 100) / 100 });
    const { fault } = task;
    if (fault?.type === 'task-fails')
      return jsonReply(200, {
        ...common,
        status: 'FAILED',
        cost: { credits: 0 },
        failure: fault.reason,
        failureCode: fault.code,
      });
    const output =
      fault?.type === 'no-urls' ? [] : [files.url(task.file, clock.milliseconds() + urlSeconds * 1000)];
    return jsonReply(200, { ...common, status: 'SUCCEEDED', cost: { credits: task.credits }, output });
  }

  #shareDone(task: Task): number {
    const age = this.#settings.clock.milliseconds() - task.createdAt;
    const share = this.#settings.videoSeconds === 0 ? 1 : age / (this.#settings.videoSeconds * 1000);
    return task.fault?.type === 'task-never-finishes'
      ? Math.min(share, 0.99)
      : Math.min(Math.max(share, 0), 1);
  }

  /** Another task is under way: Runway then holds new ones back. */
  #isCrowded(task: Task): boolean {
    return this.#tasks
      .values()
      .some((other) => other.createdAt < task.createdAt && !other.cancelled && this.#shareDone(other) < 1);
  }

  /** A task under way is cancelled; a finished one is deleted and never found again. */
  #remove(id: string): Reply {
    const task = this.#tasks.get(id);
    if (task === undefined) return this.error(404, 'A task with this id was not found.');
    if (task.cancelled || this.#shareDone(task) >= 1) this.#tasks.delete(id);
    else task.cancelled = true;
    return { status: 204, body: null };
  }
}
