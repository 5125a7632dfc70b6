import { describe, expect, test } from 'vitest';
import { NO_BUDGETS } from '../domain/budget.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { LedgerCall } from '../domain/ledger.ts';
import { costReport, costsAsCsv } from './cost-report.ts';

const NOW = new Date('2026-11-24T12:00:00Z');

function call(at: string, cost: number, change: Partial<LedgerCall> = {}): LedgerCall {
  return {
    call: at,
    at_utc: `${at}:00.000000+00:00`,
    id: at.replace(/[-:]/g, '').replace('T', '-') as GenerationId,
    kind: 'video',
    stage: 'video',
    provider: 'runway',
    model: 'gen4_turbo',
    state: 'succeeded',
    reserved_usd: cost,
    cost_usd: cost,
    measured: true,
    ...change,
  };
}

const facts = { month: '2026-11', callsBefore: [], budgets: NO_BUDGETS, now: NOW };

describe('BUDGET costs', () => {
  test('by day, with the days between that cost nothing, up to today', () => {
    const { byDay, usd } = costReport({
      ...facts,
      calls: [call('2026-11-21T20:30', 0.5), call('2026-11-23T20:30', 0.25)],
    });
    expect(byDay.map(({ day, usd: cost }) => [day, cost])).toEqual([
      ['2026-11-21', 0.5],
      ['2026-11-22', 0],
      ['2026-11-23', 0.25],
      ['2026-11-24', 0],
    ]);
    expect(usd).toBe(0.75);
  });

  test('by day, as far as something was paid: the days add up to the whole, also when a clock ran ahead', () => {
    const ahead = costReport({
      ...facts,
      calls: [call('2026-11-23T20:30', 0.5), call('2026-11-25T20:30', 0.25)],
    });
    expect(ahead.byDay.map(({ day, usd: cost }) => [day, cost])).toEqual([
      ['2026-11-23', 0.5],
      ['2026-11-24', 0],
      ['2026-11-25', 0.25],
    ]);
  });

  test('of a past month end with its last day, and have no forecast and no budget', () => {
    const budgets = { perPost: 1, perDay: 1, perMonth: 1 };
    const report = costReport({
      ...facts,
      budgets,
      month: '2026-02',
      calls: [call('2026-02-27T20:30', 0.5)],
    });
    expect(report.byDay.map(({ day }) => day)).toEqual(['2026-02-27', '2026-02-28']);
    expect(report).toMatchObject({ forecast: null, budgets: [] });
  });

  test('by post, newest first, with its kinds; by provider and model, dearest first', () => {
    const id = '20261123-2030' as GenerationId;
    const text = { id, kind: 'text', provider: 'openai', model: 'gpt-4o' } as const;
    const calls = [
      call('2026-11-22T20:30', 0.5),
      call('2026-11-23T20:30', 0.01, text),
      call('2026-11-23T20:31', 0.02, text),
      call('2026-11-23T20:32', 0.07, {
        id,
        kind: 'image',
        provider: 'piapi',
        model: 'midjourney fast',
        measured: false,
      }),
    ];
    const report = costReport({ ...facts, calls });
    expect(report.byPost).toEqual([
      { id, usd: 0.1, calls: 3, estimatedUsd: 0.07, byKind: { text: 0.03, image: 0.07 } },
      { id: '20261122-2030', usd: 0.5, calls: 1, estimatedUsd: 0, byKind: { video: 0.5 } },
    ]);
    expect(
      report.byProvider.map(({ provider, model, usd, calls: count }) => [provider, model, usd, count]),
    ).toEqual([
      ['runway', 'gen4_turbo', 0.5, 1],
      ['piapi', 'midjourney fast', 0.07, 1],
      ['openai', 'gpt-4o', 0.03, 2],
    ]);
  });

  test('count calls of unknown outcome at what they could cost, and say so', () => {
    const calls = [
      call('2026-11-23T20:30', 0.5, { state: 'unknown', measured: false }),
      call('2026-11-23T20:31', 0.5, { state: 'reserved', measured: false }),
      call('2026-11-23T20:32', 0.5, { state: 'failed', measured: false }),
    ];
    expect(costReport({ ...facts, calls })).toMatchObject({
      usd: 1.5,
      estimatedUsd: 1.5,
      unknown: { calls: 2, usd: 1 },
    });
  });

  test('show how full the budgets of today and of this month are', () => {
    const calls = [call('2026-11-23T20:30', 0.5), call('2026-11-24T00:00', 0.2)];
    expect(costReport({ ...facts, budgets: { perPost: 1, perDay: 2, perMonth: 20 }, calls }).budgets).toEqual(
      [
        { budget: 'day', limitUsd: 2, spentUsd: 0.2 },
        { budget: 'month', limitUsd: 20, spentUsd: 0.7 },
      ],
    );
  });

  test('of nothing are nothing', () => {
    expect(costReport({ ...facts, calls: [] })).toMatchObject({
      usd: 0,
      calls: 0,
      byDay: [],
      byPost: [],
      forecast: null,
    });
  });
});

