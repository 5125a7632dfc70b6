/**
 * The wish to stop, from signals. One Ctrl-C arrives several times: the terminal sends it to the whole group, and npx and
 * the launcher pass theirs on. Taken for a second wish, the echo would kill the run with its lock held.
 */
export interface Interruption {
  /** Fires at the first signal. */
  readonly signal: AbortSignal;
  /** A signal has come. */
  readonly heard: () => void;
}

/** Within this time after the first signal, another one is its echo. */
const ECHO_MILLISECONDS = 1_000;

/** `insist` is called when somebody asks again. */
export function createInterruption(now: () => number, insist: () => void): Interruption {
  const controller = new AbortController();
  let first: number | null = null;
  return {
    signal: controller.signal,
    heard() {
      if (first === null) {
        first = now();
        controller.abort();
      } else if (now() - first >= ECHO_MILLISECONDS) insist();
    },
  };
}
