/**
 * The whole mill in one process: the real composition with its real clients over loopback, the sandbox in the providers'
 * place, a store in memory and a clock that only moves when it is told to. A test sees what each run left behind.
 */
import { rmSync } from 'node:fs';
import { copyFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

import { createMemoryStore, type MemoryStoreOptions } from '../../src/adapters/memory/memory-store.ts';
import { composeRun, type Surroundings } from '../../src/app/compose.ts';
import { sandboxVariables } from '../../src/app/drawn-sandbox.ts';
import { VirtualClock } from '../../src/app/virtual-clock.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { interpretConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { generationDocumentSchema, imageDocumentSchema } from '../../src/domain/channel-state.ts';
import { FailureError, type Result } from '../../src/domain/failure.ts';
import { collectList, type ObjectStore } from '../../src/ports/object-store.ts';
import type { Random } from '../../src/ports/random.ts';
import { runChannel, type RunOptions, type RunParts, type RunReport } from '../../src/runtime/run-channel.ts';
import type { LedgerEntry } from '../../src/sandbox/ledger.ts';
import type { Sandbox, SandboxMedia, SandboxOptions, VideoSize } from '../../src/sandbox/options.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { restProblems } from '../../src/workflow/invariants.ts';
import { quickRenderer } from './quick-renderer.ts';
import { Wire } from './wire.ts';

/** 20:30 UTC, the hour of the main run. */
export const START = new Date('2026-01-31T20:30:00Z');
/** The id of a post that is begun at `START`. */
export const FIRST_ID = '20260131-2030';
export const PUBLIC = 'config/config_public.json';
export const GENERATION = 'config/config_gen.json';
export const IMAGE = 'config/config_midjourney.json';
export const TRACKER = 'data/topics_tracker.json';
/** A state in which nothing is going on. */
export const AT_REST = { midjourney_task: null, midjourney_results: {}, generation: false, status: null };

// oxlint-disable-next-line typescript/no-explicit-any -- stored JSON; each test says itself what it expects in there.
export type Json = any;

export interface MillOptions {
  /** Over a small channel whose media are quickly made. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, unknown>> | readonly unknown[]>>;
  /** A whole configuration file instead. */
  readonly configText?: string;
  readonly sandbox?: Partial<SandboxOptions>;
  readonly store?: MemoryStoreOptions;
  /** Stands between the mill and its store. */
  readonly throughStore?: (store: ObjectStore) => ObjectStore;
  /** Over the sandbox's keys and addresses; `undefined` takes one away. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
}

export interface MillRun extends Partial<RunOptions> {
  readonly signal?: AbortSignal;
  /** Draws in processes of their own, as a real run does. */
  readonly realRenderer?: boolean;
  /** The test began with a state that no run leaves, so that the next one need not be at rest either. */
  readonly anyState?: boolean;
  /** Told of each action as it begins. */
  readonly onAction?: (type: string) => void | Promise<void>;
  /** Replaces parts of the composed mill. */
  readonly change?: (parts: RunParts) => RunParts;
}

/** Small sides, a short mock, one focus: what a test needs, and no more work than that. */
const SMALL = {
  CONTENT: { focuses: ['Clocks'] },
  IMAGE_GENERATION: { output_size: '128x72' },
  VIDEO: { runway_duration: 2, mock_duration: 1, mock_fps: 8 },
};

export class Mill implements AsyncDisposable {
  readonly clock = new VirtualClock(START);
  readonly sandbox: Sandbox;
  readonly wire: Wire;
  /** The bucket itself, as anybody else would reach it. */
  readonly store: ObjectStore;
  readonly config: Config;
  readonly logs: { readonly level: string; readonly message: string; readonly fields: unknown }[] = [];
  /** Requests to the store since the start, those of the test itself included. */
  readonly requests: string[] = [];
  /** What the last run asked the store for, in order. */
  requestsOfLastRun: readonly string[] = [];
  /** In [0, 1); decides between focuses, approaches and restrictions. */
  chance = 0;
  /** For the commands beside `run`. */
  readonly surroundings: Surroundings;

  private constructor(
    sandbox: Sandbox,
    wire: Wire,
    clock: VirtualClock,
    config: Config,
    options: MillOptions,
  ) {
    this.sandbox = sandbox;
    this.wire = wire;
    this.clock = clock;
    this.config = config;
    const onRequest = (operation: string): void => void this.requests.push(operation);
    this.store = createMemoryStore({ now: () => clock.now(), onRequest, ...options.store });
    const environment = readEnvironment({
      ...sandboxVariables(sandbox),
      REELMILL_OPENAI_BASE_URL: `${wire.origin}/openai/v1`,
      REELMILL_PIAPI_BASE_URL: `${wire.origin}/piapi`,
      REELMILL_RUNWAY_BASE_URL: `${wire.origin}/runway`,
      ...options.variables,
    });
    this.surroundings = {
      config,
      environment: valueOf(environment),
      store: options.throughStore?.(this.store) ?? this.store,
      clock,
      random: this.#random(),
      log: this.#log(),
      signal: new AbortController().signal,
      holder: 'a test',
    };
  }

  static async start(options: MillOptions = {}): Promise<Mill> {
    const text = options.configText ?? JSON.stringify(merged(SMALL, options.config));
    const { config } = valueOf(interpretConfig(text, 'the test'));
    const clock = new VirtualClock(START);
    const sandbox = await startSandbox({ media: smallMedia(), now: () => clock.now(), ...options.sandbox });
    const wire = await Wire.open(new URL(sandbox.urls.openai).origin, () => clock.now());
    return new Mill(sandbox, wire, clock, config, options);
  }

  /** One run from lock to release. Whatever becomes of it, the state must be one of S4's five afterwards. */
  async run(run: MillRun = {}): Promise<RunReport> {
    const { signal, onAction, change = (parts) => parts, mode = 'main', zeroDelay = false, part } = run;
    const composed = await this.compose(signal);
    const renderer = run.realRenderer ? composed.context.renderer : quickRenderer;
    const parts = change({ ...composed, context: { ...composed.context, renderer } });
    const waiting: unknown[] = [];
    const earlier = this.requests.length;
    const observe: RunParts['observe'] = (event) => {
      if (event.type === 'action-started') waiting.push(onAction?.(event.action.type));
    };
    try {
      return await runChannel({ ...parts, observe }, { mode, zeroDelay, ...(part ? { part } : {}) });
    } finally {
      this.requestsOfLastRun = this.requests.slice(earlier);
      await Promise.all(waiting);
      if (!run.anyState) await this.#assertRest();
    }
  }

  /** The mill as one process has it; each run of a scheduler is a new one. */
  async compose(signal?: AbortSignal): Promise<RunParts> {
    return valueOf(await composeRun({ ...this.surroundings, ...(signal ? { signal } : {}) }));
  }

  /** Moves the clock on, and lets the providers' tasks go on with it. */
  async advance(seconds: number): Promise<void> {
    this.clock.moveTo(new Date(this.clock.now().getTime() + seconds * 1000));
    await this.sandbox.tick();
  }

  /** To the next `HH:MM`, UTC. */
  async until(time: string): Promise<void> {
    const now = this.clock.now();
    const next = new Date(`${now.toISOString().slice(0, 10)}T${time}:00Z`);
    if (next <= now) next.setUTCDate(next.getUTCDate() + 1);
    await this.advance((next.getTime() - now.getTime()) / 1000);
  }

  /** The three documents as they are stored; null where there is none. */
  async state(): Promise<{ readonly public: Json; readonly generation: Json; readonly image: Json }> {
    return {
      public: await this.json(PUBLIC),
      generation: await this.json(GENERATION),
      image: await this.json(IMAGE),
    };
  }

  /** All keys, or those that start with `prefix`. */
  async objects(prefix = ''): Promise<string[]> {
    return valueOf(await collectList(this.store, prefix)).map(({ key }) => key);
  }

  /** An object that is not there is an error of the test. */
  async bytes(key: string): Promise<Uint8Array> {
    const bytes = await this.#stored(key);
    if (bytes === null) throw new Error(`there is no ${key}`);
    return bytes;
  }

  /** `null` when there is no such object. */
  async json(key: string): Promise<Json> {
    const bytes = await this.#stored(key);
    return bytes === null ? null : JSON.parse(new TextDecoder().decode(bytes));
  }

  /** The bytes as text, for documents that are not to change by a single one. */
  async text(key: string): Promise<string> {
    return new TextDecoder().decode(await this.bytes(key));
  }

  /** As another tool would write it; what is no text is written as JSON. */
  async put(key: string, body: unknown): Promise<void> {
    const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2);
    const bytes = body instanceof Uint8Array ? body : new TextEncoder().encode(text);
    valueOf(await this.store.put(key, { bytes }, { contentType: 'application/octet-stream' }));
  }

  async remove(...keys: string[]): Promise<void> {
    for (const key of keys) valueOf(await this.store.delete(key));
  }

  /** A group of the three objects that make a post ready. */
  async putGroup(
    folder: string,
    id: string,
    parts: readonly string[] = ['json', 'png', 'mp4'],
  ): Promise<void> {
    for (const part of parts) await this.put(`${folder}${id}.${part}`, `${part} of ${id}`);
  }

  /** What the providers charged for, and what they refused. */
  get ledger(): readonly LedgerEntry[] {
    return this.sandbox.ledger.entries();
  }

  /** How often each kind of paid call was accepted or lost. */
  paid(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { kind, outcome } of this.ledger) {
      if (outcome !== 'refused') counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  }

  /** What the log said at `warn` and above. */
  complaints(): string[] {
    return this.logs.filter(({ level }) => level !== 'info').map(({ message }) => message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.wire[Symbol.asyncDispose]();
    await this.sandbox.close();
  }

  async #stored(key: string): Promise<Uint8Array | null> {
    return valueOf(await this.store.get(key, 1_000_000_000))?.body ?? null;
  }

  async #assertRest(): Promise<void> {
    const { image, generation } = await this.#readable();
    if (image === null || generation === null) return;
    const problems = restProblems(image, generation as never);
    if (problems.length > 0) throw new Error(`The run left no state of S4: ${problems.join('; ')}`);
  }

  /** A document that somebody damaged is another test's business. */
  async #readable() {
    const read = async (key: string): Promise<unknown> => (await this.json(key).catch(() => null)) ?? {};
    const image = imageDocumentSchema.safeParse(await read(IMAGE));
    const generation = generationDocumentSchema.safeParse(await read(GENERATION));
    return {
      image: image.success ? image.data : null,
      generation: generation.success ? generation.data : null,
    };
  }

  #random(): Random {
    let names = 0;
    return { next: () => this.chance, identifier: () => `test-${(names += 1)}` };
  }

  #log(): Surroundings['log'] {
    const say =
      (level: string) =>
      (message: string, fields: unknown = {}): void =>
        void this.logs.push({ level, message, fields });
    return { debug: () => {}, info: say('info'), warn: say('warn'), error: say('error') };
  }
}

