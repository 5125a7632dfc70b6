import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJsonText } from './json-text.ts';

function placeOfError(text: string): string {
  const parsed = parseJsonText(text);
  return parsed.ok ? 'valid' : `${parsed.line}:${parsed.column} ${parsed.reason}`;
}

test.each([
  ['{"a": 1,\n}', '2:1 remove the comma before `}`'],
  ['[1,]', '1:4 remove the comma before `]`'],
  ['{"a": "x"\n "b": 2}', '2:2 a comma is missing before this'],
  ['{"a" 1}', '1:6 a colon is missing between key and value'],
  ['{"a":}', '1:6 a value is missing before `}`'],
  ['{"a": 1', '1:8 it ends before the closing `}`'],
  ['{"a": 1 // note\n}', '1:9 JSON has no comments; remove this one'],
  ["{'a': 1}", '1:2 texts and keys need straight double quotes ("), not \''],
  ['{a: 1}', '1:2 texts and keys need double quotes; the only bare words are true, false and null'],
  ['{"a": [1}', '1:9 a comma is missing before this'],
  ['{} {}', '1:4 there is text after the end'],
  ['', '1:1 there is nothing in it'],
])('S6 %j is an error at its place', (text, expected) => {
  expect(placeOfError(text)).toBe(expected);
});

test('S6 a text that is never closed is found where it begins, at once', () => {
  expect(placeOfError(`{"a":\n  "${'x'.repeat(200_000)}`)).toMatch(/^2:3 this text has no closing quote/);
});

test('S6 a key written twice is named with its place', () => {
  const parsed = parseJsonText('{"a": 1,\n "a": {"a": 2}}');
  expect(parsed).toMatchObject({
    ok: true,
    value: { a: { a: 2 } },
    duplicates: [{ key: 'a', line: 2, column: 2 }],
  });
});

test('S6 a byte order mark is no error', () => {
  expect(parseJsonText('\uFEFF{}')).toMatchObject({ ok: true });
});

test('S6 the scanner stops exactly when JSON.parse does', () => {
  const damaged = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', ':', 'x', '\\'));
  fc.assert(
    fc.property(damaged, ([json, at, extra]) => {
      const cut = at % (json.length + 1);
      const text = json.slice(0, cut) + extra + json.slice(cut + 1);
      const parsed = parseJsonText(text);
      if (parsed.ok) return;
      expect(parsed.reason).not.toBe('');
      // What stands before the reported place must be the beginning of some valid text: cutting there never moves the place forward.
      const lines = text.split('\n');
      const offset =
        lines.slice(0, parsed.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + parsed.column - 1;
      const before = parseJsonText(text.slice(0, offset));
      expect(
        before.ok || before.reason.startsWith('it ends') || before.reason.startsWith('there is nothing'),
      ).toBe(true);
    }),
  );
});
