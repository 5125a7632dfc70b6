/** What `init` plans from its answers, before anything is written. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import { USUAL_MONTHLY_USD } from '../cost-notes.ts';
import { planInit, type InitAnswers, type InitPlan } from './plan.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const LEGACY = readFileSync(
  path.join(import.meta.dirname, '..', '..', '..', 'test', 'fixtures', 'legacy-config.json'),
  'utf8',
);
const SAMPLES = { per_post_usd: 2, per_day_usd: 4, per_month_usd: 60 };

async function planOf(change: Partial<InitAnswers>): Promise<InitPlan> {
  const plan = await planInit(
    {
      base: { kind: 'old', path: 'old/config.json', text: LEGACY },
      language: null,
      store: { kind: 'bucket', bucket: null, endpoint: null },
      prefix: null,
      textModel: null,
      openaiAddress: null,
      videoModel: null,
      imageMode: null,
      monthlyUsd: null,
      action: `me/mill@${'b'.repeat(40)}`,
      package: 'reelmill@1.2.3',
      configName: 'config.json',
      folder: '/srv/channel',
      machineZone: 'UTC',
      ...change,
    },
    NOW,
  );
  if (!plan.ok) throw new Error(plan.failure.message);
  return plan.value;
}
const textOf = (plan: InitPlan, name: string): string =>
  plan.files.find((file) => file.path === name)?.text ?? '';
const old = (budget: object | null): Partial<InitAnswers> => {
  const text = JSON.stringify({ ...JSON.parse(LEGACY), ...(budget === null ? {} : { BUDGET: budget }) });
  return { base: { kind: 'old', path: 'old/config.json', text } };
};

test('BUDGET an old configuration without a budget gets those of the samples, and is told so', async () => {
  const plan = await planOf({});
  expect(plan.config.BUDGET).toMatchObject(SAMPLES);
  expect(SAMPLES.per_month_usd).toBe(USUAL_MONTHLY_USD);
  expect(JSON.parse(textOf(plan, 'config.json'))).toMatchObject({ BUDGET: SAMPLES });
  expect(plan.changes.find(({ kind }) => kind === 'added')).toMatchObject({
    path: 'BUDGET',
    was: null,
    now: 'per_post_usd 2, per_day_usd 4, per_month_usd 60',
  });
  expect(textOf(plan, 'CHANNEL.md')).toContain('Limits: $60 a month, $4 a day, $2 a post. A run stops');
  const limited = await planOf({ monthlyUsd: 25 });
  expect(limited.config.BUDGET).toMatchObject({ ...SAMPLES, per_month_usd: 25 });
  expect(textOf(await planOf({ language: 'ru' }), 'CHANNEL.md')).toContain('Пределы: $60 в месяц');
});

test('BUDGET an old budget stays as it is, and CHANNEL.md speaks of no limit that is not there', async () => {
  const none = { per_post_usd: null, per_day_usd: null, per_month_usd: null };
  const free = await planOf(old(none));
  expect(free.config.BUDGET).toMatchObject(none);
  expect(free.changes.some(({ kind }) => kind === 'added')).toBe(false);
  expect(free.notes.join('\n')).toContain('BUDGET.per_month_usd is not set');
  expect(textOf(free, 'CHANNEL.md')).toContain('**No limit is set**, so that no run stops');
  expect(textOf(free, 'CHANNEL.md')).not.toMatch(/Limits:|A run stops before/);
  expect(textOf(await planOf({ ...old(none), language: 'ru' }), 'CHANNEL.md')).not.toMatch(
    /Пределы:|остановится до/,
  );
  const daily = textOf(await planOf(old({ per_day_usd: 3 })), 'CHANNEL.md');
  expect(daily).toContain('Limits: $3 a day. A run stops before');
  expect(daily).toContain('A month has no limit of its own');
});
