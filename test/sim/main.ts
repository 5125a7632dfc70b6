/** `npm run sim -- --seed N --days D --count C`: lives through C channels, and prints each failing seed with the command that replays it. */
import { parseArgs } from 'node:util';
import { describeChannel } from './describe.ts';
import { CALM_DAYS, simulate } from './scenario.ts';
import { addTotals, noTotals, replayCommand, sweep, type Failing, type Swept } from './sweep.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    /** Days with faults; four calm ones follow. */
    days: { type: 'string', default: '12' },
    count: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
});

const first = wholeNumber('seed', values.seed);
const days = wholeNumber('days', values.days);
const count = wholeNumber('count', values.count);

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw new Error(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}

function tell({ seed, violations }: Failing): void {
  console.log(`seed ${seed} violates; replay: ${replayCommand(seed, days)}`);
  for (const violation of violations) console.log(`  ${violation}`);
}

async function one(): Promise<Swept> {
  const verdict = await simulate(first, days, values.verbose ? describeChannel : undefined);
  const totals = noTotals();
  addTotals(totals, { ...verdict, seeds: 1 });
  const { seed, violations } = verdict;
  const failing = violations.length > 0 ? [{ seed, violations }] : [];
  failing.forEach(tell);
  return { totals, failing };
}

const started = performance.now();
const seeds = Array.from({ length: count }, (_, index) => first + index);
const swept =
  count === 1 ? await one() : await sweep({ seeds, days }, (piece) => piece.failing.forEach(tell));
const seconds = (performance.now() - started) / 1000;
const { totals, failing } = swept;
console.log(
  `${totals.days} channel-days (${totals.seeds} seeds of ${days} troubled and ${CALM_DAYS} calm days), ${totals.runs} runs, ` +
    `${totals.crashes} killed, ${totals.operations} operations, ${totals.orders} paid calls, ${totals.published} published`,
);
console.log(
  `${seconds.toFixed(1)} s, ${Math.round((totals.days / seconds) * 60)} channel-days a minute, ${failing.length} seeds with violations`,
);
process.exitCode = failing.length === 0 ? 0 : 1;
