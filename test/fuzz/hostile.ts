/** Texts, JSON and bytes as an enemy, a broken disk or a confused person would write them. */
import * as fc from 'fast-check';

/** Keys with a meaning in JavaScript, and ways out of a folder. */
const ODD_WORDS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'toJSON',
  '../../etc/passwd',
  '..',
  '.',
  '',
  '/',
  '/etc/passwd',
  'C:\\Windows',
  '..\\..\\x',
  '%2e%2e%2f',
  '20260131-2030',
  '20260131-2030/../../x',
  '20260131-2030\0.png',
  '99999999-9999',
  'https://169.254.169.254/latest/meta-data/',
  'file:///etc/passwd',
  'data:text/html,<script>',
  'javascript:alert(1)',
  '${jndi:ldap://x}',
  '{topic} {text}',
  '\u202e\u200b\ufeff',
  '\ud800',
  '\n[ERROR] forged',
  '\u001b[31m',
  '-1',
  'NaN',
  '1e999',
  '2026-02-30T25:61:61Z',
  '9999-12-31T23:59:59Z',
  '0000-01-01T00:00:00Z',
  'null',
];

export const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...ODD_WORDS),
  fc.string({ maxLength: 40, unit: 'binary' }),
  // Half characters too.
  fc.string({
    maxLength: 20,
    unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
  }),
  fc
    .tuple(fc.constantFrom('a', '\\', '"', '{', '[', ' ', 'я', '../'), fc.integer({ min: 1, max: 30_000 }))
    .map(([unit, count]) => unit.repeat(count)),
);

/** `known`: keys that the reader looks at, so that wrong values reach the right places. */
export function json(known: readonly string[] = []): fc.Arbitrary<unknown> {
  const key = fc.oneof(fc.constantFrom(...ODD_WORDS, ...known), fc.string({ maxLength: 10 }));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, false, 0, -1, 1e308, 1.5, Number.MAX_SAFE_INTEGER, {}, []),
      fc.double({ noNaN: true }),
      text,
      fc.array(tie('value'), { maxLength: 5 }),
      fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map(objectOf),
    ),
  }));
  return value;
}

/** As `JSON.parse` makes it: `__proto__` is a key like any other. */
function objectOf(entries: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [key, value] of entries) setKey(made, key, value);
  return made;
}

function setKey(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

/** A good value with some of its parts replaced, removed, repeated, wrapped or added to. */
export function mutated(good: unknown, known: readonly string[] = keysOf(good)): fc.Arbitrary<unknown> {
  const change = fc.record({
    // The top of a document, where most is decided, as often as all the rest.
    place: fc.oneof(fc.constant(0), fc.nat(12), fc.nat()),
    kind: fc.constantFrom('replace', 'replace', 'remove', 'add', 'repeat', 'wrap'),
    key: fc.oneof(
      fc.constantFrom('__proto__', 'constructor'),
      fc.constantFrom(...ODD_WORDS, ...(known.length > 0 ? known : ['x'])),
      fc.string({ maxLength: 8 }),
    ),
    value: json(known),
    count: fc.integer({ min: 2, max: 3_000 }),
  });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const whole: { root: unknown } = { root: structuredClone(good) };
    for (const { place, kind, key, value: given, count } of changes) {
      // A copy: the generator may give one object twice.
      const value: unknown = JSON.parse(JSON.stringify(given));
      const places = placesIn(whole, []);
      const chosen = places[place % places.length];
      if (chosen === undefined) break;
      const [holder, name] = chosen;
      const present: unknown = Reflect.get(holder, name);
      if (kind === 'replace') setKey(holder, name, value);
      else if (kind === 'remove' && holder !== whole) Reflect.deleteProperty(holder, name);
      else if (kind === 'wrap') setKey(holder, name, [present]);
      else if (kind === 'repeat') setKey(holder, name, repeated(present, count));
      else if (Array.isArray(present)) present.push(value);
      else if (typeof present === 'object' && present !== null) setKey(present, key, value);
    }
    return whole.root;
  });
}

