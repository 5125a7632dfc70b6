/**
 * People edit the configuration by hand, and "Unexpected end of JSON input" helps nobody find a comma. JSON.parse stays
 * the judge; this scanner only says where it stopped and why, and finds keys that are written twice, of which
 * JSON.parse silently drops the first.
 */

/** A place in a text, counted from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

export interface DuplicateKey extends TextPlace {
  readonly key: string;
}

export type JsonText =
  | { readonly ok: true; readonly value: unknown; readonly duplicates: readonly DuplicateKey[] }
  | ({ readonly ok: false; readonly reason: string } & TextPlace);

/** Parses JSON; a syntax error comes back with its place and, for the common slips, the remedy. */
export function parseJsonText(source: string): JsonText {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  const scan = scanJson(text);
  try {
    const value: unknown = JSON.parse(text);
    return { ok: true, value, duplicates: scan.duplicates };
  } catch {
    return { ok: false, reason: scan.reason, ...placeOf(text, scan.stoppedAt) };
  }
}

interface Scan {
  readonly stoppedAt: number;
  readonly reason: string;
  readonly duplicates: readonly DuplicateKey[];
}

interface Container {
  readonly closer: '}' | ']';
  readonly keys: Set<string>;
  expects: 'first' | 'key' | 'colon' | 'value' | 'comma';
}

// The text's loop is unrolled: a nested quantifier would take exponential time on a text that never ends.
const TOKEN = new RegExp(
  String.raw`[ \t\n\r]*(?:([{}[\],:])|("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))`,
  'y',
);

function scanJson(text: string): Scan {
  const duplicates: DuplicateKey[] = [];
  const stack: Container[] = [];
  let isDone = false;
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const start = at + (/^[ \t\n\r]*/.exec(text.slice(at, at + 10_000))?.[0].length ?? 0);
    if (match === null) return { stoppedAt: start, reason: reasonAt(text, start, stack.at(-1)), duplicates };
    const [, punctuation, string] = match;
    const top = stack.at(-1);
    const problem = isDone ? 'there is text after the end' : step(top, punctuation, string);
    if (problem !== null) return { stoppedAt: start, reason: problem, duplicates };
    if (top?.expects === 'colon' && string !== undefined)
      noteKey(top, string, () => placeOf(text, start), duplicates);
    if (punctuation === '{' || punctuation === '[') {
      stack.push({ closer: punctuation === '{' ? '}' : ']', keys: new Set(), expects: 'first' });
    } else if (punctuation === '}' || punctuation === ']') {
      stack.pop();
    }
    isDone = stack.length === 0;
    at = TOKEN.lastIndex;
  }
}

/** Moves the container on by one token; answers what is wrong with the token, or null. */
function step(
  top: Container | undefined,
  punctuation: string | undefined,
  string: string | undefined,
): string | null {
  const opensOrValue = punctuation === undefined || punctuation === '{' || punctuation === '[';
  if (top === undefined) return opensOrValue ? null : `\`${punctuation}\` cannot stand here`;
  const isObject = top.closer === '}';
  if (punctuation === top.closer) {
    if (top.expects === 'first' || top.expects === 'comma') return null;
    return top.expects === 'key' || (!isObject && top.expects === 'value')
      ? `remove the comma before \`${top.closer}\``
      : `a value is missing before \`${top.closer}\``;
  }
  if (top.expects === 'comma') {
    if (punctuation !== ',') return 'a comma is missing before this';
    top.expects = isObject ? 'key' : 'value';
    return null;
  }
  if (top.expects === 'colon') {
    if (punctuation !== ':') return 'a colon is missing between key and value';
    top.expects = 'value';
    return null;
  }
  if (isObject && top.expects !== 'value') {
    if (string === undefined) return 'a key in double quotes belongs here';
    top.expects = 'colon';
    return null;
  }
  if (!opensOrValue) return `a value belongs here, not \`${punctuation}\``;
  top.expects = 'comma';
  return null;
}

function noteKey(top: Container, quoted: string, place: () => TextPlace, duplicates: DuplicateKey[]): void {
  const key = String(JSON.parse(quoted));
  if (top.keys.has(key)) duplicates.push({ key, ...place() });
  top.keys.add(key);
}

function reasonAt(text: string, at: number, top: Container | undefined): string {
  const next = text.slice(at, at + 2);
  if (next === '')
    return top === undefined ? 'there is nothing in it' : `it ends before the closing \`${top.closer}\``;
  if (next === '//' || next === '/*' || next.startsWith('#')) return 'JSON has no comments; remove this one';
  if (/^['‘’“”«»`]/.test(next))
    return `texts and keys need straight double quotes ("), not ${next.slice(0, 1)}`;
  if (next.startsWith('"')) {
    return 'this text has no closing quote on its line, or holds a `\\` or a line break that must be written `\\\\` or `\\n`';
  }
  if (/^[A-Za-z_$]/.test(next))
    return 'texts and keys need double quotes; the only bare words are true, false and null';
  return `\`${next.slice(0, 1)}\` cannot stand here`;
}

function placeOf(text: string, at: number): TextPlace {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: at - lineStart + 1 };
}
