/** `npm run soak -- --kills 300 --store folder|s3`: kills real processes and audits what they leave; exits with 1 when a promise was broken. */
import { parseArgs } from 'node:util';

import { soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '300' },
    store: { type: 'string', default: 'folder' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    quiet: { type: 'boolean', default: false },
  },
});
const { store } = values;
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (store !== 'folder' && store !== 's3') throw new Error('--store is folder or s3');
if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed))
  throw new Error('--kills and --seed are whole numbers');

console.log(`Killing ${kills} processes on ${store}, seed ${seed}`);
const tell = values.quiet ? () => {} : (line: string) => console.log(line);
const report = await soak({ seed, store, kills, realExpiry: true, calmRuns: 3, tell });
console.log(JSON.stringify(report, null, 2));
process.exitCode = report.problems.length === 0 ? 0 : 1;