export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new FailureError(result.failure);
  return result.value;
}

const COLOURS = ['#c0392b', '#27ae60', '#2980b9', '#8e44ad'];

/** Colour of the picture `variant` (from 0) as red, green and blue. */
export function colourOf(variant: number): readonly number[] {
  return (COLOURS[variant] ?? '').match(/[0-9a-f]{2}/g)?.map((part) => Number.parseInt(part, 16)) ?? [];
}

/** The colour in the middle of a picture. */
export async function middleOf(picture: Uint8Array): Promise<number[]> {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2)) * info.channels;
  return [...data.subarray(at, at + 3)];
}

export function smallMedia(): SandboxMedia {
  return {
    drawPicture: async (file, _prompt, variant) => {
      const background = COLOURS[variant] ?? '#000000';
      await sharp({ create: { width: 160, height: 90, channels: 3, background } })
        .png()
        .toFile(file);
    },
    drawVideo: async (file, _prompt, seconds, size) => copyFile(await clip(seconds, size), file),
  };
}

const clips = new Map<string, Promise<string>>();
const WIDE: VideoSize = { width: 1280, height: 720 };

/** A playable video of so many seconds in the shape of `size`, made once a process: rendering is what takes the time. */
export function clip(seconds: number, { height, width }: VideoSize = WIDE): Promise<string> {
  const shape = { width: 2 * Math.round(width / 20), height: 2 * Math.round(height / 20) };
  const key = `${seconds} ${shape.width}x${shape.height}`;
  const known = clips.get(key) ?? renderClip(seconds, shape);
  clips.set(key, known);
  return known;
}

async function renderClip(duration: number, size: VideoSize): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reelmill-test-clip-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const picture = join(folder, 'start.png');
  const blank = sharp({ create: { ...size, channels: 3, background: '#c0392b' } });
  await blank.png().toFile(picture);
  const video = join(folder, 'clip.mp4');
  valueOf(await quickRenderer.renderMockVideo(picture, video, { size, duration, fps: 8 }));
  return video;
}

function merged(base: Json, over: Json): Json {
  if (over === undefined) return base;
  const isPlain = (value: unknown): boolean =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isPlain(base) || !isPlain(over)) return over;
  const names = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...names].map((name) => [name, merged(base[name], over[name])]));
}
