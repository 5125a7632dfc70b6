/**
 * A key that was printed once has to be replaced everywhere. Wrapping it means that an accidental log line, error or
 * JSON dump shows `[redacted]`; only a deliberate `reveal()` hands the value out.
 */

const SHOWN = '[redacted]';

/** A secret value that no way of printing shows: string conversion, JSON and Node's inspection all give `[redacted]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The real value, for the one place that sends it. Never log, store or put the answer into a message. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  /** Node's `util.inspect` and `console.log` look this name up. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return SHOWN;
  }
}
