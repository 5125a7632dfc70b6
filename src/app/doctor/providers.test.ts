/** The doctor's questions to the providers: what a good key, a refused one, an empty account and a broken service get. */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { smallMedia } from '../../../test/support/mill.ts';
import { createHttp } from '../../adapters/http/http.ts';
import { readEnvironment } from '../../config/environment.ts';
import { configSchema, type Config } from '../../config/schema.ts';
import type { FaultRule } from '../../sandbox/faults.ts';
import type { Sandbox } from '../../sandbox/options.ts';
import { startSandbox } from '../../sandbox/server.ts';
import { sandboxVariables } from '../drawn-sandbox.ts';
import type { CheckResult } from './check-result.ts';
import { checkProviders } from './providers.ts';

const CONFIG = configSchema.parse({});

function of(results: readonly CheckResult[], check: string): CheckResult {
  const found = results.find((result) => result.check === check);
  if (found === undefined) throw new Error(`there is no ${check}`);
  return found;
}

function verdicts(results: readonly CheckResult[]): Readonly<Record<string, string>> {
  return Object.fromEntries(results.map(({ check, verdict }) => [check, verdict]));
}

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ media: smallMedia(), runwayCredits: 120 });
});
afterAll(() => sandbox.close());

async function providers(
  faults: readonly FaultRule[] = [],
  config: Config = CONFIG,
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<readonly CheckResult[]> {
  const environment = readEnvironment({ ...sandboxVariables(sandbox), ...variables });
  if (!environment.ok) throw new Error(environment.failure.message);
  sandbox.setFaults(faults);
  const http = createHttp({ allowLoopback: true, userAgent: 'test', redact: (text) => text });
  return checkProviders({ config, environment: environment.value, http });
}

test('each provider is asked something that only a good key is answered, and nothing is paid', async () => {
  const results = await providers();
  expect(verdicts(results)).toEqual({
    'provider.openai': 'ok',
    'provider.piapi': 'ok',
    'provider.runway': 'warning',
  });
  expect(of(results, 'provider.openai').evidence).toContain('gpt-4o');
  expect(of(results, 'provider.runway').evidence).toContain('120 credits left, for about 2 videos of 10 s');
  for (const { evidence } of results) expect(evidence).toContain('free');
  const newer = configSchema.parse({ API_KEYS: { midjourney: { status_api: 'task' } } });
  expect(of(await providers([], newer), 'provider.piapi').verdict).toBe('ok');
  expect(sandbox.ledger.entries()).toEqual([]);
});

test('a refused key, a throttled or broken service and a model that is not offered each get their own word', async () => {
  const status = (code: number, words?: string) =>
    ({ type: 'status', status: code, ...(words ? { message: words } : {}) }) as const;
  const cases: readonly (readonly [FaultRule, string, string, RegExp])[] = [
    [{ provider: 'openai', operation: 'models', action: status(401) }, 'provider.openai', 'problem', /401/],
    [
      { provider: 'openai', operation: 'models', action: status(403, 'Missing scopes: api.model.read') },
      'provider.openai',
      'warning',
      /scopes/,
    ],
    [
      // What the words say is not what the status is.
      { provider: 'openai', operation: 'models', action: status(401, 'a gateway was told HTTP 403') },
      'provider.openai',
      'problem',
      /401/,
    ],
    [
      { provider: 'openai', operation: 'models', action: { type: 'throttle' } },
      'provider.openai',
      'problem',
      /429/,
    ],
    [
      { provider: 'openai', operation: 'models', action: { type: 'drop' } },
      'provider.openai',
      'problem',
      /no answer/,
    ],
    [
      { provider: 'openai', operation: 'models', action: { type: 'garbage' } },
      'provider.openai',
      'problem',
      /not JSON/,
    ],
    [{ provider: 'piapi', action: status(401) }, 'provider.piapi', 'problem', /401/],
    [
      { provider: 'piapi', operation: 'fetch', action: { ...status(401), underHttp200: true } },
      'provider.piapi',
      'problem',
      /401/,
    ],
    [
      { provider: 'piapi', operation: 'fetch', action: status(500, 'failed to find task') },
      'provider.piapi',
      'warning',
      /failed to find/,
    ],
    [{ provider: 'piapi', operation: 'fetch', action: status(502) }, 'provider.piapi', 'warning', /502/],
    [
      { provider: 'piapi', operation: 'fetch', action: { type: 'drop' } },
      'provider.piapi',
      'problem',
      /no answer/,
    ],
    [
      { provider: 'runway', operation: 'organization', action: status(401) },
      'provider.runway',
      'problem',
      /401/,
    ],
    [
      { provider: 'runway', operation: 'organization', action: { type: 'malformed' } },
      'provider.runway',
      'warning',
      /unknown shape/,
    ],
  ];
  for (const [rule, check, verdict, evidence] of cases) {
    const found = of(await providers([rule]), check);
    expect([rule.action, found.verdict]).toEqual([rule.action, verdict]);
    expect(found.evidence).toMatch(evidence);
    expect(found.remedy).toEqual(expect.any(String));
    expect(found.remedy).not.toContain('next run');
  }
  const dream = configSchema.parse({ OPENAI_SETTINGS: { model: 'gpt-99' } });
  expect(of(await providers([], dream), 'provider.openai')).toMatchObject({
    verdict: 'problem',
    evidence: expect.stringContaining('gpt-99 is not among'),
  });
  const keyless = await providers([], CONFIG, { RUNWAY_API_KEY: undefined });
  expect(of(keyless, 'provider.runway').remedy).toBe('Set RUNWAY_API_KEY.');
});

test('without credits for one video the doctor says so, and Runway refuses it too', async () => {
  await using poor = await startSandbox({ media: smallMedia(), runwayCredits: 49 });
  const found = await providers([], CONFIG, { REELMILL_RUNWAY_BASE_URL: poor.urls.runway });
  expect(of(found, 'provider.runway')).toMatchObject({
    verdict: 'problem',
    evidence: expect.stringContaining('0 videos'),
  });
  const body = {
    model: 'gen4_turbo',
    promptImage: 'https://example.com/a.png',
    promptText: 'x',
    ratio: '1280:720',
    duration: 10,
  };
  const asked = await fetch(`${poor.urls.runway}/v1/image_to_video`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer k',
      'x-runway-version': '2024-11-06',
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  expect(asked.status).toBe(400);
  expect(await asked.text()).toContain('enough credits');
});
