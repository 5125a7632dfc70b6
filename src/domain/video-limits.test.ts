import { expect, test } from 'vitest';

import { DOWNLOAD_SECONDS } from './request-limits.ts';
import { h264Level, highestRate, largestSize, missesLength, RENDER_SECONDS } from './video-limits.ts';

test.each([
  [1280, 720, 24, '1f'],
  [1280, 720, 60, '28'],
  [1920, 1080, 30, '28'],
  [1920, 1080, 60, '2a'],
  [3840, 2160, 30, '33'],
  [3840, 2160, 60, '34'],
  [3840, 2400, 60, null],
  [3840, 3840, 1, null],
  // A frame of few blocks, one side of which is longer than the smallest level takes.
  [3840, 64, 24, '28'],
])('P6 %i×%i at %i frames per second has the level %s', (width, height, fps, level) => {
  expect(h264Level({ width, height }, fps)).toBe(level);
});

test('P6 the highest rate and the largest size are the last ones that have a level', () => {
  const size = { width: 3840, height: 2400 };
  expect(highestRate(size)).toBe(57);
  expect(h264Level(size, 57)).toBe('34');
  expect(h264Level(size, 58)).toBeNull();
  expect(highestRate({ width: 3840, height: 3840 })).toBe(0);
  expect(largestSize({ width: 3840, height: 3840 })).toEqual({ width: 3072, height: 3072 });
  expect(largestSize({ width: 3840, height: 2160 })).toEqual({ width: 3840, height: 2160 });
});

test('P6 a length may be missed by a tenth of a second, counted in milliseconds', () => {
  expect(missesLength(1.6, 1.5)).toBe(false);
  expect(missesLength(1.6000004, 1.5)).toBe(false);
  expect(missesLength(1.602, 1.5)).toBe(true);
  expect(missesLength(1, 1.4)).toBe(true);
});

test('I3 I4 no mock takes longer to make than what a run’s lease outlasts anyway', () => {
  expect(RENDER_SECONDS).toBeLessThanOrEqual(DOWNLOAD_SECONDS);
});
