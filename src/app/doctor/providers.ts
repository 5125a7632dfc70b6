/**
 * Each provider, by the cheapest request that it answers only for a good key. None of these costs anything, and none
 * makes anything.
 */
import { z } from 'zod';
import type { Http } from '../../adapters/http/http.ts';
import { createPiapiTasks } from '../../adapters/piapi/piapi-tasks.ts';
import type { Environment } from '../../config/environment.ts';
import type { VariableName } from '../../config/variables.ts';
import { addresses, runwayRequest, textModel, visionModel } from '../../config/resolved.ts';
import type { Config } from '../../config/schema.ts';
import { videoCost } from '../../domain/money.ts';
import { defaultPrices, USD_PER_RUNWAY_CREDIT } from '../../domain/default-prices.ts';
import type { Result } from '../../domain/failure.ts';
import type { Secret } from '../../domain/secret.ts';
import { failed, fine, problem, warning, type CheckResult } from './check-result.ts';

const TIMEOUT_SECONDS = 30;
const MOST_BYTES = 4 * 1024 * 1024;
const OPENAI_ADDRESS = 'https://api.openai.com/v1';
const RUNWAY_ADDRESS = 'https://api.dev.runwayml.com';
/** The version that `@runwayml/sdk` 4.20 sends. */
const RUNWAY_VERSION = '2024-11-06';
/** No task has it. */
const NO_TASK = '00000000-0000-0000-0000-000000000000';
const FEW_VIDEOS = 7;
const FREE = 'the question was free';

export interface ProviderFacts {
  readonly config: Config;
  readonly environment: Environment;
  readonly http: Http;
}

export function checkProviders(facts: ProviderFacts): Promise<readonly CheckResult[]> {
  return Promise.all([checkOpenai(facts), checkPiapi(facts), checkRunway(facts)]);
}

/** Where each provider is, for its clock. */
export function providerAddresses(
  config: Config,
  environment: Environment,
): Readonly<Record<string, string>> {
  const { midjourneyCreate, openai, runway } = addresses(config, environment);
  return {
    OpenAI: openai ?? OPENAI_ADDRESS,
    PiAPI: new URL(midjourneyCreate).origin,
    Runway: runway ?? RUNWAY_ADDRESS,
  };
}

function withoutKey(check: string, variable: VariableName): CheckResult {
  return problem(check, `It was not asked, because ${variable} is not set`, `Set ${variable}.`);
}

function ask(
  { http }: ProviderFacts,
  provider: string,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<Result<{ readonly json: unknown }>> {
  return http.requestJson({
    method: 'GET',
    url,
    headers,
    timeoutSeconds: TIMEOUT_SECONDS,
    maxBytes: MOST_BYTES,
    provider,
    purpose: 'The question whether the key is good',
    effect: 'none',
  });
}

function bearer(key: Secret): { readonly authorization: string } {
  return { authorization: `Bearer ${key.reveal()}` };
}

const modelsSchema = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })).max(10_000) });

/** The list of models. It says nothing about the balance, which only a paid call shows. */
async function checkOpenai(facts: ProviderFacts): Promise<CheckResult> {
  const check = 'provider.openai';
  const { config, environment } = facts;
  const key = environment.openaiApiKey;
  if (key === null) return withoutKey(check, 'OPENAI_API_KEY');
  const base = (addresses(config, environment).openai ?? OPENAI_ADDRESS).replace(/\/+$/, '');
  const answer = await ask(facts, 'openai', `${base}/models`, bearer(key));
  if (!answer.ok) {
    const { failure } = answer;
    if (failure.httpStatus === 403 || failure.httpStatus === 404)
      return warning(
        check,
        `The list of models is not open to this key, so it could not be tried for nothing: ${failure.message}`,
        'Let the key read models, or trust the first run.',
      );
    return failed(check, failure);
  }
  const listed = modelsSchema.safeParse(answer.value.json);
  if (!listed.success)
    return warning(
      check,
      'The key is accepted, but the list of models has an unknown shape',
      'Check the address of the server.',
    );
  const names = new Set(listed.data.data.map(({ id }) => id));
  const wanted = [...new Set([textModel(config), visionModel(config)])];
  const missing = wanted.filter((model) => !names.has(model));
  if (missing.length > 0)
    return problem(
      check,
      `The key is accepted, but ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not among the ${names.size} models it may use`,
      'Write another model into OPENAI_SETTINGS.model and VISUAL_ANALYSIS.model, or open it for the key’s project.',
    );
  return fine(
    check,
    `The key is accepted and may use ${wanted.join(' and ')}; ${FREE}; the balance cannot be seen`,
  );
}

