import { expect, test } from 'vitest';

import { loadTypeface } from './typeface.ts';

const typeface = await loadTypeface();

test('D11 the typeface of the package draws Cyrillic and Latin, with their extras', () => {
  const text = 'Съешь ещё этих мягких булок — Жуґїє: «Straße, naïveté, łódź», №1…';
  expect(typeface.drawable(text)).toBe(text);
});

test('D11 emoji and unknown scripts vanish without a box or a double space', () => {
  expect(typeface.drawable('Why we forget 👍🏽 the names 🔥🔥! 👨‍👩‍👧')).toBe('Why we forget the names!');
  expect(typeface.drawable('Мир 世界 1️⃣ 🇺🇦')).toBe('Мир');
  expect(typeface.drawable('🔥🔥')).toBe('');
});

test('D11 no fragment stays behind of a topic that cannot be drawn', () => {
  expect(typeface.drawable('中文標題：歷史上的今天')).toBe('');
  expect(typeface.drawable('فتح القسطنطينية عام 1453 — AD')).toBe('');
  expect(typeface.drawable('🔥: — !')).toBe('');
  expect(typeface.drawable('1453')).toBe('1453');
});

test('D11 decomposed and compatibility letters are drawn as the usual ones', () => {
  expect(typeface.drawable('и\u0306од ﬁnal')).toBe('йод final');
  expect(typeface.drawable('ǟx')).toBe('ax');
});

test('D11 outlines hold numbers only, start where asked, and differ by letter', () => {
  for (const word of ['Почему настоящая дружба', 'Одиночество', 'The quiet courage of starting over']) {
    for (let size = 20; size < 140; size += 7.3) {
      const outline = typeface.outline(word, 68.4, 571.123, size);
      expect(outline).not.toMatch(/NaN|undefined|e-/u);
      const starts = [...outline.matchAll(/[ML](?<x>-?[\d.]+) /gu)].map((found) =>
        Number(found.groups?.['x']),
      );
      expect(Math.min(...starts)).toBeCloseTo(68.4, 1);
    }
  }
  expect(typeface.outline('а', 0, 0, 50)).not.toBe(typeface.outline('б', 0, 0, 50));
});
