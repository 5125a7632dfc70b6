/**
 * Draws a landscape for a prompt: the pictures that the sandbox's image provider hands out. The pipeline is only worth
 * watching with pictures that differ by prompt and variant, and a sandbox has no network to fetch any.
 */
import sharp from 'sharp';

import type { PictureSize } from '../../ports/renderer.ts';
import { hashBytes, seededRandom } from './hash.ts';
import { ranges, reflection, skyline, trees } from './scene-shapes.ts';

/** Colours from the top of the sky to the nearest ground, and the colour of the light. */
interface Palette {
  readonly sky: readonly [string, string, string];
  readonly light: string;
  readonly far: string;
  readonly near: string;
}

const PALETTES: readonly Palette[] = [
  { sky: ['#1d2b53', '#7a4a7c', '#f7a072'], light: '#ffe3b0', far: '#a4637f', near: '#1c1533' },
  { sky: ['#2b59a2', '#8fb8de', '#fbe6c8'], light: '#fffaf0', far: '#8fa9c9', near: '#15324f' },
  { sky: ['#0b1026', '#1f2f5c', '#5c6fa8'], light: '#f3f0dd', far: '#3b4f86', near: '#060a18' },
  { sky: ['#f2a65a', '#f6c98f', '#fdf0d5'], light: '#ffffff', far: '#e39b6d', near: '#5b2333' },
  { sky: ['#0d3b3e', '#2f7f79', '#cfe8c9'], light: '#f9ffe9', far: '#6fb09a', near: '#07211f' },
  { sky: ['#3a0f3f', '#b23a6f', '#ffb07c'], light: '#fff0d9', far: '#a33b63', near: '#22081f' },
  { sky: ['#5f7a94', '#a9bccb', '#e9eef0'], light: '#ffffff', far: '#95a9b8', near: '#26343f' },
  { sky: ['#112031', '#3d6b6b', '#f2c879'], light: '#ffe9b8', far: '#587f78', near: '#0b1a20' },
];

const KINDS = ['hills', 'sea', 'city', 'forest'] as const;

/** Writes a PNG or JPEG (by the output's ending). The same prompt, variant and size give the same picture. */
export async function drawScene(
  output: string,
  prompt: string,
  size: PictureSize,
  variant: number,
): Promise<void> {
  const drawing = sharp(Buffer.from(sceneSvg(prompt, size, variant))).removeAlpha();
  await (
    /\.jpe?g$/iu.test(output)
      ? drawing.jpeg({ quality: 92, chromaSubsampling: '4:4:4' })
      : drawing.png({ compressionLevel: 3 })
  ).toFile(output);
}

function sceneSvg(prompt: string, size: PictureSize, variant: number): string {
  const { width, height } = size;
  const theme = hashBytes(prompt);
  const random = seededRandom(hashBytes(`${variant}\n${prompt}`));
  // Neighbouring variants never share palette or kind, as four candidates should give a choice.
  const palette = pick(PALETTES, theme + variant * 3);
  const kind = pick(KINDS, (theme >>> 8) + variant);
  const horizon = height * (kind === 'sea' ? 0.56 + random() * 0.08 : 0.6 + random() * 0.1);
  const sun = {
    x: width * (0.2 + random() * 0.6),
    y: horizon * (0.3 + random() * 0.5),
    radius: height * (0.045 + random() * 0.06),
  };
  const stage = { width, height, horizon, random, ...palette, sun };
  const foreground = {
    hills: () => ranges(stage, 6),
    sea: () => ranges(stage, 2) + reflection(stage),
    city: () => ranges(stage, 2) + skyline(stage),
    forest: () => ranges(stage, 4) + trees(stage),
  }[kind];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">`,
    definitions(palette, sun, height),
    '<rect width="100%" height="100%" fill="url(#sky)"/>',
    kind === 'sea' || kind === 'hills' ? '' : stars(stage),
    '<rect width="100%" height="100%" fill="url(#glow)"/>',
    `<circle cx="${sun.x}" cy="${sun.y}" r="${sun.radius}" fill="${palette.light}"/>`,
    clouds(stage),
    foreground(),
    '<rect width="100%" height="100%" fill="url(#vignette)"/>',
    '</svg>',
  ].join('');
}

function definitions(palette: Palette, sun: { x: number; y: number }, height: number): string {
  const [top, middle, low] = palette.sky;
  return `<defs>
<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${top}"/><stop offset="0.4" stop-color="${middle}"/><stop offset="0.72" stop-color="${low}"/></linearGradient>
<radialGradient id="glow" gradientUnits="userSpaceOnUse" cx="${sun.x}" cy="${sun.y}" r="${height * 0.8}"><stop offset="0" stop-color="${palette.light}" stop-opacity="0.75"/><stop offset="0.25" stop-color="${palette.light}" stop-opacity="0.28"/><stop offset="1" stop-color="${palette.light}" stop-opacity="0"/></radialGradient>
<radialGradient id="cloud"><stop offset="0" stop-color="${palette.light}" stop-opacity="0.5"/><stop offset="1" stop-color="${palette.light}" stop-opacity="0"/></radialGradient>
<radialGradient id="vignette" cx="0.5" cy="0.45" r="0.75"><stop offset="0.6" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity="0.34"/></radialGradient>
</defs>`;
}

interface SkyStage {
  readonly width: number;
  readonly horizon: number;
  readonly random: () => number;
}

function stars({ width, horizon, random }: SkyStage): string {
  const dots = Array.from({ length: 90 }, () => {
    const y = random() ** 1.6 * horizon * 0.8;
    const fade = (1 - y / horizon) * (0.25 + random() * 0.6);
    return `<circle cx="${(random() * width).toFixed(1)}" cy="${y.toFixed(1)}" r="${(width * (0.0005 + random() * 0.0009)).toFixed(2)}" opacity="${fade.toFixed(2)}"/>`;
  });
  return `<g fill="#fff">${dots.join('')}</g>`;
}

/** Long, flat and soft: many faint ellipses laid along a few lines. */
function clouds({ width, horizon, random }: SkyStage): string {
  const parts: string[] = [];
  for (let bank = 0; bank < 4; bank += 1) {
    const x = random() * width;
    const y = horizon * (0.15 + random() * 0.6);
    const long = width * (0.12 + random() * 0.22);
    for (let puff = 0; puff < 7; puff += 1) {
      const offset = (random() - 0.5) * long * 1.6;
      parts.push(
        `<ellipse cx="${(x + offset).toFixed(1)}" cy="${(y + (random() - 0.5) * horizon * 0.035).toFixed(1)}" rx="${(long * (0.25 + random() * 0.4)).toFixed(1)}" ry="${(horizon * (0.01 + random() * 0.022)).toFixed(1)}"/>`,
      );
    }
  }
  return `<g fill="url(#cloud)">${parts.join('')}</g>`;
}

function pick<T>(items: readonly [T, ...T[]] | readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('There is nothing to pick from');
  return item;
}
