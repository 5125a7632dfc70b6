/** The mutations themselves take minutes (`npm run mutate`); here it is only seen that none of them points into the void. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { MUTATIONS } from './mutations.ts';
import { namesIn } from './table.ts';

const root = path.resolve(import.meta.dirname, '../..');

test.each(MUTATIONS)('the mutation still fits the source: $name', ({ file, find, replace, tests }) => {
  const text = readFileSync(path.join(root, file), 'utf8');
  expect(text.split(find), 'the text stands there once').toHaveLength(2);
  expect(replace).not.toBe(find);
  for (const name of tests) expect(existsSync(path.join(root, name)), name).toBe(true);
});

test('docs/reliability.md lists every mutation with the test that saw it', () => {
  const page = readFileSync(path.join(root, 'docs', 'reliability.md'), 'utf8');
  expect(namesIn(page)).toEqual(MUTATIONS.map(({ name }) => name));
});
