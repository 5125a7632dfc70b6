/**
 * The one typeface of the cards, read from the package and turned into outlines here. Text never reaches the picture
 * library as text: it would be set in whatever font the machine has, or in empty boxes on a server that has none.
 */
import { readFile } from 'node:fs/promises';

// Node loads the package's CommonJS file, which has only a default; the linter looks at the ES module for bundlers.
// oxlint-disable-next-line import/default
import opentype from 'opentype.js';
import type { Command } from 'opentype.js';

/** Sizes and coordinates in pixels; widths include kerning. */
export interface Typeface {
  /** The same text with only characters that this typeface can draw. */
  readonly drawable: (text: string) => string;
  readonly width: (text: string, size: number) => number;
  /** SVG path data of the outlines, with the ink's left edge at `x` and the baseline at `y`. */
  readonly outline: (text: string, x: number, y: number, size: number) => string;
}

/** Height of a capital of Onest as a part of the font size (its OS/2 table: 708 of 1000). */
export const CAPITAL_HEIGHT = 0.708;

const FONT_FILE = new URL('../../../../assets/fonts/Onest-Bold.ttf', import.meta.url);

/** Large bold type looks loose at its natural spacing. */
const TRACKING = { kerning: true, letterSpacing: -0.012 } as const;

export async function loadTypeface(): Promise<Typeface> {
  const bytes = await readFile(FONT_FILE);
  // oxlint-disable-next-line import/no-named-as-default-member
  const font = opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return {
    drawable: (text) => drawableText(text, (character) => font.hasChar(character)),
    width: (text, size) => font.getAdvanceWidth(text, size, TRACKING),
    outline: (text, x, y, size) => aligned(font.getPath(text, 0, y, size, TRACKING).commands, x),
  };
}

/** Letters carry space on their left in proportion to their size; without this, a large line starts right of a small one. */
function aligned(commands: readonly Command[], left: number): string {
  const starts = commands.flatMap((command) => (command.type === 'Z' ? [] : [command.x]));
  const shift = left - starts.reduce((least, x) => Math.min(least, x), Number.POSITIVE_INFINITY);
  return commands.map((command) => pathData(command, shift)).join('');
}

/** Our own, because the library's `toPathData` writes NaN for numbers like 1e-15, which cuts a title in the middle. */
function pathData(command: Command, shift: number): string {
  const point = (x: number, y: number) => `${(x + shift).toFixed(2)} ${y.toFixed(2)} `;
  switch (command.type) {
    case 'Z':
      return 'Z';
    case 'Q':
      return `Q${point(command.x1, command.y1)}${point(command.x, command.y)}`;
    case 'C':
      return `C${point(command.x1, command.y1)}${point(command.x2, command.y2)}${point(command.x, command.y)}`;
    default:
      return `${command.type}${point(command.x, command.y)}`;
  }
}

/**
 * Emoji and other signs without a glyph vanish, together with the space that they would leave; an unknown accented
 * letter falls back to its plain form. A topic of which fewer than half of the letters and digits are left would be a
 * fragment, such as the year of an Arabic sentence, and vanishes whole.
 */
export function drawableText(text: string, has: (character: string) => boolean): string {
  const letters = [...new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(text.normalize('NFC'))];
  const drawn = letters
    .map(({ segment }) => nearestDrawable(segment, has))
    .join('')
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(/\s+(?=[,.;:!?…])/gu, '')
    .trim();
  const wanted = letters.filter(({ segment }) => isText(segment)).length;
  const left = Array.from(drawn).filter(isText).length;
  return left === 0 || left < wanted / 2 ? '' : drawn;
}

function isText(grapheme: string): boolean {
  return /[\p{L}\p{N}]/u.test(grapheme) && !/\p{RGI_Emoji}/v.test(grapheme);
}

function nearestDrawable(grapheme: string, has: (character: string) => boolean): string {
  if (/^[\s\p{Zs}]+$/u.test(grapheme)) return ' ';
  // A digit with a keycap or a letter of a flag must not stay behind as a stray sign.
  if (/\p{RGI_Emoji}/v.test(grapheme)) return '';
  for (const form of [
    grapheme,
    grapheme.normalize('NFKC'),
    grapheme.normalize('NFKD').replaceAll(/\p{M}/gu, ''),
  ]) {
    if (form !== '' && Array.from(form).every((character) => character.trim() !== '' && has(character)))
      return form;
  }
  return '';
}
