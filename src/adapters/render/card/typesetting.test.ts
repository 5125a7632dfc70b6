import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { setText } from './typesetting.ts';

/** Every character as wide as half the font size: widths can be checked by counting. */
const measure = (text: string, size: number) => Array.from(text).length * size * 0.5;
const box = { width: 1000, height: 360, largest: 140, comfortable: 60, smallest: 30, leading: 1.1 };

test('D11 any topic fits its box, however long or odd', () => {
  const words = fc.array(
    fc.string({ minLength: 1, maxLength: 70, unit: fc.constantFrom('а', 'Ж', 'b', ',', '—', 'o') }),
    {
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(words, (parts) => {
      const { lines, size } = setText(parts.join(' '), box, measure);
      for (const line of lines) expect(measure(line, size)).toBeLessThanOrEqual(box.width);
      expect((lines.length - 1) * size * box.leading + size).toBeLessThanOrEqual(box.height);
      expect(size).toBeGreaterThanOrEqual(box.smallest * 0.999);
    }),
  );
});

test('D11 no word of a topic of usual length is lost', () => {
  const words = fc.array(
    fc.string({ minLength: 3, maxLength: 12, unit: fc.constantFrom('а', 'е', 'н', 'т') }),
    {
      minLength: 1,
      maxLength: 14,
    },
  );
  fc.assert(
    fc.property(words, (parts) => {
      expect(setText(parts.join(' '), box, measure).lines.join(' ')).toBe(parts.join(' '));
    }),
  );
});

test('D11 short words stay with the next one and a dash with the last one', () => {
  const text = 'Любовь — это и радость и тоска о далёком доме в горах';
  const { lines } = setText(text, { ...box, width: 620 }, measure);
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) {
    expect(line).not.toMatch(/\s\p{L}{1,2}$/u);
    expect(line).not.toMatch(/^—/u);
  }
});

test('D11 the last line is not a lone short word when the lines can be even', () => {
  const { lines } = setText('Seven things nobody tells you about it', { ...box, width: 700 }, measure);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.at(-1)?.length).toBeGreaterThan(5);
});

test('D11 a word too long for a line is broken with a hyphen, not set in tiny type', () => {
  const { lines, size } = setText(
    'Превысокомногорассмотрительствующий человек',
    { ...box, width: 500 },
    measure,
  );
  expect(size).toBeGreaterThanOrEqual(box.comfortable * 0.9);
  expect(lines[0]).toMatch(/-$/u);
  expect(lines.join('').replaceAll('-', '')).toContain('Превысокомногорассмотрительствующий');
});

test('D11 a long word is broken before a consonant and a vowel, where a reader would break it', () => {
  const wide = { ...box, width: 480 };
  const words = [
    'Превысокомногорассмотрительствующий',
    'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  ];
  for (const word of words) {
    const { lines } = setText(word, wide, measure);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines.slice(1)) expect(line).toMatch(/^[^aeiouäаеиоуыэюяё][aeiouäаеиоуыэюяё]/u);
  }
});

test('D11 what does not fit even in small type ends in an ellipsis', () => {
  const { lines } = setText('слово '.repeat(600), box, measure);
  expect(lines.at(-1)).toMatch(/слово…$/u);
});

test('D11 an empty topic sets nothing', () => {
  expect(setText('  ', box, measure).lines).toEqual([]);
});