/** Many copies, which later changes make differ, but in all no more than a reader takes. */
function repeated(value: unknown, count: number): unknown {
  if (typeof value === 'string') return value.slice(0, 100).repeat(count);
  if (typeof value === 'number') return value * count * 1e6;
  if (!Array.isArray(value)) return [value, structuredClone(value)];
  const size = JSON.stringify(value).length / Math.max(1, value.length);
  const length = Math.min(count, Math.floor(MOST_REPEATED / size));
  return Array.from({ length }, (_, index): unknown => structuredClone(value[index % value.length] ?? null));
}

const MOST_REPEATED = 100_000;

type PlaceOf = readonly [holder: object, key: string];

function placesIn(holder: object, found: PlaceOf[]): PlaceOf[] {
  for (const key of Object.keys(holder)) {
    if (found.length > 2_000) break;
    found.push([holder, key]);
    const value: unknown = Object.getOwnPropertyDescriptor(holder, key)?.value;
    if (typeof value === 'object' && value !== null) placesIn(value, found);
  }
  return found;
}

function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(placesIn(value, []).map(([, key]) => key))].filter((key) => !/^\d+$/.test(key));
}

/** Good bytes, cut short, flipped, overwritten, or with others put into their middle. */
export function damaged(good: Uint8Array): fc.Arbitrary<Uint8Array> {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const change = fc.oneof(
    fc.record({ kind: fc.constant('cut' as const), at: share }),
    fc.record({ kind: fc.constant('flip' as const), at: share, bit: fc.integer({ min: 0, max: 7 }) }),
    // The beginning is where sizes and kinds stand.
    fc.record({
      kind: fc.constant('write' as const),
      at: share.map((at) => at * at * at),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    }),
    fc.record({
      kind: fc.constant('insert' as const),
      at: share,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
    }),
  );
  return fc.array(change, { minLength: 1, maxLength: 5 }).map((changes) => {
    let bytes = Buffer.from(good);
    for (const wanted of changes) {
      const at = Math.floor(wanted.at * bytes.length);
      if (wanted.kind === 'cut') bytes = bytes.subarray(0, at);
      else if (wanted.kind === 'insert')
        bytes = Buffer.concat([bytes.subarray(0, at), wanted.bytes, bytes.subarray(at)]);
      else if (wanted.kind === 'write') bytes.set(wanted.bytes.subarray(0, bytes.length - at), at);
      else if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << wanted.bit);
    }
    return bytes;
  });
}

/** A good object beside something so deep, or so long when it is written on lines of its own, that few can write it again. */
function nested(good: unknown): fc.Arbitrary<string> {
  const deep = fc.integer({ min: 50, max: 30_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth));
  const wide = fc.integer({ min: 100_000, max: 900_000 }).map((length) => `[${'0,'.repeat(length)}0]`);
  const base = typeof good === 'object' && good !== null ? good : {};
  const whole = JSON.stringify({ ...base, extra: '@' });
  return fc.oneof({ arbitrary: deep, weight: 4 }, wide).map((extra) => whole.replace('"@"', extra));
}

/** What stands in a file or comes over the wire in place of a JSON document: mutated JSON, damaged JSON, or anything. */
export function jsonBytes(good: unknown, known?: readonly string[]): fc.Arbitrary<Uint8Array> {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const encode = (value: unknown): Uint8Array => bytes(JSON.stringify(value) ?? '');
  return fc.oneof(
    { arbitrary: mutated(good, known).map(encode), weight: 6 },
    { arbitrary: json(known).map(encode), weight: 2 },
    { arbitrary: damaged(encode(good)), weight: 2 },
    { arbitrary: fc.uint8Array({ maxLength: 200 }), weight: 1 },
    { arbitrary: nested(good).map(bytes), weight: 1 },
    {
      arbitrary: fc.constantFrom('[', '{"a":').map((unit) => bytes(unit.repeat(20_000))),
      weight: 1,
    },
  );
}
