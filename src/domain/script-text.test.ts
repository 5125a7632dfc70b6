import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { cleanScript } from './script-text.ts';

test('P5 a script becomes one line with single spaces', () => {
  expect(cleanScript('  A door\r\n\topens.\n\n The camera\u00a0 tilts.\u200b ', 1000)).toBe(
    'A door opens. The camera tilts.',
  );
});

test('P5 a long script ends after a sentence, or after a word when no sentence fits', () => {
  expect(cleanScript('One two three. Four five six seven eight', 20)).toBe('One two three.');
  expect(cleanScript('He said “go!” Then everything went dark', 16)).toBe('He said “go!”');
  expect(cleanScript('A. Then a long way without any end at all', 20)).toBe('A. Then a long way');
  expect(cleanScript('Дверь открывается. Камера кружит', 24)).toBe('Дверь открывается.');
  expect(cleanScript('one two three', 7)).toBe('one two');
});

test('P5 a single word longer than the limit is cut, but not inside a character', () => {
  expect(cleanScript('abcdefgh', 5)).toBe('abcde');
  expect(cleanScript('ab😀😀😀', 5)).toBe('ab😀');
});

test('P5 for any text: within the limit, one line, well formed, and stable', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.integer({ min: 0, max: 120 }),
      (text, limit) => {
        const clean = cleanScript(text, limit);
        expect(clean.length).toBeLessThanOrEqual(limit);
        expect(clean).not.toMatch(/[\n\r\t]|\s\s|^\s|\s$/);
        expect(clean.isWellFormed()).toBe(true);
        expect(cleanScript(clean, limit)).toBe(clean);
      },
    ),
  );
});
