/** A channel whose providers answer at once, for measuring the mill and not its providers. */
import { copyFile, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRenderer, drawSceneVideo } from '../src/adapters/render/renderer.ts';
import { drawScene } from '../src/adapters/render/scene.ts';
import { sandboxVariables } from '../src/app/drawn-sandbox.ts';
import type { Sandbox } from '../src/sandbox/options.ts';
import { startSandbox } from '../src/sandbox/server.ts';

export interface BenchChannel extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly variables: Readonly<Record<string, string>>;
  /** Of everything temporary. */
  readonly folder: string;
  /** A picture of the finished size. */
  readonly picture: string;
}

const SIZE = { width: 1280, height: 720 };

/** `videoBytes`: the clip is padded to this size with an empty box, which players skip. */
export async function startBenchChannel(
  options: { videoBytes?: number; now?: () => Date; imageSeconds?: number } = {},
): Promise<BenchChannel> {
  const folder = await mkdtemp(path.join(tmpdir(), 'reelmill-bench-'));
  const picture = path.join(folder, 'picture.png');
  const video = path.join(folder, 'video.mp4');
  await drawScene(picture, 'a landscape to measure with', SIZE, 0);
  const drawn = await drawSceneVideo(video, picture, { size: SIZE, duration: 10, fps: 24 });
  if (!drawn.ok) throw new Error(drawn.failure.message);
  if (options.videoBytes !== undefined) await pad(video, options.videoBytes);
  const sandbox = await startSandbox({
    imageSeconds: options.imageSeconds ?? 0,
    videoSeconds: 0,
    media: {
      drawPicture: (file) => copyFile(picture, file),
      drawVideo: (file) => copyFile(video, file),
    },
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  return {
    sandbox,
    variables: sandboxVariables(sandbox),
    folder,
    picture,
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** ISO/IEC 14496-12, 8.1.2: a box of type `free` holds nothing. Its size is written in 32 bits. */
async function pad(file: string, bytes: number): Promise<void> {
  await using handle = await open(file, 'r+');
  const { size } = await handle.stat();
  const header = Buffer.alloc(8);
  header.writeUInt32BE(bytes - size, 0);
  header.write('free', 4, 'latin1');
  await handle.write(header, 0, 8, size);
  await handle.truncate(bytes);
}

export async function renderMock(picture: string, output: string): Promise<void> {
  const settings = { size: SIZE, duration: 10, fps: 24, codec: 'libx264' };
  const done = await createRenderer().renderMockVideo(picture, output, settings);
  if (!done.ok) throw new Error(done.failure.message);
}
