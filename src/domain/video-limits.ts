/**
 * What a mock video may be: the size and rate that H.264 has a level for, the work that is done in time, and the lengths
 * that whole frames can meet. One table for the check of the configuration and for the encoder: a mock is the last
 * resort, and one that is accepted and then cannot be made would stop the channel for ever.
 */

interface Size {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

interface Level {
  /** `level_idc` in hexadecimal, as it stands at the end of `avc1.6400…`. */
  readonly name: string;
  /** Most macroblocks (16×16 pixels) of one frame, and of one second. */
  readonly frame: number;
  readonly second: number;
}

/** ITU-T H.264, table A-1. It ends at 5.2: hardly a phone plays what lies above. */
const LEVELS: readonly Level[] = [
  { name: '1f', frame: 3600, second: 108_000 },
  { name: '28', frame: 8192, second: 245_760 },
  { name: '2a', frame: 8704, second: 522_240 },
  { name: '33', frame: 36_864, second: 983_040 },
  { name: '34', frame: 36_864, second: 2_073_600 },
];

/** The smallest level for a size and rate, as in `avc1.6400…`; null when there is none. */
export function h264Level(size: Size, fps: number): string | null {
  const blocks = macroblocks(size);
  // A.3.1: no side of a frame may be longer than this, whatever the other one is.
  const side = Math.ceil(Math.max(size.width, size.height) / 16);
  const level = LEVELS.find(
    ({ frame, second }) => blocks <= frame && blocks * fps <= second && side <= Math.sqrt(8 * frame),
  );
  return level?.name ?? null;
}

/** Whole frames per second at which the size still has a level; 0 when it has none at any rate. */
export function highestRate(size: Size): number {
  const blocks = macroblocks(size);
  return Math.max(
    0,
    ...LEVELS.map(({ frame, second }) => (blocks <= frame ? Math.floor(second / blocks) : 0)),
  );
}

/** The largest size of the same shape that has a level. */
export function largestSize({ height, width }: Size): Size {
  const even = (length: number): number => 2 * Math.floor(length / 2);
  for (let wide = even(width); wide > 2; wide -= 2) {
    const size = { width: wide, height: Math.max(2, even((wide * height) / width)) };
    if (highestRate(size) > 0) return size;
  }
  return { width: 2, height: 2 };
}

function macroblocks({ height, width }: Size): number {
  return Math.ceil(width / 16) * Math.ceil(height / 16);
}

/** Longest time that the making of one mock may take. No longer than a download, which a run's lease outlasts already. */
export const RENDER_SECONDS = 300;

/**
 * Most pixels of a whole mock: a minute of 1920×1080 at 60 frames a second. Two cores draw, encode and decode about
 * 10⁸ of them a second (docs/benchmarks.md: ten seconds of 1280×720), so the limit above leaves three times as long.
 */
const MOST_PIXELS = 7_500_000_000;

/** Longest mock that is made in time, in whole seconds. */
export function longestMock({ height, width }: Size, fps: number): number {
  return Math.floor(MOST_PIXELS / (width * height * fps));
}

/** A video is a whole number of frames. */
export function frameCount(seconds: number, fps: number): number {
  return Math.max(1, Math.round(seconds * fps));
}

/** Whether a length differs by more than the tenth of a second that a mock may miss its configured one by. */
export function missesLength(seconds: number, wanted: number): boolean {
  // In milliseconds: a file counts its time in small units, and neither those nor binary fractions meet a tenth exactly.
  return Math.round(Math.abs(seconds - wanted) * 1000) > 100;
}
