/** The sandbox of a soak: media drawn once, faults by chance, and a hook on the very moment in which something is paid. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

import { digestOf } from '../../src/sandbox/digest.ts';
import type { FaultRule } from '../../src/sandbox/faults.ts';
import type { Sandbox, SandboxMedia } from '../../src/sandbox/options.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { clip, colourOf } from '../support/mill.ts';

/** Seconds of a video; the shortest that the configuration may ask Runway for. */
export const VIDEO_SECONDS = 2;
/** A look right after the order finds the picture not ready; the next process finds it painted. */
const IMAGE_SECONDS = 1;

/** Word by which rules tell the judge from the texts. */
export const JUDGE_WORD = 'JUDGE-OF-PICTURES';

export interface SoakProviders extends AsyncDisposable {
  readonly sandbox: Sandbox;
  /** By account: called for each call that was just charged, before its answer leaves. */
  readonly onPaid: Map<string, () => void>;
}

export async function startProviders(seed: number): Promise<SoakProviders> {
  const folder = await mkdtemp(join(tmpdir(), 'reelmill-soak-media-'));
  const sandbox = await startSandbox({
    media: await cheapMedia(folder),
    imageSeconds: IMAGE_SECONDS,
    videoSeconds: 0,
    faults: TROUBLE,
    seed,
  });
  const providers: SoakProviders = {
    sandbox,
    onPaid: new Map(),
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  const { ledger } = sandbox;
  const add = ledger.add.bind(ledger);
  ledger.add = (entry) => {
    add(entry);
    if (entry.outcome !== 'refused') providers.onPaid.get(entry.account)?.();
  };
  return providers;
}

/** As the sandbox's ledger shows an OpenAI, PiAPI or Runway key. */
export function accountsOf(key: string): readonly string[] {
  return [key, `Bearer ${key}`].map((sent) => digestOf(sent).slice(0, 8));
}

/** Texts are never spoilt by a wrong answer here: the ledger could not tell such a one from a good one. */
export const TROUBLE: readonly FaultRule[] = [
  {
    provider: 'openai',
    operation: 'chat',
    matching: JUDGE_WORD,
    probability: 0.1,
    action: { type: 'malformed' },
  },
  { provider: 'openai', probability: 0.02, action: { type: 'status', status: 500 } },
  { provider: 'openai', probability: 0.02, action: { type: 'throttle', retryAfterSeconds: 0 } },
  { provider: 'openai', probability: 0.02, action: { type: 'drop' } },
  { provider: 'openai', probability: 0.02, action: { type: 'lose-answer' } },
  { provider: 'openai', probability: 0.02, action: { type: 'garbage', form: 'truncated-json' } },
  { provider: 'openai', probability: 0.2, action: { type: 'delay', seconds: 0.1 } },
  {
    provider: 'piapi',
    operation: 'imagine',
    probability: 0.04,
    action: { type: 'status', status: 400, underHttp200: true },
  },
  { provider: 'piapi', operation: 'imagine', probability: 0.04, action: { type: 'lose-answer' } },
  { provider: 'piapi', operation: 'imagine', probability: 0.03, action: { type: 'garbage' } },
  { provider: 'piapi', operation: 'imagine', probability: 0.08, action: { type: 'task-fails' } },
  { provider: 'piapi', operation: 'imagine', probability: 0.04, action: { type: 'no-urls' } },
  { provider: 'piapi', operation: 'fetch', probability: 0.05, action: { type: 'status', status: 500 } },
  { provider: 'piapi', operation: 'fetch', probability: 0.03, action: { type: 'garbage' } },
  {
    provider: 'runway',
    operation: 'image_to_video',
    probability: 0.04,
    action: { type: 'status', status: 429 },
  },
  { provider: 'runway', operation: 'image_to_video', probability: 0.05, action: { type: 'lose-answer' } },
  { provider: 'runway', operation: 'image_to_video', probability: 0.06, action: { type: 'task-fails' } },
  {
    provider: 'runway',
    operation: 'image_to_video',
    probability: 0.02,
    action: { type: 'task-never-finishes' },
  },
  { provider: 'files', probability: 0.04, action: { type: 'truncate-file' } },
  { provider: 'files', probability: 0.03, action: { type: 'html-file' } },
  { provider: 'files', probability: 0.03, action: { type: 'status', status: 503 } },
];

async function cheapMedia(folder: string): Promise<SandboxMedia> {
  const pictures = await Promise.all(
    [0, 1, 2, 3].map(async (variant) => {
      const [r = 0, g = 0, b = 0] = colourOf(variant);
      const file = join(folder, `${variant}.png`);
      const create = { width: 160, height: 90, channels: 3 as const, background: { r, g, b } };
      await sharp({ create }).png().toFile(file);
      return file;
    }),
  );
  const video = await clip(VIDEO_SECONDS);
  return {
    drawPicture: (file, _prompt, variant) => copyFile(pictures[variant] ?? '', file),
    drawVideo: (file) => copyFile(video, file),
  };
}
