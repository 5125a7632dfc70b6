/**
 * The world's providers. Their ledger is the witness for "never paid twice": what was really ordered, by whom, for which
 * post, and what the program could know of it.
 */
import { failure, success, type Result } from '../../src/domain/failure.ts';
import type { Downloads } from '../../src/ports/downloads.ts';
import type { ImageJudge } from '../../src/ports/image-judge.ts';
import type { ImageTasks, ImageTaskStatus } from '../../src/ports/image-task.ts';
import type { Renderer } from '../../src/ports/renderer.ts';
import type { TextModel, TextRequest } from '../../src/ports/text-model.ts';
import type { VideoTasks } from '../../src/ports/video-task.ts';
import type { Workspace } from '../../src/ports/workspace.ts';
import type { Process, World } from './world.ts';

export interface Order {
  readonly at: number;
  readonly by: string;
  readonly kind: 'text' | 'judge' | 'image' | 'video';
  readonly stage: string;
  /** The post that config_gen named at that moment, as the world's bucket had it. */
  readonly post: string | null;
  readonly taskId: string | null;
  /** What the program could learn: `answered`, or nothing (`lost`: no answer, or the process died before it could note it). */
  outcome: 'answered' | 'lost';
}

export interface ProviderMood {
  /** Chances, each per task. */
  readonly imageFails: number;
  readonly imageNever: number;
  readonly imageLate: number;
  readonly imageUnusable: number;
  readonly videoFails: number;
  readonly videoNever: number;
  readonly videoLate: number;
  readonly badAnswer: number;
  readonly downloadFails: number;
  readonly judgeFails: number;
}

