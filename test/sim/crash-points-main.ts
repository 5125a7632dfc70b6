/** `npm run sim:points`: every operation of every stage with every single fault, and every order of a run and a publisher, also those that the test suite leaves to this script. */
import { coverStage, DEATHS, LOSSES } from './crash-points.ts';
import { liveWithPublisher, momentsOf, ordered } from './publisher-orders.ts';
import { KINDS, STAGES } from './stages.ts';

const started = performance.now();
let points = 0;
let wrong = 0;
for (const kind of KINDS) {
  for (const stage of STAGES) {
    const covered = await coverStage(stage, kind, [...DEATHS, ...LOSSES]);
    points += covered.points;
    wrong += covered.problems.length;
    for (const problem of covered.problems) console.log(problem);
  }
}
let orders = 0;
async function publish(
  kind: (typeof KINDS)[number],
  moments: readonly number[],
  death?: number,
): Promise<void> {
  orders += 1;
  const found = await liveWithPublisher(kind, moments, death === undefined ? {} : { death });
  if (found.length === 0) return;
  wrong += 1;
  console.log(`${kind.name}, publisher at ${moments.join(' ')}, killed at ${death}: ${found.join('; ')}`);
}
for (const kind of KINDS) {
  const last = await momentsOf(kind);
  for (const moments of ordered(last, 4)) await publish(kind, moments);
  for (let death = 1; death <= last; death += 1)
    for (const moments of ordered(last, 2)) await publish(kind, moments, death);
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${points} fault points in ${STAGES.length * KINDS.length} runs, ${orders} orders of a publisher and a run, ${wrong} wrong, ${seconds} s`,
);
process.exitCode = wrong === 0 ? 0 : 1;
