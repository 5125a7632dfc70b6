/** A service's own reason is worth showing, but it may be a page of HTML or echo a key: it becomes one short, clean line. */

const LONGEST_REASON = 300;
const LONGEST_READ = 20_000;
// oxlint-disable-next-line no-control-regex -- such characters must not reach a terminal or a log.
const CONTROL_OR_SPACE = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029]+/g;
const TELLING = [
  'raw_message',
  'message',
  'detail',
  'description',
  'error_description',
  'reason',
  'error',
  'errors',
  'issues',
];

export type Redact = (text: string) => string;

/** One line of at most 300 characters, redacted. */
export function shortReason(text: string, redact: Redact): string {
  const clean = redact(text.slice(0, LONGEST_READ)).replace(CONTROL_OR_SPACE, ' ').trim();
  return clean.length > LONGEST_REASON ? `${clean.slice(0, LONGEST_REASON)}…` : clean;
}

/** The reason inside a JSON error of any usual shape (`{error: {message}}`, `{message}`, `{detail}` …); empty when there is none. */
export function reasonIn(json: unknown, redact: Redact): string {
  const parts = [...new Set(tellingTexts(json, 0))];
  return shortReason(parts.slice(0, 4).join('; '), redact);
}

function tellingTexts(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value.slice(0, LONGEST_READ).trim()];
  if (typeof value !== 'object' || value === null || depth > 4) return [];
  if (Array.isArray(value)) return value.slice(0, 4).flatMap((entry) => tellingTexts(entry, depth + 1));
  const found = Object.entries(value).filter(([name]) => TELLING.includes(name));
  found.sort(([one], [other]) => TELLING.indexOf(one) - TELLING.indexOf(other));
  return found.flatMap(([, entry]) => tellingTexts(entry, depth + 1));
}
