/** The table of docs/reliability.md that says which test saw which mechanism break. */

export interface Caught {
  readonly name: string;
  readonly file: string;
  /** The first test that failed. */
  readonly test: string;
}

const BEGIN = '<!-- Written by `npm run mutate`; edits by hand are lost. -->';
const END = '<!-- until here -->';

export function replaceTable(page: string, caught: readonly Caught[]): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error('docs/reliability.md has lost the marks of the table');
  const rows = caught.map(
    ({ name, file, test }) => `| ${cell(name)} | [${file}](../${file}) | ${cell(test)} |`,
  );
  const table = [
    '| Broken on purpose | Test file | First test that failed |',
    '| --- | --- | --- |',
    ...rows,
  ];
  return [before + BEGIN, '', ...table, '', END + after].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

/** What the page says was broken. */
export function namesIn(page: string): string[] {
  const table = page.split(BEGIN)[1]?.split(END)[0] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && line.includes('.test.ts]'));
  return rows.map((row) => row.slice(2, row.indexOf(' | ')));
}
