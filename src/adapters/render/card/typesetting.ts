/**
 * Breaks a title into lines of similar length in the largest size that fits. Pure: it is given a function that measures.
 * It prevents what makes a card look machine-made: a lone word on the last line, a preposition left hanging at the end
 * of a line, a long word that runs out of the picture or makes all the others tiny.
 */

export interface TextBox {
  readonly width: number;
  readonly height: number;
  /** Font sizes in pixels. */
  readonly largest: number;
  /** A word that is too wide in this size is broken rather than set smaller. */
  readonly comfortable: number;
  readonly smallest: number;
  /** Distance of baselines, in font sizes. */
  readonly leading: number;
}

export interface SetText {
  readonly lines: readonly string[];
  readonly size: number;
}

type Measure = (text: string, size: number) => number;

const STEP = 0.97;
/** More lines than this read as a paragraph, so a smaller size with fewer lines is taken first. */
const TITLE_LINES = 4;
/** Marks where a word may be broken; shown as a hyphen only at the end of a line. */
const BREAK = '\u00ad';

/** Always fits the box: what is too long even in the smallest size ends with `…`. No lines for an empty text. */
export function setText(text: string, box: TextBox, measure: Measure): SetText {
  const words = bindShortWords(text).flatMap((word) => breakable(word, box, measure));
  if (words.length === 0) return { lines: [], size: box.largest };
  return (
    bestSize(words, box, box.comfortable, TITLE_LINES, measure) ??
    bestSize(words, box, box.smallest, Number.POSITIVE_INFINITY, measure) ??
    cut(words, box, measure)
  );
}

/** Large type against even lines: a third smaller is accepted for lines that break where the sense does. */
function bestSize(
  words: readonly string[],
  box: TextBox,
  floor: number,
  most: number,
  measure: Measure,
): SetText | undefined {
  let best: (SetText & { score: number }) | undefined;
  for (let size = box.largest; size >= floor; size *= STEP) {
    const balanced = balance(words, size, box.width, measure);
    if (balanced === undefined || balanced.lines.length > Math.min(most, linesThatFit(box, size))) continue;
    const score = Math.log(size) - (2 * balanced.cost) / balanced.lines.length;
    if (best === undefined || score > best.score) best = { lines: balanced.lines, size, score };
  }
  return best === undefined ? undefined : { lines: best.lines, size: best.size };
}

function linesThatFit(box: TextBox, size: number): number {
  return Math.max(1, Math.floor((box.height / size - 1) / box.leading + 1));
}

/** Short words go with the next one, a dash with the one before: a line must not end in `и` nor begin with `—`. */
function bindShortWords(text: string): string[] {
  const bound: string[] = [];
  let waiting = '';
  for (const word of text.split(/\s+/u).filter(Boolean)) {
    if (/^[—–-]$/u.test(word) && bound.length > 0 && waiting === '') {
      bound[bound.length - 1] = `${bound.at(-1)} ${word}`;
    } else if (/^\p{L}{1,2}$/u.test(word) && waiting === '') {
      waiting = `${word} `;
    } else {
      bound.push(waiting + word);
      waiting = '';
    }
  }
  if (waiting !== '') {
    const last = bound.pop();
    bound.push(last === undefined ? waiting.trim() : `${last} ${waiting.trim()}`);
  }
  return bound;
}

const VOWEL = /[aeiouyäöüéèàаеёиоуыэюяіїє]/iu;

