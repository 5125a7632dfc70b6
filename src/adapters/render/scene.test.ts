import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { drawScene } from './scene.ts';

const size = { width: 364, height: 204 };
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'render-scene-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function scene(prompt: string, variant: number, name = 'scene.png'): Promise<Buffer> {
  await drawScene(join(folder, name), prompt, size, variant);
  return sharp(join(folder, name)).removeAlpha().raw().toBuffer();
}

function difference(one: Buffer, other: Buffer): number {
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += Math.abs((one[at] ?? 0) - (other[at] ?? 0));
  return sum / one.length;
}

test('P4 the four variants of a prompt, and other prompts, are clearly different pictures', async () => {
  const pictures = [];
  for (const variant of [0, 1, 2, 3]) pictures.push(await scene('A lighthouse at dawn', variant));
  pictures.push(await scene('Одинокий человек в городе', 0));
  for (const [index, picture] of pictures.entries()) {
    for (const other of pictures.slice(index + 1)) expect(difference(picture, other)).toBeGreaterThan(8);
  }
});

test('P4 the same prompt and variant give the same picture', async () => {
  const once = await scene('Rain over the bridge', 2);
  const twice = await scene('Rain over the bridge', 2);
  expect(once.equals(twice)).toBe(true);
});

test('P4 scenes have the asked size, shapes and colour, as PNG or JPEG', async () => {
  await drawScene(join(folder, 'scene.jpg'), 'Harbour', size, 0);
  const picture = sharp(join(folder, 'scene.jpg'));
  expect(await picture.metadata()).toMatchObject({ ...size, format: 'jpeg' });
  const { channels, entropy } = await picture.stats();
  expect(entropy).toBeGreaterThan(4);
  expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(20);
});
