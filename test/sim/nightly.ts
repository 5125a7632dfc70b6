/**
 * `npm run nightly`: channels with random seeds, a million channel-days unless told otherwise, after the fault points and
 * the lease's orders. Failing seeds are printed with the command that replays them. `-- --channel-days N --days D`,
 * `--only-channels` leaves the rest out, `--from SEED` makes it repeatable.
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

const others = values['only-channels'] ? [] : ['crash-points-main.ts', 'lease-main.ts'];
const codes = others.map(
  (script) =>
    spawnSync(process.execPath, [path.join(import.meta.dirname, script)], { stdio: 'inherit' }).status,
);
process.exitCode = failing === 0 && codes.every((code) => code === 0) ? 0 : 1;