/** A word that is wider than the line in the comfortable size, as even pieces of which all but the last end in `BREAK`. */
function breakable(word: string, box: TextBox, measure: Measure): string[] {
  if (measure(word, box.comfortable) <= box.width) return [word];
  if (word.includes(' ')) return word.split(' ').flatMap((part) => breakable(part, box, measure));
  const letters = Array.from(word);
  const count = Math.ceil(measure(word, box.comfortable) / (box.width * 0.86));
  const length = Math.ceil(letters.length / count);
  const pieces: string[] = [];
  while (letters.length > length) {
    const near = [length, length - 1, length + 1, length - 2].filter(
      (at) => at > 2 && letters.length - at > 2,
    );
    // A syllable mostly ends in a vowel, before a consonant and another vowel; else a break between two consonants will do.
    const pretty =
      near.find((at) => isVowel(letters[at - 1]) && beginsSyllable(letters, at)) ??
      near.find((at) => beginsSyllable(letters, at));
    const piece = letters.splice(0, pretty ?? length).join('');
    pieces.push(/[-–—/]$/u.test(piece) ? piece : piece + BREAK);
  }
  return [...pieces, letters.join('')];
}

function beginsSyllable(letters: readonly string[], at: number): boolean {
  return !isVowel(letters[at]) && isVowel(letters[at + 1]);
}

function isVowel(letter: string | undefined): boolean {
  return VOWEL.test(letter ?? '');
}

/** One line of words as it is shown. */
function shown(words: readonly string[]): string {
  return words.join(' ').replaceAll(`${BREAK} `, '').replace(BREAK, '-');
}

/**
 * The breaks with the smallest sum of squared gaps (as Knuth and Plass weigh them). `undefined` when a word is wider
 * than the line.
 */
function balance(
  words: readonly string[],
  size: number,
  width: number,
  measure: Measure,
): { lines: string[]; cost: number } | undefined {
  const space = measure(' ', size);
  const widths = words.map((word) => measure(shown([word]), size));
  if (widths.some((wide) => wide > width)) return undefined;
  const even = evenWidth(widths, space, width);
  const best = Array.from({ length: words.length + 1 }, () => ({ cost: Infinity, next: words.length }));
  best[words.length] = { cost: 0, next: words.length };
  for (let first = words.length - 1; first >= 0; first -= 1) {
    let length = -space;
    for (let next = first + 1; next <= words.length; next += 1) {
      length += space + (widths[next - 1] ?? 0);
      if (length > width) break;
      const gap = (even - length) / even;
      const lonely = next === words.length && first > 0 && length < even * 0.45 ? 0.35 : 0;
      const sense = next < words.length && !/[,.;:!?…—–]$/u.test(words[next - 1] ?? '') ? SENSE_COST : 0;
      const cost = gap * gap + lonely + sense + LINE_COST + (best[next]?.cost ?? 0);
      if (cost < (best[first]?.cost ?? 0)) best[first] = { cost, next };
    }
  }
  const lines: string[] = [];
  for (let first = 0; first < words.length;) {
    const next = best[first]?.next ?? words.length;
    lines.push(shown(words.slice(first, next)));
    first = next;
  }
  return { lines, cost: best[0]?.cost ?? 0 };
}

/** A break inside a phrase, against one after a comma. */
const SENSE_COST = 0.04;

/** Keeps a title from taking another line only to be a little more even. */
const LINE_COST = 0.05;

/** The width of the lines if all were equal: what each line is compared with. */
function evenWidth(widths: readonly number[], space: number, width: number): number {
  const total = widths.reduce((sum, wide) => sum + wide + space, -space);
  const lines = Math.ceil(total / width);
  return Math.min(width, Math.max(total / lines + space, ...widths));
}

/** As many words as the smallest size holds. */
function cut(words: readonly string[], box: TextBox, measure: Measure): SetText {
  const size = box.smallest;
  const fits = (line: string) => measure(line, size) <= box.width;
  const lines: string[][] = [[]];
  for (const word of words) {
    const line = lines.at(-1) ?? [];
    if (line.length === 0 || fits(`${shown([...line, word])}…`)) line.push(word);
    else if (lines.length < linesThatFit(box, size)) lines.push([word]);
    else break;
  }
  const texts = lines.map(shown);
  const last = (texts.pop() ?? '').replace(/[\s,.;:—–-]+$/u, '');
  return { lines: [...texts, `${last}…`], size };
}
