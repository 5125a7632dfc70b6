/** The prices in docs/costs.md are those that the program reckons with. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { interpretConfig } from '../../src/config/load.ts';
import { callsOfOnePost } from '../../src/app/cost-notes.ts';
import { defaultPrices, IMAGE_BY_MODE } from '../../src/domain/default-prices.ts';
import { markdownTable } from '../support/markdown-table.ts';

const page = new URL('../../docs/costs.md', import.meta.url);

test('BUDGET docs/costs.md has the prices of the code', () => {
  const text = markdownTable(page, 'Model', 'Input, per million tokens').map((row) => [
    row['Model'],
    { input: Number(row['Input, per million tokens']), output: Number(row['Output, per million tokens']) },
  ]);
  expect(Object.fromEntries(text)).toEqual(defaultPrices('fast').text);
  const image = markdownTable(page, 'Midjourney mode', 'Per task').map((row) => [
    row['Midjourney mode'],
    Number(row['Per task']),
  ]);
  expect(Object.fromEntries(image)).toEqual(IMAGE_BY_MODE);
  const video = markdownTable(page, 'Runway model', 'Per second').map((row) => [
    row['Runway model'],
    Number(row['Per second']),
  ]);
  expect(Object.fromEntries(video)).toEqual(defaultPrices('fast').videoPerSecond);
});

test('BUDGET docs/costs.md says the most that a post of the default configuration can cost', async () => {
  const loaded = interpretConfig('{}', 'the test');
  if (!loaded.ok) throw new Error(loaded.failure.message);
  const calls = callsOfOnePost(loaded.value.config);
  const most = calls.reduce((sum, { reserveUsd }) => sum + reserveUsd, 0);
  expect(await readFile(page, 'utf8')).toContain(`| **post** | | **$${most.toFixed(2)}** |`);
});
