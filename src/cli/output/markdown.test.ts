/** A stranger's words on a Markdown page stay words. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markdownTable, markdownText } from './markdown.ts';

test('I8 no text can become a heading, a link, a picture, HTML or another table cell', () => {
  expect(markdownText('# a <img src=x> [b](http://c) | `d`\n## e')).toBe(
    '&#35; a &lt;img src&#61;x&gt; &#91;b&#93;&#40;http&#58;//c&#41; &#124; &#96;d&#96; &#35;&#35; e',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const escaped = markdownText(text);
      // Nothing but letters, digits, spaces and harmless signs outside of entities.
      expect(escaped.replaceAll(/&(#\d+|amp|lt|gt);/g, '')).not.toMatch(/[\\`*_{}[\]()#+\-.!|<>~^$:@=&\n\r]/);
      const back = escaped
        .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&amp;', '&');
      expect(back).toBe(text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim());
    }),
    { numRuns: 500 },
  );
});

test('a table has one line a row, whatever is in its cells', () => {
  const table = markdownTable(['a', 'b'], [['1|2', 'x\ny']]);
  expect(table).toBe('| a | b |\n| --- | --- |\n| 1&#124;2 | x y |\n');
  expect([...markdownText('🙂'.repeat(600))].length).toBe(501);
});
