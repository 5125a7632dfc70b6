/** A part of the simulation small enough for every test run. A failing seed prints itself and the command that replays it. */
import { expect, test } from 'vitest';
import type { Channel } from './channel.ts';
import { historyOf } from './history.ts';
import { simulate } from './scenario.ts';
import { replayCommand, sweepHere } from './sweep.ts';

const DAYS = 12;
const SEEDS = 80;
const PIECES = 4;

test.each(Array.from({ length: PIECES }, (_, index) => index))(
  'I1 I2 I3 I4 I5 I6 I7 hold for channels in trouble, part %i',
  async (piece) => {
    const size = SEEDS / PIECES;
    const seeds = Array.from({ length: size }, (_, index) => 1 + piece * size + index);
    const { failing, totals } = await sweepHere({ seeds, days: DAYS });
    const told = failing.map(({ seed, violations }) =>
      [replayCommand(seed, DAYS), ...violations].join('\n  '),
    );
    expect(told.join('\n')).toBe('');
    // A world in which nothing happens would pass as well.
    expect(totals.crashes).toBeGreaterThan(size / 4);
    expect(totals.published).toBeGreaterThan(size);
  },
);

test('a seed replays exactly: the same writes, orders and ends at the same moments', async () => {
  const lives: string[][] = [];
  for (let life = 0; life < 2; life += 1) {
    let seen: Channel | null = null;
    await simulate(7, 6, (channel) => (seen = channel));
    lives.push(historyOf(seen as unknown as Channel));
  }
  expect(lives[0]?.length).toBeGreaterThan(200);
  expect(lives[1]).toEqual(lives[0]);
});
