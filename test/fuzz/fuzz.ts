/**
 * How every fuzz test runs: bounded, with a seed that is printed when it fails, and with a look after each case that no
 * prototype was changed.
 */
import * as fc from 'fast-check';
import { test } from 'vitest';
import { CASES } from '../support/random.ts';

/** A machine that other tests share; nothing here waits. */
const PATIENCE_MILLISECONDS = 60_000;

/** Enough to understand a case; the seed brings back the rest. */
const LONGEST_SHOWN = 3_000;

/** What fast-check calls a property, sync or not. */
interface Runnable<Values> {
  run(value: Values): Outcome | Promise<Outcome>;
}
/** A failed case; null for a good one. */
type Outcome = { readonly error: unknown } | object | null;

/** `runs`: cases of an ordinary test run. */
export function fuzz<Values>(
  name: string,
  runs: number,
  property: fc.IProperty<Values> | fc.IAsyncProperty<Values>,
): void {
  const check = async (): Promise<void> => {
    const details = await fc.check(guarded(property), { numRuns: runs * CASES });
    if (!details.failed) return;
    const { counterexample, errorInstance } = details;
    const shown = fc.stringify(counterexample).slice(0, LONGEST_SHOWN);
    const reason = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance);
    throw new Error(
      `failed after ${details.numRuns} cases; repeat with REELMILL_SEED=${details.seed}\n${shown}\n${reason}`,
    );
  };
  test(name, check, PATIENCE_MILLISECONDS * CASES);
}

/** The same property, which also fails when a prototype was changed meanwhile. */
export function guarded<Values>(
  property: fc.IProperty<Values> | fc.IAsyncProperty<Values>,
): fc.IAsyncProperty<Values> {
  const bare: Runnable<Values> = property;
  return Object.assign(Object.create(property) as fc.IAsyncProperty<Values>, {
    run(value: Values) {
      const before = prototypes();
      const ended = bare.run(value);
      if (!(ended instanceof Promise)) return ended ?? changed(before);
      return ended.then((failure) => failure ?? changed(before));
    },
  });
}

const WATCHED: readonly object[] = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Map.prototype,
];

function prototypes(): unknown[] {
  return WATCHED.flatMap((prototype) =>
    Reflect.ownKeys(prototype).flatMap((key) => [
      key,
      Object.getOwnPropertyDescriptor(prototype, key)?.value,
    ]),
  );
}

function changed(before: readonly unknown[]): Outcome {
  const after = prototypes();
  const same =
    before.length === after.length && before.every((value, index) => Object.is(value, after[index]));
  return same ? null : { error: new Error('a prototype was changed') };
}
