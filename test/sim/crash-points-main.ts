/** `npm run sim:points`: every operation of every stage with every single fault, also those that the test suite leaves to this script. */
import { coverStage, DEATHS, LOSSES } from './crash-points.ts';
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
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`${points} fault points in ${STAGES.length * KINDS.length} runs, ${wrong} wrong, ${seconds} s`);
process.exitCode = wrong === 0 ? 0 : 1;
