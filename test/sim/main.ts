/** `npm run sim -- --seed N --days D --count C`: a failing seed prints itself and replays exactly. */
import { parseArgs } from 'node:util';
import { describeChannel } from './describe.ts';
import { simulate } from './scenario.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    days: { type: 'string', default: '12' },
    count: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
});

const first = Number(values.seed);
const days = Number(values.days);
const count = Number(values.count);
const started = performance.now();
const totals = { days: 0, runs: 0, crashes: 0, operations: 0, orders: 0, published: 0 };
let failing = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const verdict = await simulate(seed, days, values.verbose ? describeChannel : undefined);
  for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += verdict[key];
  if (verdict.violations.length === 0) continue;
  failing += 1;
  console.log(`seed ${seed}: npm run sim -- --seed ${seed} --days ${days}`);
  for (const violation of verdict.violations) console.log(`  ${violation}`);
}
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ seeds: count, failing, ...totals, seconds: Math.round(seconds * 10) / 10, daysPerMinute: Math.round((totals.days / seconds) * 60) }));
process.exitCode = failing === 0 ? 0 : 1;
