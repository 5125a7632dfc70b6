/** Every crash point, exhaustively: each stage's run is killed before and after each of its I/O operations, and clean runs follow. */
import { afterAll, describe, expect, test } from 'vitest';
import { coverStage, DEATHS } from './crash-points.ts';
import { KINDS, STAGES } from './stages.ts';

let points = 0;

describe.each(KINDS)('on a store with $name', (kind) => {
  test.each(STAGES)('I1 I2 I3 I4 I5 I6 I7 hold wherever it is killed: $name', async (stage) => {
    const covered = await coverStage(stage, kind, DEATHS);
    points += covered.points;
    expect(covered.problems).toEqual([]);
    expect(covered.operations).toBeGreaterThan(8);
  });
});

afterAll(() => {
  console.log(`${points} crash points in ${STAGES.length * KINDS.length} runs`);
  // Fewer mean that a stage ends early and no longer tests what its name says.
  expect(points).toBeGreaterThan(4_000);
});
