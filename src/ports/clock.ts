/** Time comes in here, so that a whole day can pass in a test without anybody waiting. */
export interface Clock {
  /** The moment, UTC. May step when the machine's clock is set. */
  now(): Date;
  /** Seconds on a clock that never steps; only differences mean anything. May stand still while the machine is suspended. */
  monotonicSeconds(): number;
  /** Resolves after `seconds`, or earlier, without an error, when `signal` fires. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}

/** Seconds that are left, negative when it is over. */
export type Countdown = () => number;

/**
 * Seconds that have passed since this call, whenever it is asked: the most that either clock makes of it. While a machine
 * is suspended, its monotonic clock stands still, so that by that one alone a lease of fifteen minutes would outlast a
 * night; its wall clock is right again when it wakes up. A wall clock that is set back does no harm, since the other one
 * counts then; one that is set forward ends a lease early, which is the safe side.
 */
export function stopwatch(clock: Pick<Clock, 'now' | 'monotonicSeconds'>): () => number {
  const wall = clock.now().getTime() / 1000;
  const monotonic = clock.monotonicSeconds();
  return () => Math.max(clock.monotonicSeconds() - monotonic, clock.now().getTime() / 1000 - wall);
}

/** Of `seconds` that begin now. */
export function countdown(clock: Pick<Clock, 'now' | 'monotonicSeconds'>, seconds: number): Countdown {
  const passed = stopwatch(clock);
  return () => seconds - passed();
}
