import { expect, test } from 'vitest';
import { interpretConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { callsOfOnePost, costNotes, hopelessBudgets } from './cost-notes.ts';

function configOf(parts: object): Config {
  const loaded = interpretConfig(JSON.stringify(parts), 'the test');
  if (!loaded.ok) throw new Error(loaded.failure.message);
  return loaded.value.config;
}

test('BUDGET the calls of a post, each with the most it can cost; what is switched off costs nothing', () => {
  const stages = (parts: object): string[] => callsOfOnePost(configOf(parts)).map(({ stage }) => stage);
  expect(stages({})).toEqual(['topic', 'text', 'comment', 'poll', 'scene', 'image', 'judge', 'video']);
  expect(
    stages({
      SARCASM: { enabled: false },
      VISUAL_ANALYSIS: { enabled: false },
      CONTENT: { topic: { enabled: false } },
    }),
  ).toEqual(['text', 'scene', 'image', 'video']);
  const video = callsOfOnePost(configOf({ VIDEO: { runway_duration: 5 } })).at(-1);
  expect(video).toMatchObject({ model: 'gen4_turbo', reserveUsd: 0.25 });
});

test('BUDGET a budget in which no call or no post fits is named, a sufficient one is not', () => {
  const notes = (budget: object) =>
    costNotes(configOf({ BUDGET: budget })).map(({ path, message }) => `${path} ${message}`);
  expect(notes({ per_post_usd: 1, per_day_usd: 1, per_month_usd: 20 })).toEqual([]);
  expect(notes({ per_day_usd: 0.3, per_month_usd: 0.3 })).toEqual([
    'BUDGET.per_day_usd is less than one call can cost (0.50 USD): no post can ever be finished',
    'BUDGET.per_month_usd is less than one call can cost (0.50 USD): no post can ever be finished',
  ]);
  expect(notes({ per_post_usd: 0.55, per_month_usd: 20 })).toEqual([
    expect.stringMatching(/^BUDGET\.per_post_usd is less than a post can cost at the most \(0\.6/),
  ]);
  expect(hopelessBudgets(configOf({ BUDGET: { per_day_usd: 0.3 } }))).toHaveLength(1);
  expect(hopelessBudgets(configOf({ BUDGET: { per_post_usd: 0.55 } }))).toEqual([]);
  // A day may well be shorter than a post: the next one goes on.
  expect(notes({ per_day_usd: 0.55 })).toEqual([]);
});

test('BUDGET no budget for a month is named, unless one for a day limits the month too', () => {
  const notes = (budget: object) => costNotes(configOf({ BUDGET: budget })).map(({ path }) => path);
  expect(notes({})).toEqual(['BUDGET.per_month_usd']);
  expect(notes({ per_post_usd: 2 })).toEqual(['BUDGET.per_month_usd']);
  expect(notes({ per_day_usd: 4 })).toEqual([]);
  expect(notes({ per_month_usd: 60 })).toEqual([]);
});

test('BUDGET a model without a price is named, once, and not when the channel gives one', () => {
  const paths = (parts: object) =>
    costNotes(configOf({ BUDGET: { per_month_usd: 60 }, ...parts })).map(({ path }) => path);
  const model = { OPENAI_SETTINGS: { model: 'mine' }, VISUAL_ANALYSIS: { model: 'mine' } };
  expect(paths(model)).toEqual(['PRICES.openai']);
  expect(
    paths({
      ...model,
      PRICES: { openai: { mine: { input_per_million_usd: 0, output_per_million_usd: 0 } } },
    }),
  ).toEqual([]);
  expect(paths({ API_KEYS: { runwayml: { model_name: 'seedance9' } } })).toEqual(['PRICES.runway']);
});
