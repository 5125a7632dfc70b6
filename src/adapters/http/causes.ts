/** Network errors hide what happened in chains of causes; this finds the part that tells a person something. */

const MOST_CAUSES = 10;

/** An error and its causes, outermost first, at most ten. */
export function causesOf(error: unknown): readonly Error[] {
  const found: Error[] = [];
  let current: unknown = error;
  while (current instanceof Error && found.length < MOST_CAUSES) {
    found.push(current);
    const first: unknown = current instanceof AggregateError ? current.errors[0] : undefined;
    current = first ?? current.cause;
  }
  return found;
}

/** Code and message of the innermost error that says something. Not redacted. */
export function detailOf(error: unknown): string {
  const causes = causesOf(error);
  const message = causes.map((cause) => cause.message).findLast((text) => text !== '') ?? 'unknown error';
  const code = causes.map(codeOf).findLast((text) => text !== '') ?? '';
  return message.includes(code) ? message : `${code} ${message}`;
}

/** The error's system code (`ECONNRESET`); empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
