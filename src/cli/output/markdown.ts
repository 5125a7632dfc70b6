/**
 * Texts from models and providers on a Markdown page. They are strangers' words: none of them may become a heading, a
 * link, a picture or HTML on the page of the owner's repository.
 */

const LONGEST = 500;
const SPECIAL = /[\\`*_{}[\]()#+\-.!|~^$:@=]/g;

/** One line of plain text, cut to 500 characters. Entities and not backslashes: they also hold inside table cells. */
export function markdownText(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  const cut = [...line].length > LONGEST ? `${[...line].slice(0, LONGEST).join('')}…` : line;
  return cut
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(SPECIAL, (character) => `&#${character.charCodeAt(0)};`);
}

/** A table; every cell is made safe here. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownText).join(' | ')} |\n`;
  return `${line(head)}|${' --- |'.repeat(head.length)}\n${rows.map(line).join('')}`;
}
