/** Reads a table out of a document, so that a test can compare what is written for people with what the code does. */

import { readFileSync } from 'node:fs';

/** The rows of the first table whose header starts with these cells, each by column name. Fails when there is none. */
export function markdownTable(file: URL, ...header: string[]): Record<string, string>[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const start = lines.findIndex((line) => header.every((name, index) => cellsOf(line)[index] === name));
  if (start < 0) throw new Error(`there is no table with the columns ${header.join(', ')}`);
  const names = cellsOf(lines[start] ?? '');
  const rows: Record<string, string>[] = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break;
    const cells = cellsOf(line);
    if (cells.length !== names.length) throw new Error(`this row has ${cells.length} cells: ${line}`);
    rows.push(Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])));
  }
  return rows;
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
