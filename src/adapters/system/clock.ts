/** The machine's own time. Kept apart so that nothing else reads it, and a simulated day can replace it. */
import { performance } from 'node:perf_hooks';

import type { Clock } from '../../ports/clock.ts';

/** Longest delay that Node's timers take, in milliseconds; a longer one would fire at once. */
const LONGEST_TIMER = 2_147_483_647;

/** A clock on the machine's time. `sleep` ends early, without an error, when its signal fires. */
export function createSystemClock(): Clock {
  return {
    now: () => new Date(),
    monotonicSeconds: () => performance.now() / 1000,
    sleep,
  };
}

function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(Math.max(seconds, 0) * 1000, LONGEST_TIMER));
    signal?.addEventListener('abort', done, { once: true });
  });
}