/** The state of a task that does not exist: only a good key is told that it does not. */
async function checkPiapi({ config, environment, http }: ProviderFacts): Promise<CheckResult> {
  const check = 'provider.piapi';
  const key = environment.midjourneyApiKey;
  if (key === null) return withoutKey(check, 'MIDJOURNEY_API_KEY');
  const { midjourneyCreate: endpoint, midjourneyStatus: fetchEndpoint } = addresses(config, environment);
  const tasks = createPiapiTasks({
    apiKey: key.reveal(),
    endpoint,
    fetchEndpoint,
    statusApi: config.API_KEYS.midjourney.status_api,
    http,
    // Nothing of the answer is kept.
    conceal: http.redact,
    processMode: config.IMAGE_GENERATION.process_mode,
  });
  const answer = await tasks.status(NO_TASK);
  const accepted = `The key is accepted; ${FREE}; the balance cannot be seen`;
  if (answer.ok) return fine(check, accepted);
  const { failure } = answer;
  const { code, httpStatus = 0 } = failure;
  if (code === 'provider_refused') return fine(check, accepted);
  // A gateway can word “no such task” in any way; only a refusal of the key is certain.
  if (code === 'provider_bad_answer' || httpStatus >= 500)
    return warning(
      check,
      `PiAPI answered, but not whether the key is good: ${failure.message}`,
      'Run doctor again later; the first run shows it for certain.',
    );
  return failed(check, failure);
}

const organizationSchema = z.looseObject({
  creditBalance: z.number(),
  tier: z
    .looseObject({
      models: z.record(z.string(), z.looseObject({ maxDailyGenerations: z.number().nullish() })).optional(),
    })
    .optional(),
});

/** The organisation that the key belongs to, with its credits. */
async function checkRunway(facts: ProviderFacts): Promise<CheckResult> {
  const check = 'provider.runway';
  const { config, environment } = facts;
  const key = environment.runwayApiKey;
  if (key === null) return withoutKey(check, 'RUNWAY_API_KEY');
  const base = (addresses(config, environment).runway ?? RUNWAY_ADDRESS).replace(/\/+$/, '');
  const headers = { ...bearer(key), 'x-runway-version': RUNWAY_VERSION };
  const answer = await ask(facts, 'runway', `${base}/v1/organization`, headers);
  if (!answer.ok) return failed(check, answer.failure);
  const organization = organizationSchema.safeParse(answer.value.json);
  if (!organization.success)
    return warning(
      check,
      'The key is accepted, but the answer has an unknown shape',
      'Check the balance by hand.',
    );
  const { creditBalance: credits, tier } = organization.data;
  const { duration, model } = runwayRequest(config);
  const each = videoCost(defaultPrices('fast'), model, duration) / USD_PER_RUNWAY_CREDIT;
  const videos = Math.floor(credits / each);
  const limit = tier?.models?.[model]?.maxDailyGenerations;
  const daily = limit === undefined || limit === null ? '' : `; at most ${limit} a day`;
  const seen = `The key is accepted; ${credits} credits left, for about ${videos} videos of ${duration} s by ${model}${daily}; ${FREE}`;
  if (videos < 1) return problem(check, seen, 'Buy credits; until then every video is a mock.');
  if (limit === 0) return problem(check, seen, `Ask Runway to open ${model}, or choose another model.`);
  return videos < FEW_VIDEOS
    ? warning(check, seen, 'Buy credits before the week is over.')
    : fine(check, seen);
}
