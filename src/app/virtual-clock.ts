/** A clock that only moves when it is told to, or when somebody sleeps: a day of a channel passes in seconds. */
import type { Clock } from '../ports/clock.ts';

export class VirtualClock implements Clock {
  #milliseconds: number;
  readonly #start: number;

  constructor(start: Date) {
    this.#milliseconds = start.getTime();
    this.#start = this.#milliseconds;
  }

  now(): Date {
    return new Date(this.#milliseconds);
  }

  monotonicSeconds(): number {
    return (this.#milliseconds - this.#start) / 1000;
  }

  sleep(seconds: number): Promise<void> {
    this.#milliseconds += Math.max(0, seconds) * 1000;
    return Promise.resolve();
  }

  /** Never backwards: a run may have slept past the moment. */
  moveTo(moment: Date): void {
    this.#milliseconds = Math.max(this.#milliseconds, moment.getTime());
  }
}
