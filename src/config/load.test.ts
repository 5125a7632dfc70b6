import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isTragic } from '../domain/topics-tracker.ts';
import { staleFiles } from './generate.ts';
import { loadConfig } from './load.ts';
import type { LoadedConfig } from './load.ts';
import { describeNote } from './problem.ts';
import { runwayRequest } from './resolved.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelmill-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function loaded(path: string): Promise<LoadedConfig> {
  const result = await loadConfig(path);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

async function messageFor(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  const result = await loadConfig(path);
  if (result.ok) throw new Error('it was accepted');
  expect(result.failure.where.key).toBe(path);
  return `${result.failure.code} ${result.failure.message}`;
}

test('S6 a config of the old scripts loads as it is, with every key kept', async () => {
  const path = join(ROOT, 'test/fixtures/legacy-config.json');
  const { config, raw } = await loaded(path);
  const original: unknown = JSON.parse(await readFile(path, 'utf8'));
  expect(raw).toEqual(original);
  expect(config).toMatchObject(raw);
});

test('S6 its outdated values are named, with what happens and what to write', async () => {
  const { config, warnings } = await loaded(join(ROOT, 'test/fixtures/legacy-config.json'));
  const outdated = warnings.filter((note) => note.kind !== 'retired').map(describeNote);
  expect(outdated).toEqual([
    expect.stringMatching(
      /^VIDEO\.runway_ratio: is `1280:768`, which Runway does not take .* Write `1280:720`/,
    ),
    expect.stringMatching(/^PROMPTS\.user_prompt_combined: .*Write \{creative_prompt\}/),
  ]);
  expect(runwayRequest(config)).toEqual({ model: 'gen4_turbo', ratio: '1280:720', duration: 10 });
  const retired = warnings.filter((note) => note.kind === 'retired').map((note) => note.path);
  expect(retired).toContain('FILE_PATHS.meta_folder');
  expect(retired).toContain('GENERATE.max_attempts');
});

test.each([
  [
    'a withdrawn Runway model',
    { API_KEYS: { runwayml: { model_name: 'gen3a_turbo' } } },
    'Write `gen4_turbo`',
  ],
  ['an unknown Runway model', { API_KEYS: { runwayml: { model_name: 'gen9' } } }, 'sent unchecked'],
  [
    'a duration that the model does not make',
    { API_KEYS: { runwayml: { model_name: 'veo3.1' } } },
    'Write `8`',
  ],
  ['another codec', { VIDEO: { mock_codec: 'mpeg4' } }, 'always H.264'],
  ['two models', { API_KEYS: { openai: { model: 'a' } }, OPENAI_SETTINGS: { model: 'b' } }, 'which wins'],
])('S6 %s is a note, not an error', async (_name, raw, expected) => {
  const path = join(folder, 'note.json');
  await writeFile(path, JSON.stringify(raw));
  const { warnings } = await loaded(path);
  expect(warnings.map(describeNote)).toEqual([expect.stringContaining(expected)]);
});

test.each(['config.example.json', 'samples/en/config.json', 'samples/ru/config.json'])(
  'S6 %s loads without a note',
  async (path) => {
    expect((await loaded(join(ROOT, path))).warnings).toEqual([]);
  },
);

test.each(['samples/en/config.json', 'samples/ru/config.json'])(
  'C1 C3 %s has enough to draw from, tragic focuses too',
  async (path) => {
    const { config } = await loaded(join(ROOT, path));
    expect(new Set(config.CONTENT.focuses).size).toBeGreaterThanOrEqual(20);
    expect(config.CONTENT.focuses.filter(isTragic).length).toBeGreaterThanOrEqual(3);
    expect(new Set(config.creative_prompts).size).toBeGreaterThanOrEqual(20);
    expect(new Set(config.restrictions).size).toBeGreaterThanOrEqual(15);
    for (const name of ['{topic}', '{creative_prompt}', '{restriction}'])
      expect(config.PROMPTS.user_prompt_combined).toContain(name);
  },
);

test('the generated schema, reference and example are up to date', async () => {
  expect(await staleFiles()).toEqual([]);
});

test('files that are missing or differ count as out of date', async () => {
  expect(await staleFiles(folder)).toEqual([
    'schema/config.schema.json',
    'docs/configuration.md',
    'config.example.json',
  ]);
});

test('S6 a syntax error is named with line and column', async () => {
  expect(await messageFor('syntax.json', '{\n  "VIDEO": {},\n}')).toContain('line 3, column 1');
});

test('S6 every problem is on a line of its own', async () => {
  const message = await messageFor('wrong.json', '{"VIDEO": {"mock_fps": 0}, "SARCASM": 1}');
  expect(message).toMatch(
    /^config_invalid \S+wrong\.json has 2 problems:\n {2}- SARCASM: .*\n {2}- VIDEO\.mock_fps: .*$/,
  );
});

test('S6 a file that is too large or not text is not parsed', async () => {
  expect(await messageFor('large.json', `{"a": "${'x'.repeat(1024 * 1024)}"}`)).toMatch(/^too_large/);
  expect(await messageFor('binary.json', Uint8Array.of(0x7b, 0xff, 0xfe))).toContain('not UTF-8');
});

test('S6 a missing file and a folder are named as such', async () => {
  expect(await loadConfig(join(folder, 'none.json'))).toMatchObject({
    ok: false,
    failure: { message: expect.stringContaining('no such file') },
  });
  expect(await loadConfig(folder)).toMatchObject({
    ok: false,
    failure: { message: expect.stringContaining('is a folder') },
  });
});
