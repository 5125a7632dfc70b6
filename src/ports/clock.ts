/** Time comes in here, so that a whole day can pass in a test without anybody waiting. */
export interface Clock {
  /** The moment, UTC. May step when the machine's clock is set. */
  now(): Date;
  /** Seconds on a clock that never steps; only differences mean anything. */
  monotonicSeconds(): number;
  /** Resolves after `seconds`, or earlier, without an error, when `signal` fires. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}
