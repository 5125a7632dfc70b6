/**
 * Built-in estimates, read in November 2026; a channel's own contract goes into `PRICES` of its configuration. Where a
 * provider reports what it really charged, that figure is used instead.
 */
import type { PriceList } from './money.ts';

/**
 * USD per million tokens, from OpenAI's price page (developers.openai.com/api/docs/pricing) and, for the 5.4 to 5.6 models,
 * from the price table that GitHub publishes for the same models (github.com/github/docs, models-and-pricing.yml).
 * `*`: as dear as the dearest listed, so that a reserve is never too small.
 */
const TEXT: PriceList['text'] = {
  'gpt-4o': { input: 2.5, output: 10 },
  'gpt-4o-mini': { input: 0.15, output: 0.6 },
  'gpt-4.1': { input: 2, output: 8 },
  'gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'gpt-5': { input: 1.25, output: 10 },
  'gpt-5-mini': { input: 0.25, output: 2 },
  'gpt-5.4': { input: 2.5, output: 15 },
  'gpt-5.4-mini': { input: 0.75, output: 4.5 },
  'gpt-5.4-nano': { input: 0.2, output: 1.25 },
  'gpt-5.5': { input: 5, output: 30 },
  '*': { input: 5, output: 30 },
};

/**
 * USD per `imagine` task. PiAPI shows its prices only to those who are logged in; these are the highest that were seen for
 * its predecessor GoAPI (docs.goapi.ai/docs/pricing-plan: 0.025, 0.045, 0.10) and in a live answer of PiAPI (`fast`: 0.07).
 */
export const IMAGE_BY_MODE = { relax: 0.025, fast: 0.07, turbo: 0.12 } as const;

/**
 * `meta.usage.consume` of PiAPI counts in points. Their worth is documented nowhere; it follows from answers whose price
 * was known, so a figure far from the price is not believed.
 */
export const PIAPI_POINTS_PER_USD = 10_000_000;

/** docs.dev.runwayml.com/guides/pricing */
export const USD_PER_RUNWAY_CREDIT = 0.01;

/**
 * USD per second of video (docs.dev.runwayml.com/guides/pricing): 5 credits a second for gen4_turbo, 12 for gen4.5, 15 and
 * 40 for the Veo models with sound.
 */
const VIDEO: PriceList['videoPerSecond'] = {
  gen4_turbo: 0.05,
  'gen4.5': 0.12,
  'veo3.1_fast': 0.15,
  'veo3.1': 0.4,
  '*': 0.4,
};

export function defaultPrices(mode: keyof typeof IMAGE_BY_MODE): PriceList {
  return { text: TEXT, image: IMAGE_BY_MODE[mode], videoPerSecond: VIDEO };
}
