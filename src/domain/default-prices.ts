/**
 * Built-in estimates, read in November 2026; a channel's own contract goes into `PRICES` of its configuration. Where a
 * provider reports what it really charged, that figure is used instead.
 */
import type { PriceList } from './money.ts';

/** USD per million tokens, from OpenAI's price page. `*`: as dear as the dearest listed, so that a reserve is never too small. */
const TEXT: PriceList['text'] = {
  'gpt-4o': { input: 2.5, output: 10 },
  'gpt-4o-mini': { input: 0.15, output: 0.6 },
  'gpt-4.1': { input: 2, output: 8 },
  'gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'gpt-5': { input: 1.25, output: 10 },
  'gpt-5-mini': { input: 0.25, output: 2 },
  '*': { input: 2.5, output: 14 },
};

/** USD per `imagine` task; what resellers of Midjourney ask in these modes, rounded up. */
export const IMAGE_BY_MODE = { relax: 0.02, fast: 0.05, turbo: 0.11 } as const;

/** USD per second of video at Runway's 0.01 USD a credit: 5 credits a second for gen4_turbo, 12 for gen4.5, 15 and 40 for the Veo models. */
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
