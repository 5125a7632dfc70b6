/** Old configurations brought up to date: nothing they said is lost, and nothing changes without being named. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { convertConfig, type ConvertedConfig } from './convert.ts';
import { interpretConfig } from './load.ts';
import { buildJsonSchema, type SchemaNode } from './json-schema.ts';

const LEGACY = readFileSync(new URL('../../test/fixtures/legacy-config.json', import.meta.url), 'utf8');

function converted(value: unknown): ConvertedConfig {
  const result = convertConfig(typeof value === 'string' ? value : JSON.stringify(value), 'old.json');
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

function valueAt(holder: unknown, path: string): unknown {
  return path.split('.').reduce((part, name) => Reflect.get(Object(part), name), holder);
}

/** Paths, dotted, of every single value. */
function leaves(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([name, child]) =>
    leaves(child, path === '' ? name : `${path}.${name}`),
  );
}

test('S6 an old configuration keeps every value that is read, except those it names as replaced', () => {
  const old: unknown = JSON.parse(LEGACY);
  const { changes, json } = converted(LEGACY);
  const named = (path: string) =>
    changes.find((change) => path === change.path || path.startsWith(`${change.path}.`));
  for (const path of leaves(old)) {
    const change = named(path);
    if (change === undefined || change.kind === 'kept')
      expect([path, valueAt(json, path)]).toEqual([path, valueAt(old, path)]);
    else expect([path, valueAt(json, path)]).not.toEqual([path, valueAt(old, path)]);
  }
  expect(changes.filter(({ kind }) => kind === 'replaced').map(({ path }) => path)).toContain(
    'VIDEO.runway_ratio',
  );
});

test('S6 after it, nothing is left that is retired or outdated, and it converts to itself', () => {
  const { json } = converted(LEGACY);
  const loaded = interpretConfig(JSON.stringify(json), 'new.json');
  const notes = loaded.ok ? loaded.value.warnings : null;
  // The fixture's prompt sends the model to a list in words of its own, which only its owner can mend.
  expect(notes?.filter(({ kind }) => kind !== 'unknown_key').map(({ path }) => path)).toEqual([
    'PROMPTS.user_prompt_combined',
  ]);
  const again = converted(json);
  expect(again.json).toEqual(json);
  expect(again.changes.filter(({ kind }) => kind !== 'kept')).toEqual([]);
});

test('a withdrawn model, and the ratio and length that its successor does not make, are replaced together', () => {
  const { changes, json } = converted({
    API_KEYS: { runwayml: { model_name: 'gen3a_turbo' } },
    VIDEO: { runway_ratio: '768:1280', mock_codec: 'mpeg4' },
  });
  expect(json).toMatchObject({
    API_KEYS: { runwayml: { model_name: 'gen4_turbo' } },
    VIDEO: { runway_ratio: '720:1280', mock_codec: 'libx264' },
  });
  expect(changes.map(({ path, was, now }) => [path, was, now])).toEqual([
    ['API_KEYS.runwayml.model_name', '"gen3a_turbo"', '"gen4_turbo"'],
    ['VIDEO.runway_ratio', '"768:1280"', '"720:1280"'],
    ['VIDEO.mock_codec', '"mpeg4"', '"libx264"'],
  ]);
});

test('I8 a secret in the file is taken out and never shown', () => {
  const { changes, json } = converted({
    API_KEYS: {
      openai: { api_key: 'sk-abcdefgh12345678' },
      b2: { application_key: 'K005abcdefghijklmnopqrstuvwxyz1' },
    },
  });
  expect(JSON.stringify(json)).not.toMatch(/sk-abc|K005/);
  expect(JSON.stringify(changes)).not.toMatch(/sk-abc|K005/);
  expect(changes.map(({ kind, path }) => [kind, path])).toEqual([
    ['removed', 'API_KEYS.openai.api_key'],
    ['removed', 'API_KEYS.b2.application_key'],
  ]);
});

test('a prompt that names the list of approaches gets one of them; one that has its own place for it stays', () => {
  const prompt = (text: string): unknown =>
    valueAt(converted({ PROMPTS: { user_prompt_combined: text } }).json, 'PROMPTS.user_prompt_combined');
  expect(
    prompt("About {topic}: choose one creative approach from 'creative_prompts' in config. {restriction}"),
  ).toBe("About {topic}: use the creative approach '{creative_prompt}'. {restriction}");
  const own = "About {topic}: {creative_prompt}, not choose one creative approach from 'creative_prompts'.";
  expect(prompt(own)).toBe(own);
});

test('keys that nobody knows stay, and are named', () => {
  const { changes, json } = converted({ OTHER_TOOL: { depth: 3 } });
  expect(json).toEqual({ OTHER_TOOL: { depth: 3 } });
  expect(changes).toMatchObject([{ kind: 'kept', path: 'OTHER_TOOL' }]);
});

test('S6 whatever mix of known keys a file has, the parsed meaning differs only where a change says so', () => {
  const root: SchemaNode = buildJsonSchema();
  const keys = Object.entries(root.properties ?? {}).flatMap(([section, node]) =>
    Object.keys(node.properties ?? {}).map((key) => [section, key] as const),
  );
  const legacy: unknown = JSON.parse(LEGACY);
  fc.assert(
    fc.property(fc.subarray(keys), (chosen) => {
      const old: Record<string, Record<string, unknown>> = {};
      for (const [section, key] of chosen) {
        const value = valueAt(legacy, `${section}.${key}`);
        if (value !== undefined) (old[section] ??= {})[key] = value;
      }
      const before = interpretConfig(JSON.stringify(old), 'old');
      const { changes, config } = converted(old);
      if (!before.ok) throw new Error(before.failure.message);
      const touched = new Set(changes.map(({ path }) => path));
      for (const path of leaves(before.value.config)) {
        if ([...touched].some((one) => path === one || path.startsWith(`${one}.`))) continue;
        expect([path, valueAt(config, path)]).toEqual([path, valueAt(before.value.config, path)]);
      }
    }),
    { numRuns: 30 },
  );
});
