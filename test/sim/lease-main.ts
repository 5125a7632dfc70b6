/** `npm run sim:lease`: the same exploration as in the tests, further. Takes minutes. */
import { leaseLife, lockLife, realLease } from './lease-lives.ts';
import { explore, type Life, type Limits } from './lease-model.ts';
import { KINDS } from './stages.ts';

const TO_THE_END = 1_000;
const NOTHING: Limits = { runs: 2, jumps: 0, losses: 0, suspensions: 0, depth: TO_THE_END };
const FAR: readonly Limits[] = [
  { ...NOTHING, jumps: 2 },
  { ...NOTHING, jumps: 1, losses: 1 },
  { ...NOTHING, jumps: 1, suspensions: 1 },
  { ...NOTHING, losses: 1, suspensions: 1 },
];
const THREE: readonly Limits[] = [
  { ...NOTHING, runs: 3 },
  { ...NOTHING, runs: 3, jumps: 1, depth: 16 },
];

const [conditional] = KINDS;
const explorations: readonly (readonly [string, Life, (typeof KINDS)[number], Limits])[] = [
  ...[...FAR, ...THREE].map((limits) => ['the lease', leaseLife(realLease), conditional, limits] as const),
  ...KINDS.flatMap((kind) =>
    [...FAR, ...THREE].map(
      (limits) => [`the lock with ${kind.name}`, lockLife(realLease), kind, limits] as const,
    ),
  ),
];

let states = 0;
let orders = 0n;
const started = performance.now();
for (const [what, life, kind, limits] of explorations) {
  const explored = await explore(limits, kind, life);
  states += explored.states;
  orders += explored.orders;
  console.log(
    `${what}, ${JSON.stringify(limits)}: ${explored.orders} orders in ${explored.states} states, ${explored.cut} cut off`,
  );
  if (explored.violation === null) continue;
  console.log(`  ${explored.violation.what}: ${JSON.stringify(explored.violation.path)}`);
  process.exitCode = 1;
}
console.log(`${orders} orders in ${states} states, ${((performance.now() - started) / 1000).toFixed(0)} s`);
