/** The sandbox with pictures and videos worth looking at, drawn by our own renderer. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawSceneVideo } from '../adapters/render/renderer.ts';
import { drawScene } from '../adapters/render/scene.ts';
import { FailureError } from '../domain/failure.ts';
import type { Sandbox, SandboxMedia, SandboxOptions } from '../sandbox/options.ts';
import { startSandbox } from '../sandbox/server.ts';

/** What Midjourney paints at 16:9, in pixels. */
const PICTURE = { width: 1456, height: 816 };
const VIDEO_FPS = 24;

const media: SandboxMedia = {
  drawPicture: (file, prompt, variant) => drawScene(file, prompt, PICTURE, variant),
  async drawVideo(file, prompt, seconds, size, picture) {
    const folder = await mkdtemp(join(tmpdir(), 'reelmill-scene-'));
    try {
      const start = picture ?? join(folder, 'scene.png');
      if (picture === undefined) await drawScene(start, prompt, size, 0);
      const drawn = await drawSceneVideo(file, start, { size, duration: seconds, fps: VIDEO_FPS });
      if (!drawn.ok) throw new FailureError(drawn.failure);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

export function startDrawnSandbox(options: Omit<SandboxOptions, 'media'> = {}): Promise<Sandbox> {
  return startSandbox({ ...options, media });
}

/** The environment under which every provider is the sandbox. */
export function sandboxVariables(sandbox: Pick<Sandbox, 'urls'>): Readonly<Record<string, string>> {
  return {
    OPENAI_API_KEY: 'sandbox-openai-key',
    MIDJOURNEY_API_KEY: 'sandbox-piapi-key',
    RUNWAY_API_KEY: 'sandbox-runway-key',
    REELMILL_OPENAI_BASE_URL: sandbox.urls.openai,
    REELMILL_PIAPI_BASE_URL: sandbox.urls.piapi,
    REELMILL_RUNWAY_BASE_URL: sandbox.urls.runway,
    REELMILL_ALLOW_LOOPBACK: '1',
  };
}
