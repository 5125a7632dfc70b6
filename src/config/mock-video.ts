/**
 * The mock is what is left when every provider fails. A size, rate and length that cannot be rendered would fail it in
 * every run, and the channel would stand still for ever; so they are refused here, before anything is made or paid.
 */
import type { z } from 'zod';
import { parseRatio } from '../domain/runway-limits.ts';
import {
  frameCount,
  highestRate,
  largestSize,
  longestMock,
  missesLength,
  RENDER_SECONDS,
} from '../domain/video-limits.ts';

interface MockSettings {
  readonly IMAGE_GENERATION: { readonly output_size: string };
  readonly VIDEO: { readonly mock_duration: number; readonly mock_fps: number };
}

interface Refusal {
  readonly path: readonly string[];
  readonly message: string;
  readonly suggestion: string;
}

const SETTINGS: ReadonlySet<PropertyKey | undefined> = new Set(['output_size', 'mock_duration', 'mock_fps']);

/** A check of the whole configuration: what only its size, rate and length together can get wrong. */
export function refuseImpossibleMock(config: MockSettings, context: z.core.$RefinementCtx): void {
  // One that is wrong in itself is told already, and says nothing about the others.
  if (context.issues.some(({ path }) => SETTINGS.has(path?.[1]))) return;
  const refusal = refusalOf(config);
  if (refusal === null) return;
  const { message, path, suggestion } = refusal;
  context.addIssue({ code: 'custom', path: [...path], message, params: { suggestion } });
}

function refusalOf({ IMAGE_GENERATION: picture, VIDEO: video }: MockSettings): Refusal | null {
  const size = parseRatio(picture.output_size);
  // Refused where it is declared.
  if (size === null) return null;
  const { mock_duration: duration, mock_fps: fps } = video;
  const name = `${size.width}x${size.height}`;
  const rate = highestRate(size);
  if (rate === 0) {
    const { height, width } = largestSize(size);
    return {
      path: ['IMAGE_GENERATION', 'output_size'],
      message: 'is larger than any level of H.264 allows, so that no mock video could be made',
      suggestion: `Write \`${width}x${height}\` or less.`,
    };
  }
  if (fps > rate) {
    return {
      path: ['VIDEO', 'mock_fps'],
      message: `is more than any level of H.264 allows for ${name}`,
      suggestion: `Write \`${rate}\` or less, or make IMAGE_GENERATION.output_size smaller.`,
    };
  }
  const path = ['VIDEO', 'mock_duration'];
  const longest = longestMock(size, fps);
  if (duration > longest) {
    return {
      path,
      message: `is too long for ${name} at ${fps} frames per second; it could not be rendered within ${RENDER_SECONDS} seconds`,
      suggestion: `Write \`${longest}\` or less, or lower VIDEO.mock_fps or IMAGE_GENERATION.output_size.`,
    };
  }
  const nearest = frameCount(duration, fps) / fps;
  if (missesLength(nearest, duration)) {
    return {
      path,
      message: `is missed by more than a tenth of a second by whole frames at ${fps} per second`,
      suggestion: `Write \`${Number(nearest.toFixed(3))}\`, or raise VIDEO.mock_fps to 5 or more.`,
    };
  }
  return null;
}
