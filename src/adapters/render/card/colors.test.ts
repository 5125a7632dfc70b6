import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { cardColors, contrast, hex } from './colors.ts';

const digits = fc.integer({ min: 0, max: 0xff_ff_ff }).map((value) => value.toString(16).padStart(6, '0'));

test('D11 text can be read on every background that a configuration names', () => {
  fc.assert(
    fc.property(digits, digits, (background, text) => {
      const colors = cardColors(background, text);
      expect(contrast(colors.background, colors.text)).toBeGreaterThanOrEqual(4.5);
      expect(hex(colors.background)).toBe(`#${background}`);
    }),
    { numRuns: 500 },
  );
});

test('D11 colours that can be read are used as configured', () => {
  expect(hex(cardColors('cccccc', '333333').text)).toBe('#333333');
  expect(hex(cardColors('1D2B4F', 'F4E9D8').text)).toBe('#f4e9d8');
});

test('D11 the contrast formula gives the values of WCAG', () => {
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
  expect(contrast([119, 119, 119], [255, 255, 255])).toBeCloseTo(4.48, 2);
});
