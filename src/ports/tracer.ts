export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A piece of work with a beginning and an end. */
export interface Span {
  set(attributes: SpanAttributes): void;
  /** It ended badly. `words` and every attribute are already free of secrets. */
  fail(words: string): void;
  end(): void;
}

/** Makes spans for somebody who watches many systems at once. Never throws, never waits for the collector. */
export interface Tracer {
  /** `client`: a call to somebody else. `parent`: null for the root of a trace. */
  start(name: string, kind: 'internal' | 'client', attributes: SpanAttributes, parent: Span | null): Span;
  /** Sends what is ended, in bounded time; a collector that is not there costs a line of the log. */
  flush(): Promise<void>;
  /** The same, and nothing more afterwards. */
  close(): Promise<void>;
}
