/**
 * The world's providers. Their ledger is the witness for "never paid twice": what was really ordered, by whom, for which
 * post, and what the program could know of it.
 */
import { failure, success, type Result } from '../../src/domain/failure.ts';
import type { Downloads } from '../../src/ports/downloads.ts';
import type { ImageJudge } from '../../src/ports/image-judge.ts';
import type { ImageTasks, ImageTaskStatus } from '../../src/ports/image-task.ts';
import type { TextModel, TextRequest } from '../../src/ports/text-model.ts';
import type { VideoTasks, VideoTaskStatus } from '../../src/ports/video-task.ts';
import type { ProviderMood } from './mood.ts';
import type { Process, World } from './world.ts';

export interface Order {
  readonly at: number;
  readonly by: string;
  readonly kind: 'text' | 'judge' | 'image' | 'video';
  readonly stage: string;
  /** The post that config_gen named at that moment, as the world's bucket had it. */
  readonly post: string | null;
  readonly taskId: string | null;
  /** Stands in every text that was made of the answer, so that the bucket tells whether it was kept. */
  readonly mark: string;
  /** What the program could learn: a good answer, a useless one, or nothing (no answer, or one that does not say what was ordered). */
  outcome: 'answered' | 'useless' | 'lost';
}

interface Task {
  readonly readyAt: number;
  readonly fate: 'good' | 'failed' | 'unusable';
}

/** USD a call, by the built-in prices for the tokens, picture and video that are asked for here. */
const CHARGES = { text: 0.000_75, judge: 0.011, image: 0.07, video: 0.5 };