export const KIND_MOOD: ProviderMood = {
  imageFails: 0,
  imageNever: 0,
  imageLate: 0,
  imageUnusable: 0,
  videoFails: 0,
  videoNever: 0,
  videoLate: 0,
  badAnswer: 0,
  downloadFails: 0,
  judgeFails: 0,
};

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
  readonly #activePost: () => string | null;
  readonly #images = new Map<string, Task>();
  readonly #videos = new Map<string, Task>();
  mood: ProviderMood;
  #counter = 0;

  constructor(world: World, mood: ProviderMood, activePost: () => string | null) {
    this.#world = world;
    this.mood = mood;
    this.#activePost = activePost;
  }

  fateOf(taskId: string): 'good' | 'failed' | 'unusable' | 'unfinished' {
    const task = this.#images.get(taskId) ?? this.#videos.get(taskId);
    return !task || task.readyAt > this.#world.time ? 'unfinished' : task.fate;
  }

  /** What the provider charges in the end, USD; a failed task is given back. */
  costOf(kind: Order['kind'], taskId: string | null): number {
    const { text, judge, image, video } = CHARGES;
    if (kind === 'text' || kind === 'judge') return kind === 'text' ? text : judge;
    if (taskId !== null && this.fateOf(taskId) === 'failed') return 0;
    return kind === 'image' ? image : video;
  }

  #order(process: Process, kind: Order['kind'], stage: string, taskId: string | null): Order {
    const order: Order = {
      at: this.#world.time,
      by: process.name,
      kind,
      stage,
      post: this.#activePost(),
      taskId,
      outcome: 'lost',
    };
    this.orders.push(order);
    return order;
  }

  /** One paid request. Only an answer that really reached the living process counts as answered. */
  async #paid<T>(
    process: Process,
    provider: string,
    kind: Order['kind'],
    stage: string,
    taskId: string | null,
    value: () => T,
  ): Promise<Result<T>> {
    const { fault, value: order } = await process.operate(`${provider} ${stage}`, () =>
      this.#order(process, kind, stage, taskId),
    );
    if (fault === 'refused') return failure('provider_unavailable', `${stage} was refused`, { provider });
    if (fault !== 'none') return failure('provider_outcome_unknown', `${stage} got no answer`, { provider });
    (order as Order).outcome = 'answered';
    return success(value());
  }

  textModel(process: Process): TextModel {
    const usage = { inputTokens: 100, outputTokens: 50 };
    const answer = async (request: TextRequest): Promise<Result<number>> => {
      this.#counter += 1;
      const number = this.#counter;
      const asked = await this.#paid(process, 'openai', 'text', request.stage, null, () => number);
      if (asked.ok && this.#world.random() < this.mood.badAnswer)
        return failure('provider_bad_answer', 'the answer has the wrong shape', { provider: 'openai' });
      return asked;
    };
    return {
      provider: 'openai',
      model: 'gpt-4o',
      write: async (request) => {
        const number = await answer(request);
        return number.ok
          ? success({ value: `${request.stage} ${number.value}`, usage, model: 'gpt-4o' })
          : number;
      },
      fill: async (request, schema) => {
        const number = await answer(request);
        if (!number.ok) return number;
        const mark = `${request.stage} ${number.value}`;
        const shapes: Record<string, unknown> = {
          topic: { full_topic: mark, short_topic: `label ${number.value}` },
          poll: { question: mark, options: ['one', 'two', 'three'] },
          scene: { script: `script ${number.value}`, first_frame_description: `frame ${number.value}` },
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
        const asked = await this.#paid(process, 'openai', 'judge', 'judge', null, () => ({
          winner: 2,
          reason: 'the brightest',
          scores: [],
        }));
        if (!asked.ok) return asked;
        if (this.#world.random() < this.mood.judgeFails)
          return failure('provider_bad_answer', 'no scores', { provider: 'openai' });
        return success({
          value: asked.value,
          usage: { inputTokens: 4000, outputTokens: 100 },
          model: 'gpt-4o',
        });
      },
    };
  }

  imageTasks(process: Process): ImageTasks {
    return {
      provider: 'piapi',
      model: 'midjourney',
      submit: async () => {
        this.#counter += 1;
        const taskId = `image-${this.#counter}`;
        return this.#paid(process, 'piapi', 'image', 'image', taskId, () => {
          return { taskId, costUsd: null };
        }).finally(() =>
          this.#images.set(
            taskId,
            this.#drawTask(
              this.mood.imageNever,
              this.mood.imageLate,
              100,
              this.mood.imageFails,
              this.mood.imageUnusable,
            ),
          ),
        );
      },
      status: async (taskId) => {
        const { fault } = await process.operate(`piapi status ${taskId}`, () => undefined);
        if (fault !== 'none')
          return failure('provider_unavailable', 'no answer', { provider: 'piapi', id: taskId });
        return success(this.#imageStatus(taskId));
      },
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

  #drawTask(never: number, late: number, usual: number, fails: number, unusable: number): Task {
    const { random, time } = this.#world;
    const kind = random();
    const wait =
      kind < never
        ? Number.POSITIVE_INFINITY
        : kind < never + late
          ? HOUR * (2 + random() * 30)
          : usual * (0.2 + random() * 1.6);
    const luck = random();
    return {
      readyAt: time + wait,
      fate: luck < fails ? 'failed' : luck < fails + unusable ? 'unusable' : 'good',
    };
  }

  videoTasks(process: Process): VideoTasks {
    return {
      provider: 'runway',
      model: 'gen4_turbo',
      maxPictureBytes: 1_000_000,
      maxPromptLength: 1000,
      start: () => {
        this.#counter += 1;
        const taskId = `video-${this.#counter}`;
        return this.#paid(process, 'runway', 'video', 'video', taskId, () => ({
          taskId,
          costUsd: null,
        })).finally(() =>
          this.#videos.set(
            taskId,
            this.#drawTask(this.mood.videoNever, this.mood.videoLate, 60, this.mood.videoFails, 0),
          ),
        );
      },
      status: async (taskId) => {
        const { fault } = await process.operate(`runway status ${taskId}`, () => undefined);
        if (fault !== 'none')
          return failure('provider_unavailable', 'no answer', { provider: 'runway', id: taskId });
        const fate = this.fateOf(taskId);
        if (fate === 'unfinished') return success({ state: 'pending', status: 'RUNNING', progress: 0.5 });
        const costUsd = this.costOf('video', taskId);
        return success(
          fate === 'good'
            ? { state: 'succeeded', url: `https://video.test/${taskId}`, costUsd }
            : { state: 'failed', reason: 'INTERNAL', costUsd },
        );
      },
    };
  }

  downloads(process: Process): Downloads {
    return {
      fetchFile: async (url, file) => {
        const { fault } = await process.operate(`download ${url}`, () => undefined);
        if (fault !== 'none' || this.#world.random() < this.mood.downloadFails)
          return failure('download_failed', 'no file', { url });
        process.files.set(file, bytes(`from ${url}`));
        return success({ bytes: 10 });
      },
    };
  }
}

/** Pixels do not matter here; where they came from does, so every file says what it was made of. */
export function simulatedRenderer(process: Process): Renderer {
  const facts = { width: 1280, height: 720, format: 'png' };
  const video = { width: 1280, height: 720, duration: 10, fps: 24, codec: 'avc', frames: 240, bytes: 10 };
  const make = (output: string, text: string): void => void process.files.set(output, bytes(text));
  const read = (input: string): string => new TextDecoder().decode(process.files.get(input));
  return {
    fitPicture: async (input, output) => (make(output, `picture ${read(input)}`), success(facts)),
    splitGrid: async (input, outputs) => (
      outputs.forEach((output, index) => make(output, `quarter ${index} ${read(input)}`)),
      success(undefined)
    ),
    shrinkPicture: async (input, output) => (make(output, read(input)), success(facts)),
    drawPlaceholder: async (output, card) => (make(output, `placeholder ${card.topic}`), success(facts)),
    renderMockVideo: async (picture, output) => (make(output, `mock of ${read(picture)}`), success(video)),
    measureVideo: async () => success(video),
  };
}

export function simulatedWorkspace(process: Process): Workspace {
  return {
    withFolder: async (purpose, use) => use((name) => `${purpose}/${name}`),
    fingerprint: async (file) => ({ sha256: '0'.repeat(64), bytes: process.files.get(file)?.length ?? 0 }),
  };
}
