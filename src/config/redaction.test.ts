import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../domain/secret.ts';
import { createRedactor } from './redaction.ts';

const KEY = 'k/3+y= "ä"&\\z';
const redact = createRedactor([
  new Secret(KEY),
  new Secret('plain-secret'),
  new Secret('plain-secret-longer'),
]);

test.each([
  ['as it is', KEY],
  ['URL-encoded', encodeURIComponent(KEY)],
  ['URL-encoded in small letters', encodeURIComponent(KEY).toLowerCase()],
  ['as a form field', new URLSearchParams({ k: KEY }).toString().slice(2)],
  ['JSON-escaped', JSON.stringify({ k: KEY })],
  ['HTML-escaped', 'k/3+y= &quot;ä&quot;&amp;\\z'],
  ['in hexadecimal', Buffer.from(KEY).toString('hex')],
  ['in Base64', Buffer.from(KEY).toString('base64')],
  ['in Base64url', Buffer.from(KEY).toString('base64url')],
])('I8 a secret is found %s', (_form, text) => {
  const shown = redact(`before ${text} after`);
  expect(shown).toMatch(/^before .*\[redacted\].* after$/s);
  expect(shown).not.toContain(KEY);
});

test('I8 a secret is found in Base64 of a text around it', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (before, after) => {
      const encoded = Buffer.from(`${before}:plain-secret-longer${after}`).toString('base64');
      expect(redact(`Basic ${encoded}`)).toContain('[redacted]');
    }),
  );
});

test('I8 every occurrence goes, and the longer of two overlapping secrets leaves nothing behind', () => {
  expect(redact('plain-secret plain-secret-longer plain-secret')).toBe('[redacted] [redacted] [redacted]');
});

test('I8 other text is untouched, and a value too short to be a secret is no reason to black words out', () => {
  expect(redact('a picture of a key')).toBe('a picture of a key');
  expect(createRedactor([new Secret('on')])('on and on')).toBe('on and on');
  expect(createRedactor([])('text')).toBe('text');
});
