import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { readEnvironment, secretsOf } from './environment.ts';
import { ENVIRONMENT_VARIABLES } from './variables.ts';
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

/** A value of the form that the variable asks for. */
function sampleOf(name: string): string {
  if (name.startsWith('ALERT_')) return `https://hooks.example/${name}-1`;
  if (name === 'TELEGRAM_BOT_TOKEN') return '123456:AbCdEf';
  return `${name}-value-long-enough`;
}

test('S6 I8 every variable that the table calls secret is wrapped', () => {
  const secretNames = Object.entries(ENVIRONMENT_VARIABLES)
    .filter(([, kind]) => kind.secret)
    .map(([name]) => name);
  expect(secretNames).toHaveLength(13);
  const values = Object.fromEntries(secretNames.map((name) => [name, sampleOf(name)]));
  const wrapped = secretsOf(read(values)).map((secret) => secret.reveal());
  expect(wrapped).toEqual(expect.arrayContaining(secretNames.map(sampleOf)));
});

test('I8 of an address or a list of headers the telling part alone is a secret too', () => {
  const environment = read({
    ALERT_SLACK_URL: 'https://hooks.slack.com/services/T0/B0/xyzzy?v=1',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-team=abc,authorization=Basic%20cGFzcw==',
  });
  const wrapped = secretsOf(environment).map((secret) => secret.reveal());
  expect(wrapped).toEqual(expect.arrayContaining(['/services/T0/B0/xyzzy?v=1', 'abc', 'Basic%20cGFzcw==']));
});

test('S6 a webhook secret that could be guessed and a token that is none are refused', () => {
  const result = readEnvironment({
    MIDJOURNEY_WEBHOOK_SECRET: 'fifteen-letters',
    TELEGRAM_BOT_TOKEN: 'mybot',
    ALERT_WEBHOOK_URL: 'http://hooks.example/x',
  });
  const message = result.ok ? '' : result.failure.message;
  for (const name of ['MIDJOURNEY_WEBHOOK_SECRET', 'TELEGRAM_BOT_TOKEN', 'ALERT_WEBHOOK_URL'])
    expect(message).toContain(name);
  expect(message).not.toMatch(/fifteen-letters|mybot|hooks/);
});

test('traces have an address only where one is set and they are not switched off', () => {
  const traces = (variables: Record<string, string>): string | null => read(variables).otlpTracesUrl;
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318';
  expect(traces({})).toBeNull();
  expect(traces({ OTEL_EXPORTER_OTLP_HEADERS: 'a=b' })).toBeNull();
  expect(traces({ OTEL_EXPORTER_OTLP_ENDPOINT })).toBe('http://collector:4318/v1/traces');
  expect(traces({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://x.example/otlp/' })).toBe(
    'https://x.example/otlp/v1/traces',
  );
  const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = 'http://other:4318/in';
  expect(traces({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT })).toBe(
    'http://other:4318/in',
  );
  expect(traces({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' })).toBeNull();
  expect(traces({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: 'none' })).toBeNull();
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

test('S6 a run names every variable that it lacks; those of the bucket are in the file, or not needed for a folder', () => {
  const config = configSchema.parse({
    API_KEYS: { b2: { endpoint: 'https://s3.example.com', bucket_name: 'x' } },
  });
  const services = ['OPENAI_API_KEY', 'MIDJOURNEY_API_KEY', 'RUNWAY_API_KEY'];
  expect(missingVariables(config, read({}))).toEqual(['B2_ACCESS_KEY', 'B2_SECRET_KEY', ...services]);
  // All that the reference says of it.
  const told = Object.entries(ENVIRONMENT_VARIABLES).filter(([, { neededBy }]) =>
    neededBy.some((by) => by === 'run'),
  );
  expect(missingVariables(configSchema.parse({}), read({}))).toEqual(told.map(([name]) => name));
  expect(missingVariables(config, read({ REELMILL_STORE: 'folder:./data' }))).toEqual(services);
  expect(missingVariables(config, read(FULL))).toEqual([]);
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
