/** No requirement without a test that names it, and no line of the coverage table that points at nothing. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { namedTests, SECTIONS, testsIn } from '../scripts/requirements.ts';

const TABLE = readFileSync(new URL('../docs/requirements-coverage.md', import.meta.url), 'utf8');
const WANTED = [
  ...ids('S', 6),
  ...ids('M', 11),
  ...ids('C', 5),
  ...ids('P', 8),
  ...ids('W', 3),
  ...ids('R', 2),
  ...ids('D', 14),
];

function ids(letter: string, last: number): string[] {
  return Array.from({ length: last }, (_, index) => `${letter}${index + 1}`);
}

/** Id, file and title of every proof that the table names. */
function claims(): { id: string; file: string; title: string }[] {
  return TABLE.split('\n').flatMap((line) => {
    const [, id, proofs] = /^\| ([A-Z]\d+) \| .*? \| (.*) \|$/.exec(line.replaceAll('\\|', '¦')) ?? [];
    if (id === undefined || proofs === undefined) return [];
    let file = '';
    return proofs.split('<br>').flatMap((part) => {
      if (part.startsWith('`')) {
        file = part.slice(1, -1);
        return [];
      }
      return [{ id, file, title: part.slice(2).replaceAll('¦', '|').replaceAll('&lt;', '<') }];
    });
  });
}

describe('the coverage of requirements', () => {
  const tests = namedTests();

  test('every id has a line of what it says, and a test that names it', () => {
    const described = SECTIONS.flatMap(({ requirements }) => Object.keys(requirements));
    expect(described).toEqual(WANTED);
    expect(WANTED.filter((id) => !tests.some((named) => named.ids.includes(id)))).toEqual([]);
  });

  test('every id has its row in the table, with at least one proof', () => {
    const proved = new Set(claims().map(({ id }) => id));
    expect(WANTED.filter((id) => !proved.has(id))).toEqual([]);
  });

  test('every proof that the table names exists, under that id; else run `npm run generate`', () => {
    const real = new Set(
      tests.flatMap(({ file, ids: named, title }) => named.map((id) => `${id} ${file} ${title}`)),
    );
    const gone = claims().filter(({ file, id, title }) => !real.has(`${id} ${file} ${title}`));
    expect(gone).toEqual([]);
  });

  test('only tests that run count, and only ids at the beginning of a title', () => {
    const source = `
      test('M1 one', () => {});
      test.each([1])('M2 P3 two %s', () => {});
      describe('S1 outer', () => { it(\`D1 \${x} three\`, () => {}); test('plain', () => {}); });
      describe.each([1])('S2 each', () => { test('inner', () => {}); });
      test.skip('M3 skipped', () => {});
      describe.skip('M4 skipped', () => { test('M5 inside', () => {}); });
      test.todo('M6 some day');
      test('speaks of M7', () => {});
      other('M8 no test', () => {});
    `;
    expect(testsIn('a.test.ts', source).map(({ ids: named, title }) => `${named.join()}: ${title}`)).toEqual([
      'M1: M1 one',
      'M2,P3: M2 P3 two %s',
      'S1,D1: S1 outer › D1 … three',
      'S1: S1 outer › plain',
      'S2: S2 each › inner',
    ]);
  });
});
