/**
 * A config with five mistakes should be mended once, not five times. Every problem carries its path, what is wrong,
 * the value as far as it may be shown, and what to write instead.
 */

/** One reason why a configuration cannot be used. */
export interface ConfigProblem {
  /** `WORKFLOW.max_tasks_per_run`, `creative_prompts[3]`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, as a phrase. */
  readonly message: string;
  /** The value as written, cut short; null when there is none, or when it may be a secret. */
  readonly value: string | null;
  /** What to write instead. */
  readonly suggestion: string;
}

/** Something that works, but perhaps not as its writer thinks. */
export interface ConfigNote {
  readonly kind: 'unknown_key' | 'outdated' | 'retired' | 'suspicious' | 'duplicate_key';
  readonly path: string;
  /** What is the case, and what Reelmill does about it. */
  readonly message: string;
  readonly suggestion: string;
}

const SHOWN_VALUE_LIMIT = 80;
const SECRET_NAME = /(^|[_.])(api_?key|key|secret|token|password|credential)s?$/i;
const SECRET_VALUE = /\b(sk-|key_|xox[a-z]-|ghp_)[A-Za-z0-9_-]{8,}|:\/\/[^/\s]*@/;
const LONG_CODE = /^[A-Za-z0-9+/_=-]{24,}$/;

/** `['a', 0, 'b']` as `a[0].b`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

/** A value cut to a readable length, or null where it could be a secret or says nothing. */
export function shownValue(path: string, value: unknown): string | null {
  if (value === undefined || looksSecret(path, value)) return null;
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = JSON.stringify(value);
  return text.length > SHOWN_VALUE_LIMIT ? `${text.slice(0, SHOWN_VALUE_LIMIT)}…` : text;
}

/** Whether a value must not be shown because it could be a secret; errs on the side of hiding. */
export function looksSecret(path: string, value: unknown): boolean {
  if (typeof value !== 'string' || value === '') return false;
  return holdsSecret(path, value) || LONG_CODE.test(value);
}

/** Whether a key's name or its value says that a secret was written into the file. */
export function holdsSecret(path: string, value: unknown): boolean {
  return typeof value === 'string' && value !== '' && (SECRET_NAME.test(path) || SECRET_VALUE.test(value));
}

/** `path: message (is value). suggestion`, on one line. */
export function describeProblem(problem: ConfigProblem): string {
  const place = problem.path === '' ? '' : `${problem.path}: `;
  const value = problem.value === null ? '' : ` (now ${problem.value})`;
  return `${place}${problem.message}${value}. ${problem.suggestion}`;
}

/** `path: message. suggestion`, on one line. */
export function describeNote(note: ConfigNote): string {
  return `${note.path}: ${note.message}. ${note.suggestion}`;
}
