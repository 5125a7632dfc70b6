/** What `init` plans from its answers, before anything is written. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import { USUAL_MONTHLY_USD } from '../cost-notes.ts';
import { ACTION_PLACEHOLDER } from './workflow-file.ts';
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

test('R1 without a place of Reelmill the workflow cannot run, and to give it one is the first step', async () => {
  const plan = await planOf({ action: ACTION_PLACEHOLDER });
  const workflow = textOf(plan, '.github/workflows/reelmill.yml');
  expect(workflow).toMatch(/ # Replace this by [^\n]+\n {6}- uses: <OWNER>\/<REPOSITORY>@<COMMIT>\n/);
  // No name on GitHub has such a character.
  expect(ACTION_PLACEHOLDER).toMatch(/^<\w+>\/<\w+>@<\w+>$/);
  for (const language of ['en', 'ru'] as const) {
    const page = textOf(await planOf({ action: ACTION_PLACEHOLDER, language }), 'CHANNEL.md');
    expect(page).toMatch(/\n1\. [^\n]*`<OWNER>\/<REPOSITORY>@<COMMIT>`[^\n]*\n2\. [^\n]*\.gitignore/);
    expect(page).toMatch(
      /\n {3}git init [^\n]+\n {3}git remote [^\n]+\n {3}git push [^\n]+\n {3}```\n\n3\. /,
    );
    const placed = textOf(await planOf({ language }), 'CHANNEL.md');
    expect(placed).not.toContain('<OWNER>');
    expect(placed).toMatch(/\n1\. [^\n]*\.gitignore[^]*\n2\. /);
  }
});

test('I8 CHANNEL.md of a channel on GitHub carries no path of this machine', async () => {
  for (const language of ['en', 'ru'] as const) {
    const page = textOf(await planOf({ package: '/home/me/secret/mill', language }), 'CHANNEL.md');
    expect(page).not.toContain('/home/me');
    expect(page).toMatch(/`npm install (FOLDER|ПАПКА)`/);
  }
  expect(textOf(await planOf({}), 'CHANNEL.md')).toContain('`npm install reelmill@1.2.3`');
});

test('CHANNEL.md says in three steps how its owner is told of trouble', async () => {
  const folder = { kind: 'folder', path: './posts' } as const;
  expect(textOf(await planOf({}), 'CHANNEL.md')).toMatch(
    /To be told when [^]*\n1\. [^\n]+\n2\. [^\n]*ALERTS\.telegram\.chat_id[^\n]*`TELEGRAM_BOT_TOKEN: \$\{\{ secrets[^\n]+\n3\. `npx reelmill alerts test`/,
  );
  expect(textOf(await planOf({ store: folder, language: 'ru' }), 'CHANNEL.md')).toMatch(
    /Чтобы узнать, когда [^]*`TELEGRAM_BOT_TOKEN` в `\.env`\.\n3\. /,
  );
});
