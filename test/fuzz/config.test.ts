/** Configurations and environments that nobody would write on purpose. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect } from 'vitest';

import { budgetsOf, channelSettings, policyOf, pricesOf } from '../../src/app/settings.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { ENVIRONMENT_VARIABLES } from '../../src/config/variables.ts';
import { isAcceptableAddress } from '../../src/config/fields.ts';
import { interpretConfig, loadConfig, type LoadedConfig } from '../../src/config/load.ts';
import type { Result } from '../../src/domain/failure.ts';
import { keyProblem, prefixProblem } from '../../src/domain/object-key.ts';
import { fuzz } from './fuzz.ts';
import { json, jsonBytes, mutated, text } from './hostile.ts';

const EXAMPLE: unknown = JSON.parse(
  readFileSync(new URL('../../config.example.json', import.meta.url), 'utf8'),
);
const folder = await mkdtemp(join(tmpdir(), 'reelmill-fuzz-config-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Refused with words, or good for everything that is made of it. */
function judge(loaded: Result<LoadedConfig>): void {
  if (!loaded.ok) {
    expect(['config_invalid', 'too_large']).toContain(loaded.failure.code);
    expect(loaded.failure.message.length).toBeGreaterThan(20);
    expect(loaded.failure.message.length).toBeLessThan(100_000);
    return;
  }
  const { config } = loaded.value;
  const { documents, folders } = channelSettings(config);
  for (const key of Object.values(documents)) expect(keyProblem(key)).toBeNull();
  for (const prefix of Object.values(folders)) expect(prefixProblem(prefix)).toBeNull();
  for (const address of [config.API_KEYS.midjourney.endpoint, config.API_KEYS.midjourney.task_endpoint])
    expect(isAcceptableAddress(address)).toBe(true);
  policyOf(config);
  pricesOf(config);
  budgetsOf(config);
}

fuzz(
  'S6 a configuration with wrong parts is refused in words, or is safe to work with',
  250,
  fc.property(mutated(EXAMPLE), (config) =>
    judge(interpretConfig(JSON.stringify(config) ?? '', 'config.json')),
  ),
);

fuzz(
  'S6 any text as a configuration is refused in words, or is safe to work with',
  300,
  fc.property(
    fc.oneof(
      text,
      json().map((value) => JSON.stringify(value)),
    ),
    (written) => judge(interpretConfig(written, 'config.json')),
  ),
);

fuzz(
  'S6 any bytes as a configuration file are refused in words, or are safe to work with',
  150,
  fc.asyncProperty(jsonBytes(EXAMPLE), async (bytes) => {
    const file = join(folder, 'config.json');
    await writeFile(file, bytes);
    judge(await loadConfig(file));
  }),
);

const name = fc.constantFrom(...Object.keys(ENVIRONMENT_VARIABLES), '__proto__', 'PATH');
const value = fc.oneof(
  text,
  fc.constantFrom('1', 'bucket', 'folder:x', 'https://x.example', 'https://u:p@x.example'),
);

fuzz(
  'S6 I8 any environment is refused without being repeated, or is read as it stands',
  250,
  fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), (pairs) => {
    const read = readEnvironment(Object.fromEntries(pairs));
    if (!read.ok) {
      expect(read.failure.code).toBe('config_invalid');
      const long = pairs.map(([, given]) => given.trim()).filter((given) => given.length > 12);
      for (const given of long) expect(read.failure.message).not.toContain(given);
      return;
    }
    for (const address of [read.value.b2Endpoint, read.value.openaiBaseUrl, read.value.runwayBaseUrl])
      if (address !== null) expect(isAcceptableAddress(address)).toBe(true);
  }),
);
