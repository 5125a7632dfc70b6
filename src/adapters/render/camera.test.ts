import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Motion } from './camera.ts';
import { cameraPath, viewAt } from './camera.ts';

const motions = fc.constantFrom<Motion>('slow', 'lively', 'title');
const seeds = fc.integer({ min: 0, max: 0xff_ff_ff_ff });

test('P6 the camera never looks past the edge of the picture', () => {
  fc.assert(
    fc.property(motions, seeds, fc.double({ min: 0, max: 1, noNaN: true }), (motion, seed, progress) => {
      const view = viewAt(cameraPath(motion, seed), progress);
      expect(Math.min(view.left, view.top)).toBeGreaterThanOrEqual(0);
      expect(Math.max(view.left, view.top) + view.part).toBeLessThanOrEqual(1 + 1e-9);
    }),
  );
});

test('P6 the camera moves in every frame, never jumps, and starts and ends at rest', () => {
  fc.assert(
    fc.property(motions, seeds, (motion, seed) => {
      const path = cameraPath(motion, seed);
      const parts = Array.from({ length: 241 }, (_, index) => viewAt(path, index / 240).part);
      const speeds = parts.slice(1).map((part, index) => Math.abs(Math.log(part / (parts[index] ?? part))));
      const fastest = Math.max(...speeds);
      expect(Math.min(...speeds)).toBeGreaterThan(0);
      expect(speeds[0]).toBeLessThan(fastest / 50);
      expect(speeds.at(-1)).toBeLessThan(fastest / 50);
      const jerks = speeds.slice(1).map((speed, index) => Math.abs(speed - (speeds[index] ?? speed)));
      expect(Math.max(...jerks)).toBeLessThan(fastest / 15);
    }),
    { numRuns: 30 },
  );
});

test('P6 the direction depends on the picture and on nothing else', () => {
  const paths = Array.from({ length: 16 }, (_, seed) => JSON.stringify(cameraPath('slow', seed)));
  expect(new Set(paths).size).toBe(16);
  expect(JSON.stringify(cameraPath('slow', 7))).toBe(paths[7]);
});

test('D11 over a title card the camera keeps the text, lower left, in view', () => {
  for (const seed of [0, 1]) {
    for (const progress of [0, 0.5, 1]) {
      const view = viewAt(cameraPath('title', seed), progress);
      expect(view.left).toBeLessThan(0.03);
      expect(view.top + view.part).toBeGreaterThan(0.97);
      expect(view.left + view.part).toBeGreaterThan(0.9);
    }
  }
});
