import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { ENVIRONMENT_VARIABLES, readEnvironment, secretsOf } from './environment.ts';
import type { Environment } from './environment.ts';
import {
  addresses,
  aspectRatio,
  bucketSettings,
  missingVariables,
  outputSize,
  regionOf,
  textModel,
  visionModel,
} from './resolved.ts';
import { configSchema, defaultConfig } from './schema.ts';

const FULL = {
  B2_ENDPOINT: 's3.eu-central-003.backblazeb2.com',
  B2_ACCESS_KEY: ' access-value-1\n',
  B2_SECRET_KEY: 'secret-value-2',
  B2_BUCKET_NAME: 'bucket',
  OPENAI_API_KEY: 'openai-value-3',
  MIDJOURNEY_API_KEY: 'midjourney-value-4',
  RUNWAY_API_KEY: 'runway-value-5',
};

function read(variables: Record<string, string | undefined>): Environment {
  const result = readEnvironment(variables);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

test('S6 I8 no way of printing shows a secret', () => {
  const environment = read(FULL);
  const printed = [
    inspect(environment, { depth: 9, showHidden: true }),
    JSON.stringify(environment),
    secretsOf(environment).join(),
    String(environment.openaiApiKey),
  ];
  for (const text of printed) {
    expect(text).toContain('[redacted]');
    expect(text).not.toMatch(/value-\d/);
  }
  expect(environment.openaiApiKey?.reveal()).toBe('openai-value-3');
});

test('S6 every variable that the table calls secret is wrapped', () => {
  const values = Object.fromEntries(
    Object.keys(ENVIRONMENT_VARIABLES)
      .filter((name) => name.endsWith('_KEY'))
      .map((name) => [name, `${name}-1`]),
  );
  const secretNames = Object.entries(ENVIRONMENT_VARIABLES)
    .filter(([, kind]) => kind.secret)
    .map(([name]) => `${name}-1`);
  expect(
    secretsOf(read(values))
      .map((secret) => secret.reveal())
      .sort(),
  ).toEqual(secretNames.sort());
});

test('S6 values are trimmed and an empty one counts as absent', () => {
  const environment = read({ ...FULL, RUNWAY_API_KEY: '  ', REELMILL_CONFIG: '' });
  expect(environment.b2AccessKey?.reveal()).toBe('access-value-1');
  expect(environment.runwayApiKey).toBeNull();
  expect(environment.configPath).toBeNull();
});

test('S6 all wrong values are named at once and none is shown', () => {
  const result = readEnvironment({
    OPENAI_API_KEY: 'first-half\nsecond-half',
    REELMILL_STORE: 'tape-drive',
    REELMILL_LOG_LEVEL: 'chatty',
    REELMILL_PIAPI_BASE_URL: 'http://example.com',
    B2_ENDPOINT: 'https://user:word@b2.example',
  });
  const message = result.ok ? '' : result.failure.message;
  for (const name of [
    'OPENAI_API_KEY',
    'REELMILL_STORE',
    'REELMILL_LOG_LEVEL',
    'REELMILL_PIAPI_BASE_URL',
    'B2_ENDPOINT',
  ])
    expect(message).toContain(name);
  expect(message).not.toMatch(/half|tape|chatty|example|word@/);
});

test('S6 B2_ENDPOINT may come without https, and names the region', () => {
  const settings = bucketSettings(defaultConfig(), read(FULL));
  expect(settings).toMatchObject({
    ok: true,
    value: {
      endpoint: 'https://s3.eu-central-003.backblazeb2.com',
      region: 'eu-central-003',
      bucket: 'bucket',
      prefix: '',
    },
  });
  expect(regionOf('https://s3.us-west-2.amazonaws.com')).toBe('us-west-2');
  expect(regionOf('http://127.0.0.1:9000')).toBe('us-east-1');
});

test('S6 everything that is missing for the bucket is named', () => {
  const result = bucketSettings(defaultConfig(), read({ B2_ACCESS_KEY: 'abcdefgh' }));
  expect(result).toMatchObject({
    ok: false,
    failure: {
      code: 'secret_missing',
      message: expect.stringContaining('B2_ENDPOINT, B2_BUCKET_NAME, B2_SECRET_KEY not set'),
    },
  });
});

test('W1 each command asks only for the variables that it needs', () => {
  const config = configSchema.parse({
    API_KEYS: { b2: { endpoint: 'https://s3.example.com', bucket_name: 'x' } },
  });
  const nothing = read({});
  expect(missingVariables('check-image', config, nothing)).toEqual([
    'B2_ACCESS_KEY',
    'B2_SECRET_KEY',
    'MIDJOURNEY_API_KEY',
  ]);
  expect(missingVariables('generate-content', config, read({ REELMILL_STORE: 'folder:./data' }))).toEqual([
    'OPENAI_API_KEY',
  ]);
  expect(missingVariables('run', config, read(FULL))).toEqual([]);
});

test('the sandbox can take the place of every provider', () => {
  const environment = read({
    REELMILL_PIAPI_BASE_URL: 'http://127.0.0.1:4010/',
    REELMILL_OPENAI_BASE_URL: 'http://localhost:4011/v1',
    REELMILL_RUNWAY_BASE_URL: 'http://127.0.0.1:4012',
    REELMILL_STORE: 'folder:/tmp/x',
    REELMILL_ALLOW_LOOPBACK: '1',
  });
  expect(addresses(defaultConfig(), environment)).toEqual({
    openai: 'http://localhost:4011/v1',
    midjourneyCreate: 'http://127.0.0.1:4010/api/v1/task',
    midjourneyStatus: 'http://127.0.0.1:4010/mj/v2/fetch',
    runway: 'http://127.0.0.1:4012',
  });
  expect(environment).toMatchObject({
    store: { kind: 'folder', path: '/tmp/x' },
    allowLoopback: true,
    logLevel: 'info',
  });
});

test('C3 P3 P4 settings that follow from others', () => {
  const config = configSchema.parse({
    API_KEYS: { openai: { model: 'model-a' } },
    IMAGE_GENERATION: { output_size: '1280×720' },
  });
  expect([textModel(config), visionModel(config)]).toEqual(['model-a', 'model-a']);
  expect(outputSize(config)).toEqual({ width: 1280, height: 720 });
  expect(aspectRatio(config)).toBe('16:9');
  const other = configSchema.parse({
    OPENAI_SETTINGS: { model: 'model-b' },
    VISUAL_ANALYSIS: { model: 'model-c' },
    IMAGE_GENERATION: { aspect_ratio: '9:16' },
  });
  expect([textModel(other), visionModel(other), aspectRatio(other)]).toEqual(['model-b', 'model-c', '9:16']);
  expect(textModel(defaultConfig())).toBe('gpt-4o');
});