const HOUR = 3600;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export class Providers {
  readonly orders: Order[] = [];
  readonly #world: World;
  /** Tasks whose status was asked while a crash would still have lost them. */
  readonly askedUnsaved: string[] = [];
  readonly #activePost: () => string | null;
  readonly #isSaved: (taskId: string) => boolean;
  readonly #images = new Map<string, Task>();
  readonly #videos = new Map<string, Task>();
  mood: ProviderMood;
  /** When set, `refuses` concerns only this kind of order. */
  refuseOnly: Order['kind'] | null = null;
  /** So many of the next texts are useless, whatever the mood. */
  uselessTexts = 0;
  #counter = 0;

  constructor(
    world: World,
    mood: ProviderMood,
    activePost: () => string | null,
    isSaved: (taskId: string) => boolean,
  ) {
    this.#world = world;
    this.mood = mood;
    this.#activePost = activePost;
    this.#isSaved = isSaved;
  }

  fateOf(taskId: string): 'good' | 'failed' | 'unusable' | 'unfinished' {
    const task = this.#images.get(taskId) ?? this.#videos.get(taskId);
    return !task || task.readyAt > this.#world.time ? 'unfinished' : task.fate;
  }

  /** Whatever is still being made is ready now, and good. */
  finishAll(): void {
    for (const tasks of [this.#images, this.#videos])
      for (const [id, task] of tasks)
        if (task.readyAt > this.#world.time) tasks.set(id, { readyAt: this.#world.time, fate: 'good' });
  }

  /** What the provider charges in the end, USD; a failed task is given back. */
  costOf(kind: Order['kind'], taskId: string | null): number {
    const { text, judge, image, video } = CHARGES;
    if (kind === 'text' || kind === 'judge') return kind === 'text' ? text : judge;
    if (taskId !== null && this.fateOf(taskId) === 'failed') return 0;
    return kind === 'image' ? image : video;
  }

  #order(process: Process, kind: Order['kind'], stage: string, number: number, taskId: string | null): Order {
    const order: Order = {
      at: this.#world.time,
      by: process.name,
      kind,
      stage,
      post: this.#activePost(),
      taskId,
      mark: `<${number}>`,
      outcome: 'lost',
    };
    this.orders.push(order);
    if (taskId !== null && kind === 'image') this.#images.set(taskId, this.#drawImage());
    if (taskId !== null && kind === 'video') this.#videos.set(taskId, this.#drawVideo());
    return order;
  }

  /** One paid request. Only an answer that really reached the living process counts as answered. */
  async #paid(
    process: Process,
    provider: string,
    kind: Order['kind'],
    stage: string,
  ): Promise<Result<Order>> {
    this.#counter += 1;
    const number = this.#counter;
    const taskId = kind === 'image' || kind === 'video' ? `${kind}-${number}` : null;
    const concerned = this.refuseOnly === null || this.refuseOnly === kind;
    const refuses = this.#world.random() < this.mood.refuses && concerned;
    const { fault, value: order } = await process.operate(`${provider} ${stage}`, () =>
      refuses ? null : this.#order(process, kind, stage, number, taskId),
    );
    if (fault === 'refused') return failure('provider_unavailable', `${stage} was refused`, { provider });
    if (fault !== 'none') return failure('provider_outcome_unknown', `${stage} got no answer`, { provider });
    if (!order) return this.#refusal(stage, provider);
    order.outcome = 'answered';
    return success(order);
  }

  #refusal(stage: string, provider: string): Result<never> {
    const codes = [
      'provider_refused',
      'provider_denied',
      'provider_throttled',
      'provider_unavailable',
    ] as const;
    const code = codes[Math.floor(this.#world.random() * codes.length)] ?? 'provider_refused';
    const wait = code === 'provider_throttled' ? { retryAfterSeconds: 60 } : {};
    return failure(code, `${stage} was refused`, { provider }, wait);
  }

  textModel(process: Process): TextModel {
    const usage = { inputTokens: 100, outputTokens: 50 };
    const answer = async (request: TextRequest): Promise<Result<string>> => {
      const asked = await this.#paid(process, 'openai', 'text', request.stage);
      if (!asked.ok) return asked;
      const planned = this.uselessTexts > 0;
      if (!planned && this.#world.random() >= this.mood.badAnswer) return success(asked.value.mark);
      if (planned) this.uselessTexts -= 1;
      asked.value.outcome = 'useless';
      const codes = ['provider_bad_answer', 'answer_truncated', 'provider_refused'] as const;
      const drawn = codes[Math.floor(this.#world.random() * codes.length)] ?? 'provider_bad_answer';
      const code = planned ? 'provider_bad_answer' : drawn;
      return failure(code, 'the answer cannot be used', { provider: 'openai' }, { effect: 'unknown' });
    };
    return {
      provider: 'openai',
      model: 'gpt-4o',
      write: async (request) => {
        const mark = await answer(request);
        return mark.ok ? success({ value: `${request.stage} ${mark.value}`, usage, model: 'gpt-4o' }) : mark;
      },
      fill: async (request, schema) => {
        const answered = await answer(request);
        if (!answered.ok) return answered;
        const mark = `${request.stage} ${answered.value}`;
        const shapes: Record<string, unknown> = {
          topic: { full_topic: mark, short_topic: mark },
          poll: { question: mark, options: ['one', 'two', 'three'] },
          scene: { script: mark, first_frame_description: mark },
        };
        return success({ value: schema.parse(shapes[request.stage]), usage, model: 'gpt-4o' });
      },
    };
  }

  imageJudge(process: Process): ImageJudge {
    return {
      provider: 'openai',
      model: 'gpt-4o',
      judge: async () => {
        const asked = await this.#paid(process, 'openai', 'judge', 'judge');
        if (!asked.ok) return asked;
        if (this.#world.random() < this.mood.judgeFails) {
          asked.value.outcome = 'useless';
          return failure('provider_bad_answer', 'no scores', { provider: 'openai' });
        }
        return success({
          value: { winner: 2, reason: 'the brightest', scores: [] },
          usage: { inputTokens: 4000, outputTokens: 100 },
          model: 'gpt-4o',
        });
      },
    };
  }

  /** The task's id, unless the answer has lost it: then it was ordered all the same. */
  async #submit(
    process: Process,
    provider: string,
    kind: 'image' | 'video',
  ): Promise<Result<{ taskId: string; costUsd: null }>> {
    const asked = await this.#paid(process, provider, kind, kind);
    if (!asked.ok) return asked;
    if (this.#world.random() < this.mood.garbled) {
      asked.value.outcome = 'lost';
      return failure('provider_bad_answer', 'the answer holds no task id', { provider });
    }
    return success({ taskId: asked.value.taskId ?? '', costUsd: null });
  }

  /** `null`: the question was answered. */
  async #asked(process: Process, provider: string, taskId: string): Promise<Result<never> | null> {
    const { fault } = await process.operate(`${provider} status ${taskId}`, () => {
      if (!this.#isSaved(taskId)) this.askedUnsaved.push(taskId);
    });
    const place = { provider, id: taskId };
    if (fault !== 'none') return failure('provider_unavailable', 'no answer', place);
    if (this.#world.random() >= this.mood.statusFails) return null;
    const codes = [
      'provider_refused',
      'provider_throttled',
      'provider_bad_answer',
      'provider_unavailable',
    ] as const;
    return failure(
      codes[Math.floor(this.#world.random() * codes.length)] ?? 'provider_refused',
      'no status',
      place,
    );
  }

  imageTasks(process: Process): ImageTasks {
    return {
      provider: 'piapi',
      model: 'midjourney',
      submit: () => this.#submit(process, 'piapi', 'image'),
      status: async (taskId) =>
        (await this.#asked(process, 'piapi', taskId)) ?? success(this.#imageStatus(taskId)),
    };
  }

  #imageStatus(taskId: string): ImageTaskStatus {
    const fate = this.fateOf(taskId);
    if (fate === 'unfinished') return { state: 'pending', status: 'processing', progress: 50 };
    const urls = [1, 2, 3, 4].map((number) => `https://img.test/${taskId}/${number}`);
    const result =
      fate === 'good'
        ? { task_result: { temporary_image_urls: urls, image_url: `https://img.test/${taskId}/grid` } }
        : { task_result: { error_messages: ['no'] } };
    return {
      state: 'final',
      status: fate === 'failed' ? 'failed' : 'finished',
      answer: { task_id: taskId, status: fate === 'failed' ? 'failed' : 'finished', ...result },
      costUsd: this.costOf('image', taskId),
    };
  }

  #drawImage(): Task {
    const { imageNever, imageLate, imageSeconds, imageFails, imageUnusable } = this.mood;
    return this.#drawTask(imageNever, imageLate, imageSeconds, imageFails, imageUnusable);
  }

  #drawVideo(): Task {
    const { videoNever, videoLate, videoSeconds, videoFails } = this.mood;
    return this.#drawTask(videoNever, videoLate, videoSeconds, videoFails, 0);
  }

  #drawTask(never: number, late: number, usual: number, fails: number, unusable: number): Task {
    const { random, time } = this.#world;
    const kind = random();
    const usually = usual * (0.2 + random() * 1.6);
    const wait =
      kind < never ? Number.POSITIVE_INFINITY : kind < never + late ? HOUR * (2 + random() * 30) : usually;
    const luck = random();
    const fate = luck < fails ? 'failed' : luck < fails + unusable ? 'unusable' : 'good';
    return { readyAt: time + wait, fate };
  }

  videoTasks(process: Process): VideoTasks {
    return {
      provider: 'runway',
      model: 'gen4_turbo',
      maxPictureBytes: 1_000_000,
      maxPromptLength: 1000,
      start: () => this.#submit(process, 'runway', 'video'),
      status: async (taskId) =>
        (await this.#asked(process, 'runway', taskId)) ?? success(this.#videoStatus(taskId)),
    };
  }

  #videoStatus(taskId: string): VideoTaskStatus {
    const fate = this.fateOf(taskId);
    if (fate === 'unfinished') return { state: 'pending', status: 'RUNNING', progress: 0.5 };
    const costUsd = this.costOf('video', taskId);
    return fate === 'good'
      ? { state: 'succeeded', url: `https://video.test/${taskId}`, costUsd }
      : { state: 'failed', reason: 'INTERNAL', costUsd };
  }

  downloads(process: Process): Downloads {
    return {
      fetchFile: async (url, file) => {
        const { fault } = await process.operate(`download ${url}`, () => undefined);
        if (process.diskFull) return failure('download_failed', 'no space left on device', { url });
        if (fault !== 'none') return failure('download_failed', 'no answer', { url });
        if (this.#world.random() < this.mood.downloadFails) {
          const code = this.#world.random() < 0.5 ? 'download_failed' : 'download_invalid';
          return failure(code, 'no usable file', { url });
        }
        process.files.set(file, bytes(`from ${url}`));
        return success({ bytes: 10 });
      },
    };
  }
}
