/** I2 by exhaustion: whenever the publisher reads and writes, nothing that it marks is lost. `sim:points` goes further. */
import { describe, expect, test } from 'vitest';
import { liveWithPublisher, momentsOf, ordered } from './publisher-orders.ts';
import { KINDS } from './stages.ts';

describe.each(KINDS)('on a store with $name', (kind) => {
  test('I2 M10 two marks written over anything at any moment are both archived', async () => {
    const problems: string[] = [];
    // The first mark in one moment, the second read in one and written in another.
    for (const [first = 0, read = 0, write = 0] of ordered(await momentsOf(kind), 3)) {
      const found = await liveWithPublisher(kind, [first, first, read, write]);
      if (found.length > 0) problems.push(`${first} ${read} ${write}: ${found.join('; ')}`);
    }
    expect(problems).toEqual([]);
  });

  test('I2 M10 the same when the publisher keeps no key but its own', async () => {
    const problems: string[] = [];
    for (const [read = 0, write = 0] of ordered(await momentsOf(kind), 2)) {
      const moments = [read, write, write, write];
      const found = await liveWithPublisher(kind, moments, { forgetful: true });
      if (found.length > 0) problems.push(`${moments.join(' ')}: ${found.join('; ')}`);
    }
    expect(problems).toEqual([]);
  });

  test('I2 M10 a mark is archived wherever the run is killed meanwhile', async () => {
    const problems: string[] = [];
    const last = await momentsOf(kind);
    for (let death = 1; death <= last; death += 1) {
      for (let write = 1; write <= last; write += 1) {
        for (const read of [1, write]) {
          const found = await liveWithPublisher(kind, [read, write], { death });
          if (found.length > 0) problems.push(`killed at ${death}, ${read} ${write}: ${found.join('; ')}`);
        }
      }
    }
    expect(problems).toEqual([]);
  });
});
