/** I8 in the last moment of a process: an error that nobody caught is printed by a door that knows every secret by then. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { EXIT } from '../../src/cli/exit-codes.ts';
import { reelmillIn } from '../support/command.ts';

const FILED = 'sk-marked-key-that-only-the-file-of-variables-has';
const ADDRESSED = 'marked-token-within-an-address-4711';

/** Breaks when the command answers, and so after it has read its files. */
const crash = (how: string): string => `
const { write } = process.stdout;
process.stdout.write = (...words) => {
  process.stdout.write = write;
  const error = new Error('broken while it held ${FILED} and ${ADDRESSED}');
  ${how}
  return true;
};`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'reelmill-crash-'));
  await writeFile(path.join(folder, '.env'), `OPENAI_API_KEY=${FILED}\nREELMILL_STORE=folder:posts\n`);
  const webhook = `https://example.com/webhooks/piapi?token=${ADDRESSED}`;
  await writeFile(
    path.join(folder, 'config.json'),
    JSON.stringify({ API_KEYS: { midjourney: { webhook_url: webhook } } }),
  );
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['an error that nobody caught', 'setImmediate(() => { throw error; });'],
  ['a promise that nobody waited for', 'void Promise.reject(error);'],
])('I8 %s shows no key of .env and none of an address in the configuration', async (name, how) => {
  const file = path.join(folder, `${name.replaceAll(' ', '-')}.mjs`);
  await writeFile(file, crash(how));
  const ended = await reelmillIn(folder, ['status'], {
    NODE_OPTIONS: `--import=${pathToFileURL(file).href}`,
  });
  expect(ended.code, ended.told).toBe(EXIT.bug);
  expect(ended.told).toContain('broken while it held [redacted] and [redacted]');
  expect(`${ended.out}${ended.told}`).not.toContain(FILED);
  expect(`${ended.out}${ended.told}`).not.toContain(ADDRESSED);
});
