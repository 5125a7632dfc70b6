/** What the tests of the sandbox share: solid pictures instead of drawn ones, and a clock that stands still. */
import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';

import type { Sandbox, SandboxMedia, SandboxOptions } from './options.ts';
import { startSandbox } from './server.ts';

export const VIDEO_BYTES = Buffer.from('not really a video, but bytes of a known length');
const COLOURS = ['#c0392b', '#27ae60', '#2980b9', '#8e44ad'];

/** Pictures of 64×36 in one colour for each variant; `drawn` names what was drawn. */
export function solidMedia(drawn: string[] = []): SandboxMedia {
  return {
    drawPicture: async (file, prompt, variant) => {
      drawn.push(`picture ${variant} ${prompt}`);
      const background = COLOURS[variant] ?? '#000000';
      await sharp({ create: { width: 64, height: 36, channels: 3, background } })
        .png()
        .toFile(file);
    },
    drawVideo: async (file, prompt, seconds, size, picture) => {
      drawn.push(
        `video ${seconds} ${size.width}x${size.height} ${picture === undefined ? 'no' : 'a'} picture ${prompt}`,
      );
      await writeFile(file, VIDEO_BYTES);
    },
  };
}

/** A sandbox whose clock only moves with `advance`. */
export function startTestSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  return startSandbox({ media: solidMedia(), now: () => new Date('2026-11-24T20:30:00Z'), ...options });
}

/** A small data URI of a picture. */
export async function pictureUri(): Promise<string> {
  const picture = sharp({ create: { width: 32, height: 18, channels: 3, background: '#336699' } });
  return `data:image/jpeg;base64,${(await picture.jpeg().toBuffer()).toString('base64')}`;
}
