/**
 * `npm run nightly`: channels with random seeds, a million channel-days unless told otherwise, then the fault points, the
 * lease's orders, and the random tests with cases that no other run has seen. Failing seeds are printed with the command
 * that replays them. `-- --channel-days N --days D`, `--only-channels` leaves the rest out, `--from SEED` makes it
 * repeatable.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CALM_DAYS } from './scenario.ts';
import { addTotals, noTotals, replayCommand, sweep } from './sweep.ts';

const { values } = parseArgs({
  options: {
    'channel-days': { type: 'string', default: '1000000' },
    days: { type: 'string', default: '26' },
    from: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
    'only-channels': { type: 'boolean', default: false },
  },
});

/** So many seeds between two lines of progress. */
const BATCH = 1_000;
const wanted = Number(values['channel-days']);
const days = Number(values.days);
const from = Number(values.from);
const started = performance.now();
const totals = noTotals();
let failing = 0;

console.log(`seeds from ${from}, ${days} troubled and ${CALM_DAYS} calm days each`);
for (let first = from; totals.days < wanted; first += BATCH) {
  const left = Math.ceil((wanted - totals.days) / (days + CALM_DAYS));
  const seeds = Array.from({ length: Math.min(BATCH, left) }, (_, index) => first + index);
  const swept = await sweep({ seeds, days }, (piece) => {
    for (const { seed, violations } of piece.failing)
      console.log(
        [`seed ${seed} violates; replay: ${replayCommand(seed, days)}`, ...violations].join('\n  '),
      );
  });
  addTotals(totals, swept.totals);
  failing += swept.failing.length;
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${totals.days} channel-days, ${totals.runs} runs, ${totals.crashes} killed, ${totals.orders} paid calls, ` +
      `${failing} seeds with violations, ${Math.round((totals.days / seconds) * 60)} channel-days a minute`,
  );
}

const VITEST = path.join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
const RANDOM_TESTS = ['test/fuzz', 'test/money', 'test/mill/repair-random.test.ts'];
const others = [
  [path.join(import.meta.dirname, 'crash-points-main.ts')],
  [path.join(import.meta.dirname, 'lease-main.ts')],
  [VITEST, 'run', ...RANDOM_TESTS],
];
const env = { ...process.env, REELMILL_SEED: String(from), REELMILL_CASES: '20' };
const codes = values['only-channels']
  ? []
  : others.map((command) => spawnSync(process.execPath, command, { stdio: 'inherit', env }).status);
process.exitCode = failing === 0 && codes.every((code) => code === 0) ? 0 : 1;
