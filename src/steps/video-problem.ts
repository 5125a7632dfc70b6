/**
 * P5, P6: whether a fetched file is the clip that was ordered. A file that plays is not enough: what lies on its side, is
 * a still, or comes in a codec that phones do not open would go out to readers all the same.
 */
import { parseRatio } from '../domain/runway-limits.ts';
import type { ChannelSettings } from '../domain/settings.ts';
import type { VideoFacts } from '../ports/renderer.ts';

/** The length may differ by this much from what was ordered; Runway counts frames, not seconds. */
const DURATION_TOLERANCE_SECONDS = 1;

/** Encoders round sides to blocks, which moves a shape by less than this; the next one that can be ordered is 25 % away. */
const SHAPE_TOLERANCE = 0.05;

/**
 * HEVC as well, because Runway promises no codec: Telegram and phones play it, and a paid video that they play is better
 * than a mock.
 */
const CODECS: ReadonlySet<string> = new Set(['avc', 'hevc']);

const SLOWEST_RATE = 1;
const FASTEST_RATE = 120;

/** What is wrong with the file, as a sentence, or null. */
export function videoProblem(
  found: VideoFacts,
  { duration, ratio }: Pick<ChannelSettings['video'], 'duration' | 'ratio'>,
): string | null {
  const problems = [
    found.duration < duration - DURATION_TOLERANCE_SECONDS &&
      `ends after ${found.duration.toFixed(1)} s instead of ${duration} s`,
    found.duration > duration + DURATION_TOLERANCE_SECONDS &&
      `lasts ${found.duration.toFixed(1)} s instead of ${duration} s`,
    hasOtherShape(found, ratio) && `is ${found.width}×${found.height}, which is not the shape of ${ratio}`,
    !(found.fps >= SLOWEST_RATE && found.fps <= FASTEST_RATE) &&
      `has ${found.fps.toFixed(2)} frames a second`,
    !CODECS.has(found.codec) && `is ${found.codec} instead of H.264 or HEVC`,
  ].filter((problem) => problem !== false);
  return problems.length === 0 ? null : `The video ${problems.join(', ')}`;
}

function hasOtherShape({ height, width }: VideoFacts, ratio: string): boolean {
  const ordered = parseRatio(ratio);
  if (ordered === null) return false;
  return Math.abs((width * ordered.height) / (height * ordered.width) - 1) > SHAPE_TOLERANCE;
}
