/** Tasks, addresses and webhooks all go by one clock, which a test or a demo can move forward without waiting. */
export class SandboxClock {
  readonly #now: () => Date;
  #ahead = 0;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** Milliseconds since 1970. */
  milliseconds(): number {
    return this.#now().getTime() + this.#ahead;
  }

  date(): Date {
    return new Date(this.milliseconds());
  }

  advance(seconds: number): void {
    this.#ahead += seconds * 1000;
  }
}
