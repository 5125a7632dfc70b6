/**
 * What every random test draws from: the same cases in every `npm test`, so that a change is judged by what it changed;
 * new ones each night (`npm run nightly`). `REELMILL_SEED=N` draws other cases or repeats a failure, `REELMILL_CASES=20`
 * draws twenty times as many.
 */
export const SEED = wholeNumber('REELMILL_SEED', 20_261_127);
export const CASES = Math.max(1, wholeNumber('REELMILL_CASES', 1));

function wholeNumber(name: string, otherwise: number): number {
  const given = process.env[name];
  if (given === undefined) return otherwise;
  const number = Number(given);
  if (!Number.isSafeInteger(number)) throw new Error(`${name} is a whole number, not ${given}`);
  return number;
}
