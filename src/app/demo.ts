/**
 * Two posts from topic to MP4 through the real code path, in seconds and without keys: the sandbox stands in for the
 * providers, a folder for the bucket, and a virtual clock for two days of scheduled runs.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolderStore } from '../adapters/folder/folder-store.ts';
import { createRenderer } from '../adapters/render/renderer.ts';
import { readEnvironment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import { interpretConfig } from '../config/load.ts';
import { channelRedactor } from '../config/channel-redactor.ts';
import { failure, success, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { CONVEYOR, isReady, partKey } from '../domain/group.ts';
import { postSchema, topicOf, type Media } from '../domain/post.ts';
import { readShelf } from '../runtime/tidy.ts';
import { runChannel, type RunEvent, type RunReport } from '../runtime/run-channel.ts';
import type { Sandbox } from '../sandbox/options.ts';
import { composeRun } from './compose.ts';
import { sampleConfigPath } from './sample-config.ts';
import { sandboxVariables, startDrawnSandbox } from './drawn-sandbox.ts';
import { createLog } from './log.ts';
import { channelSettings } from './settings.ts';
import { VirtualClock } from './virtual-clock.ts';

export type DemoLanguage = 'en' | 'ru';

export interface DemoOptions {
  readonly language: DemoLanguage;
  /** Where the channel's folder is made; it should not exist yet. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onRun: (run: ScheduledRun) => void;
  readonly onRunEnded: (report: RunReport) => void;
  readonly observe: (event: RunEvent) => void;
}

export interface ScheduledRun {
  /** From 1. */
  readonly day: number;
  readonly at: Date;
  readonly mode: 'main' | 'check';
}

export interface DemoPost {
  readonly id: GenerationId;
  readonly topic: string;
  readonly media: Media | null;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly video: {
    readonly width: number;
    readonly height: number;
    readonly seconds: number;
    readonly fps: number;
  };
}

export interface DemoResult {
  readonly posts: readonly DemoPost[];
  readonly paidCalls: number;
  /** What the providers would have charged, by our price table; USD. */
  readonly wouldCostUsd: number;
}

/** The schedule of a sample channel, until the evening on which the second post is finished. */
export function scheduledRuns({ SCHEDULE: { checks, main, ready_by: readyBy } }: Config): ScheduledTime[] {
  const evening = { hour: hoursOf(main), mode: 'main' } as const;
  const night = [...checks, ...(readyBy === null ? [] : [readyBy])].map((time) => {
    const hour = hoursOf(time);
    return { hour: hour < evening.hour ? hour + 24 : hour, mode: 'check' } as const;
  });
  const days = [1, 2].flatMap((day) => [evening, ...night].map(({ hour, mode }) => ({ day, hour, mode })));
  return [...days, { day: 3, ...evening }];
}

interface ScheduledTime {
  readonly day: number;
  /** After that day's midnight. */
  readonly hour: number;
  readonly mode: 'main' | 'check';
}

function hoursOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours + minutes / 60;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A failure of a run ends the demo with that failure: here nothing is supposed to fail. */
export async function runDemo(options: DemoOptions, today: Date): Promise<Result<DemoResult>> {
  const midnight = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate());
  const clock = new VirtualClock(new Date(midnight));
  await using sandbox = await startDrawnSandbox({
    now: () => clock.now(),
    // The second picture is never finished: that post becomes a mock.
    faults: [{ provider: 'piapi', operation: 'imagine', skip: 1, action: { type: 'task-never-finishes' } }],
  });
  const surroundings = await demoSurroundings(options, sandbox);
  if (!surroundings.ok) return surroundings;
  for (const { day, hour, mode } of scheduledRuns(surroundings.value.config)) {
    if (options.signal.aborted) return failure('usage', 'The demo was stopped', {}, { advice: '' });
    clock.moveTo(new Date(midnight + (day - 1) * DAY + hour * HOUR));
    options.onRun({ day, at: clock.now(), mode });
    const parts = await composeRun({ ...surroundings.value, clock });
    if (!parts.ok) return parts;
    const report = await runChannel({ ...parts.value, observe: options.observe }, { mode, zeroDelay: false });
    options.onRunEnded(report);
    if (report.failure) return { ok: false, failure: report.failure };
  }
  const posts = await finishedPosts(surroundings.value.config, options.folder);
  if (!posts.ok) return posts;
  const paid = sandbox.ledger.entries().filter(({ outcome }) => outcome !== 'refused');
  return success({ posts: posts.value, paidCalls: paid.length, wouldCostUsd: sandbox.ledger.totalUsd() });
}

async function demoSurroundings(options: DemoOptions, sandbox: Sandbox) {
  const loaded = interpretConfig(
    await readFile(sampleConfigPath(options.language), 'utf8'),
    'the sample channel',
  );
  if (!loaded.ok) return loaded;
  const environment = readEnvironment({
    ...sandboxVariables(sandbox),
    REELMILL_STORE: `folder:${options.folder}`,
  });
  if (!environment.ok) return environment;
  const log = createLog({
    level: 'error',
    format: 'pretty',
    redact: channelRedactor(loaded.value.config, environment.value),
  });
  return success({
    config: loaded.value.config,
    environment: environment.value,
    log,
    signal: options.signal,
    holder: 'the demo',
  });
}

/** What lies in the folder now, opened and measured. */
async function finishedPosts(config: Config, folder: string): Promise<Result<DemoPost[]>> {
  const { folders } = channelSettings(config);
  const shelf = await readShelf(createFolderStore(folder), folders);
  if (!shelf.ok) return shelf;
  const renderer = createRenderer();
  const posts: DemoPost[] = [];
  for (const place of CONVEYOR) {
    const prefix = folders[place];
    for (const group of shelf.value[place]) {
      if (!isReady(group, prefix)) continue;
      const video = await renderer.measureVideo(join(folder, partKey(prefix, group.id, 'mp4')));
      if (!video.ok) return video;
      const text: unknown = JSON.parse(
        await readFile(join(folder, partKey(prefix, group.id, 'json')), 'utf8'),
      );
      const post = postSchema.parse(text);
      const { width, height, duration, fps } = video.value;
      posts.push({
        id: group.id,
        topic: topicOf(post),
        media: post.media ?? null,
        files: group.objects.map(({ key, size }) => ({ path: join(folder, key), bytes: size })),
        video: { width, height, seconds: duration, fps },
      });
    }
  }
  return success(posts.sort((one, other) => (one.id < other.id ? -1 : 1)));
}