describe('BUDGET forecast', () => {
  test('the mean of the full days since the first, for the rest of the month', () => {
    const calls = [call('2026-11-22T20:30', 0.6), call('2026-11-23T20:30', 0.4)];
    const { forecast } = costReport({ ...facts, calls });
    // 1.00 spent, half a dollar for today, and for each of the six days to come.
    expect(forecast).toEqual({ usd: 4.5, perDayUsd: 0.5, days: 2, budgetUsedUpOn: null });
  });

  test('takes off what today has cost already, and never less than nothing', () => {
    const before = [call('2026-11-22T20:30', 0.5), call('2026-11-23T20:30', 0.5)];
    expect(
      costReport({ ...facts, calls: [...before, call('2026-11-24T01:00', 0.2)] }).forecast?.usd,
    ).toBeCloseTo(1 + 0.5 + 3, 10);
    expect(
      costReport({ ...facts, calls: [...before, call('2026-11-24T01:00', 0.9)] }).forecast?.usd,
    ).toBeCloseTo(1 + 0.9 + 3, 10);
  });

  test('looks back into the month before, four weeks at most', () => {
    const now = new Date('2026-11-01T12:00:00Z');
    const callsBefore = [call('2026-10-02T20:30', 100), call('2026-10-31T20:30', 2.7)];
    const { forecast } = costReport({ ...facts, now, calls: [], callsBefore });
    expect(forecast).toMatchObject({ perDayUsd: 2.7, days: 1 });
    expect(forecast?.usd).toBeCloseTo(30 * 2.7, 10);
    const long = [call('2026-10-04T20:30', 28), call('2026-10-03T20:30', 100)];
    expect(costReport({ ...facts, now, calls: [], callsBefore: long }).forecast).toMatchObject({
      perDayUsd: 1,
      days: 28,
    });
  });

  test('names the day on which the budget would be used up', () => {
    const calls = [call('2026-11-22T20:30', 1), call('2026-11-23T20:30', 1)];
    const on = (perMonth: number) =>
      costReport({ ...facts, budgets: { ...NO_BUDGETS, perMonth }, calls }).forecast?.budgetUsedUpOn;
    expect([on(2.5), on(3), on(5), on(9), on(9.5)]).toEqual([
      '2026-11-24',
      '2026-11-25',
      '2026-11-27',
      null,
      null,
    ]);
  });

  test('none before the first full day', () => {
    expect(costReport({ ...facts, calls: [call('2026-11-24T01:00', 0.2)] }).forecast).toBeNull();
  });
});

test('BUDGET the table for a spreadsheet: one line a call, oldest first, nothing that acts as a formula', () => {
  const calls = [
    call('2026-11-23T20:31', 0.5, { model: '=cmd()' }),
    call('2026-11-23T20:30', 0.25, { model: 'a "b", c' }),
  ];
  expect(costsAsCsv(calls).split('\r\n')).toEqual([
    'at_utc,id,provider,model,kind,stage,state,reserved_usd,cost_usd,measured',
    '2026-11-23T20:30:00.000000+00:00,20261123-2030,runway,"a ""b"", c",video,video,succeeded,0.25,0.25,true',
    "2026-11-23T20:31:00.000000+00:00,20261123-2031,runway,'=cmd(),video,video,succeeded,0.5,0.5,true",
  ]);
});
