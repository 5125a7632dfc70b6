import { expect, test } from 'vitest';

import { valueOf } from '../../test/support/mill.ts';
import { worldOf, type World } from '../../test/support/runtime-parts.ts';
import { interpretConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { ledgerKey, type LedgerCall } from '../domain/ledger.ts';
import type { Action } from '../workflow/decide.ts';
import { stopOfNext } from './next-budget.ts';

const configOf = (budget: object): Config =>
  valueOf(interpretConfig(JSON.stringify({ BUDGET: budget }), 'the test')).config;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ids of the test.
const asId = (id: string): GenerationId => id as GenerationId;
const video = (id: string): Action => ({ type: 'request-video', id: asId(id) });

async function spentIn(world: World, month: string, id: string, usd: number): Promise<void> {
  const call: LedgerCall = {
    call: `a call of ${month}`,
    at_utc: `${month}-15T20:30:00.000000+00:00`,
    id: asId(id),
    kind: 'image',
    stage: 'image',
    provider: 'piapi',
    model: 'midjourney',
    state: 'succeeded',
    reserved_usd: usd,
    cost_usd: usd,
    measured: true,
  };
  await world.put(ledgerKey(month), { version: 1, month, calls: [call] });
}

const asked = async (world: World, id: string, budget: object = { per_post_usd: 0.6 }) =>
  valueOf(await stopOfNext(world.store, configOf(budget), video(id), world.clock.now()));

test('BUDGET R1 what a post cost in any month that it has lived in stops the next run, as it stops a payment', async () => {
  const world = worldOf();
  world.clock.moveTo(new Date('2026-12-02T21:30:00Z'));
  await spentIn(world, '2026-10', '20260930-2030', 0.2);
  expect(await asked(world, '20260930-2030'), 'a month between that of the id and now').toMatch(
    /BUDGET\.per_post_usd.* 0\.20 of 0\.60 USD/,
  );
  expect(await asked(world, '20261101-2030'), 'another post').toBeNull();
});

test('BUDGET D9 an id of a month’s first day may have been minted, and paid for, in the month before', async () => {
  const world = worldOf();
  world.clock.moveTo(new Date('2026-11-01T00:30:00Z'));
  await spentIn(world, '2026-10', '20261101-0000', 0.2);
  expect(await asked(world, '20261101-0000')).toContain('BUDGET.per_post_usd');
});

test('BUDGET without one a post, only the month of now is read', async () => {
  const world = worldOf();
  world.clock.moveTo(new Date('2026-12-02T21:30:00Z'));
  await spentIn(world, '2026-09', '20260930-2030', 100);
  world.requests.length = 0;
  expect(await asked(world, '20260930-2030', { per_month_usd: 20 })).toBeNull();
  expect(world.requests).toHaveLength(1);
});

test('BUDGET C2 in the middle of a text, the stage that is due is the next call, and no written one is counted', async () => {
  const world = worldOf();
  const id = asId('20261124-2030');
  const write: Action = { type: 'write-content', id };
  world.clock.moveTo(new Date('2026-11-24T21:30:00Z'));
  const stop = async () =>
    valueOf(await stopOfNext(world.store, configOf({ per_day_usd: 0.001 }), write, world.clock.now()));
  expect(await stop()).toContain('(topic by openai)');
  const draft = {
    topic: { full_topic: 'A clock', short_topic: 'clock' },
    text: 'It ticks.',
    comment: 'Tick.',
    poll: { question: 'Tick?', options: ['Yes', 'No', 'Tock'] },
  };
  await world.put(`journal/${id}.json`, { version: 1, id, entries: [], draft });
  expect(await stop()).toContain('(scene by openai)');
});
