/** Budgets and costs of whole posts, through the real clients; judged by what the sandbox charged. */
import { describe, expect, test } from 'vitest';
import { dryRun } from '../../src/app/dry-run.ts';
import { budgetsOf } from '../../src/app/settings.ts';
import { journalSchema } from '../../src/domain/journal.ts';
import { callCosts } from '../../src/domain/journal-costs.ts';
import { ledgerSchema, spentUsd, type LedgerCall } from '../../src/domain/ledger.ts';
import { AT_REST, FIRST_ID, Mill, valueOf } from '../support/mill.ts';

const ON_SCHEDULE = ['20:30', '21:30', '01:30'];

const isWrite = (operation: string): boolean => !/^(get|list|head)/.test(operation);

async function ledger(mill: Mill, month = '2026-01'): Promise<LedgerCall[]> {
  const stored: unknown = await mill.json(`ledger/${month}.json`);
  return stored === null ? [] : ledgerSchema.parse(stored).calls;
}

/** Two seconds of gen4_turbo: 0.10; a picture: 0.07; texts and judge: below 0.06 together at the most. */
async function runUntil(mill: Mill, stage: 'video'): Promise<void> {
  await mill.run();
  await mill.until('21:30');
  if (stage === 'video') return;
}

function chargedOn(mill: Mill, day: string): number {
  return mill.ledger
    .filter(({ at, outcome }) => at.startsWith(day) && outcome !== 'refused')
    .reduce((sum, { costUsd }) => sum + costUsd, 0);
}

describe('BUDGET a run that would cross one', () => {
  test('stops before the video, loses nothing, makes no mock, and goes on when the day is over', async () => {
    await using mill = await Mill.start({ config: { BUDGET: { per_day_usd: 0.15 } } });
    await runUntil(mill, 'video');
    const stopped = await mill.run({ mode: 'check' });
    expect(stopped).toMatchObject({
      stop: 'failed',
      failure: {
        code: 'budget_reached',
        retry: 'after',
        budget: { budget: 'day', costUsd: 0.1, freesAt: '2026-02-01T00:00:00.000Z' },
      },
    });
    expect(stopped.actions.at(-1)).toEqual({ action: 'request-video', event: 'submission-withdrawn' });
    expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 1 });
    expect((await mill.state()).image).toMatchObject({ submission: null, picture: { source: 'midjourney' } });
    expect(await mill.objects('666/')).toEqual([`666/${FIRST_ID}.json`, `666/${FIRST_ID}.png`]);

    // Half past one is another day.
    await mill.until('01:30');
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done', failure: null });
    expect(await mill.json(`666/${FIRST_ID}.json`)).toMatchObject({
      media: { image: 'midjourney', video: 'runway' },
    });
    expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 1, video: 1 });
    expect(chargedOn(mill, '2026-01-31')).toBeLessThanOrEqual(0.15);
    expect((await mill.state()).image).toEqual(AT_REST);
  });

  test('stops before the picture without counting a failed attempt, as often as it runs', async () => {
    await using mill = await Mill.start({ config: { BUDGET: { per_month_usd: 0.06 } } });
    for (let day = 0; day < 6; day += 1) {
      const report = await mill.run();
      if (report.failure) expect(report.failure.budget?.budget).toBe('month');
      await mill.advance(3_600);
    }
    expect((await mill.state()).image).toMatchObject({ ...AT_REST, generation: true });
    expect((await mill.state()).image).not.toHaveProperty('attempts');
    // The first of February lies among these runs: what January’s budget stopped, February’s began.
    expect(mill.paid()).toEqual({ text: 5 });
    expect(mill.ledger.reduce((sum, { costUsd }) => sum + costUsd, 0)).toBeLessThan(0.06);
  });

  test('stops in the middle of the texts, and pays for none of them twice', async () => {
    await using mill = await Mill.start({ config: { BUDGET: { per_day_usd: 0.015 } } });
    const first = await mill.run();
    expect(first).toMatchObject({ stop: 'failed', failure: { code: 'budget_reached' } });
    const written = mill.paid()['text'] ?? 0;
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(5);
    let days = 0;
    while ((mill.paid()['text'] ?? 0) < 5 && days < 5) {
      days += 1;
      await mill.until('20:30');
      await mill.run();
    }
    expect(mill.paid()['text']).toBe(5);
    expect(await mill.objects('666/')).toEqual([`666/${FIRST_ID}.json`]);
    expect(mill.sandbox.ledger.paidTwice()).toEqual([]);
    const prompts = mill.ledger.map(({ digest }) => digest);
    expect(new Set(prompts).size).toBe(prompts.length);
  });

  test('takes the first picture rather than let the pictures expire while it waits', async () => {
    await using mill = await Mill.start({ config: { BUDGET: { per_post_usd: 0.085 } } });
    await runUntil(mill, 'video');
    const stopped = await mill.run({ mode: 'check' });
    expect(stopped.failure).toMatchObject({
      code: 'budget_reached',
      budget: { budget: 'post', freesAt: null },
      retry: 'human',
    });
    expect(stopped.actions.map(({ action }) => action)).toEqual([
      'check-image',
      'choose-picture',
      'request-video',
    ]);
    expect(mill.paid()).toEqual({ text: 5, image: 1 });
    expect(await mill.json(`666/${FIRST_ID}.json`)).toMatchObject({
      image_choice: { winner: 1, fallback: expect.stringContaining('BUDGET.per_post_usd') as unknown },
      media: { image: 'midjourney' },
    });
    expect(await mill.objects('666/')).toEqual([`666/${FIRST_ID}.json`, `666/${FIRST_ID}.png`]);
  });

  test('never turns a stop into a mock, however many runs it takes', async () => {
    await using mill = await Mill.start({ config: { BUDGET: { per_post_usd: 0.1 } } });
    for (let day = 0; day < 4; day += 1)
      for (const time of ON_SCHEDULE) {
        await mill.run({ mode: time === '20:30' ? 'main' : 'check' });
        await mill.until(ON_SCHEDULE[(ON_SCHEDULE.indexOf(time) + 1) % 3] ?? time);
      }
    expect(await mill.objects('666/')).toEqual([`666/${FIRST_ID}.json`, `666/${FIRST_ID}.png`]);
    expect((await mill.state()).generation).toEqual({ generation_id: FIRST_ID });
    expect(mill.ledger.reduce((sum, { costUsd }) => sum + costUsd, 0)).toBeLessThanOrEqual(0.1);
  });

  test('leaves a finished post with its mock when only the picture came late and the post’s budget is used up', async () => {
    await using mill = await Mill.start({
      config: { BUDGET: { per_post_usd: 0.1 }, WORKFLOW: { mj_timeout_seconds: 60 } },
      sandbox: { imageSeconds: 3 * 3600 },
    });
    await mill.run();
    await mill.until('21:30');
    await mill.run({ mode: 'check' });
    await mill.until('22:30');
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
    expect(await mill.json(`666/${FIRST_ID}.json`)).toMatchObject({
      media: { image: 'placeholder', video: 'mock' },
    });
    await mill.until('01:30');
    const late = await mill.run({ mode: 'check' });
    expect(late).toMatchObject({ failure: null });
    expect(late.actions.map(({ action }) => action)).toEqual([
      'check-late',
      'choose-picture',
      'request-video',
      'make-mock-video',
    ]);
    expect(await mill.json(`666/${FIRST_ID}.json`)).toMatchObject({
      media: { image: 'midjourney', video: 'mock' },
    });
    expect((await mill.state()).generation).toEqual({ generation_id: null });
  });
});

describe('M10 D8 I4 a budget that stops the channel for a month', () => {
  test('holds up neither what is published nor what is finished', async () => {
    await using mill = await Mill.start({ config: { BUDGET: { per_month_usd: 0.25 } } });
    await mill.until('20:30');
    for (let run = 0; run < 9; run += 1) {
      await mill.run({ mode: run % 3 === 0 ? 'main' : 'check' });
      await mill.until(ON_SCHEDULE[(run + 1) % 3] ?? '');
    }
    const [first = ''] = await mill.objects('444/');
    const id = first.slice('444/'.length, -'.json'.length);
    await mill.put('config/config_public.json', { processing_lock: false, generation_id: [id] });
    await mill.putGroup('666/', '20260101-2030');
    const told = valueOf(await dryRun(await mill.compose(), budgetsOf(mill.config), 'main'));
    expect(told).toMatchObject({ stop: 'budget', actions: [{ action: 'tidy' }] });
    expect((await mill.run()).failure?.code).toBe('budget_reached');
    expect(await mill.objects('archive/')).toContain(`archive/${id}.json`);
    expect(await mill.objects('444/')).toContain('444/20260101-2030.json');
  });

  test('does not keep a complete post waiting for the video of a late picture', async () => {
    await using mill = await Mill.start({
      config: { BUDGET: { per_month_usd: 0.16 }, WORKFLOW: { mj_timeout_seconds: 60 } },
      sandbox: { imageSeconds: 26 * 3600 },
    });
    await mill.until('20:30');
    await mill.run();
    await mill.until('21:30');
    await mill.run({ mode: 'check' });
    await mill.until('22:30');
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
    await mill.advance(24 * 3600);
    const late = await mill.run({ mode: 'check' });
    expect(late.actions.map(({ action }) => action)).toContain('make-mock-video');
    expect(await mill.json(`666/${FIRST_ID.replace('0131', '0201')}.json`)).toMatchObject({
      media: { image: 'midjourney', video: 'mock' },
    });
    expect((await mill.state()).generation).toEqual({ generation_id: null });
  });
});

describe('BUDGET the ledger', () => {
  test('of a whole post says what the providers charged, each figure their own', async () => {
    await using mill = await Mill.start();
    await runUntil(mill, 'video');
    await mill.run({ mode: 'check' });
    const calls = await ledger(mill);
    expect(calls.map(({ stage, measured, state }) => [stage, measured, state])).toEqual(
      ['topic', 'text', 'comment', 'poll', 'scene', 'image', 'judge', 'video'].map((stage) => [
        stage,
        true,
        'succeeded',
      ]),
    );
    expect(spentUsd(calls)).toBeCloseTo(mill.sandbox.ledger.totalUsd(), 4);
    const journal = journalSchema.parse(await mill.json(`journal/${FIRST_ID}.json`));
    expect(callCosts(journal.entries).map(({ costUsd }) => costUsd)).toEqual(
      calls.map(({ cost_usd: cost }) => cost),
    );
  });

  test('gives a failed picture back, and a failed video, as their providers do', async () => {
    await using mill = await Mill.start({
      sandbox: {
        faults: [
          { provider: 'piapi', operation: 'imagine', times: 1, action: { type: 'task-fails' } },
          { provider: 'runway', times: 1, operation: 'image_to_video', action: { type: 'task-fails' } },
        ],
      },
    });
    await runUntil(mill, 'video');
    await mill.run({ mode: 'check' });
    await mill.advance(3_600);
    await mill.run({ mode: 'check' });
    await mill.advance(3_600);
    await mill.run({ mode: 'check' });
    const images = [...(await ledger(mill)), ...(await ledger(mill, '2026-02'))].filter(
      ({ kind }) => kind === 'image' || kind === 'video',
    );
    expect(images.map(({ kind, cost_usd: cost, measured }) => [kind, cost, measured])).toEqual([
      ['image', 0, true],
      ['image', 0.07, true],
      ['video', 0, true],
    ]);
  });

  test('counts a text that was cut by its tokens, and the repeated one beside it', async () => {
    await using mill = await Mill.start({
      sandbox: { faults: [{ provider: 'openai', skip: 1, times: 1, action: { type: 'cut' } }] },
    });
    await mill.run();
    const texts = (await ledger(mill)).filter(({ kind }) => kind === 'text');
    expect(texts.map(({ stage, state, measured }) => [stage, state, measured])).toEqual([
      ['topic', 'succeeded', true],
      ['text', 'failed', true],
      ['text', 'succeeded', true],
      ...['comment', 'poll', 'scene'].map((stage) => [stage, 'succeeded', true]),
    ]);
    const charged = mill.ledger
      .filter(({ kind }) => kind === 'text')
      .reduce((sum, { costUsd }) => sum + costUsd, 0);
    expect(spentUsd(texts)).toBeCloseTo(charged, 4);
  });

  test('M8 costs few requests: idle check 2, pending check 8, whole post 60', async () => {
    await using mill = await Mill.start();
    await mill.run({ mode: 'check' });
    expect(mill.requestsOfLastRun.length).toBeLessThanOrEqual(2);
    expect(mill.requestsOfLastRun.filter(isWrite)).toEqual([]);
    await mill.run();
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'waiting' });
    expect(mill.requestsOfLastRun.length).toBeLessThanOrEqual(8);
    await using quick = await Mill.start({ sandbox: { imageSeconds: 0, videoSeconds: 0 } });
    expect(await quick.run({ zeroDelay: true })).toMatchObject({ stop: 'task-done', failure: null });
    expect(quick.requestsOfLastRun.length).toBeLessThanOrEqual(60);
  });
});

describe('BUDGET a dry run', () => {
  async function foretell(mill: Mill, mode: 'main' | 'check') {
    const before = mill.requests.length;
    const paid = mill.ledger.length;
    const told = valueOf(await dryRun(await mill.compose(), budgetsOf(mill.config), mode));
    expect(mill.requests.slice(before).filter(isWrite)).toEqual([]);
    expect(mill.ledger).toHaveLength(paid);
    return told;
  }

  test('says what the real run then does, and no less than what it costs', async () => {
    await using mill = await Mill.start();
    for (const [index, time] of [...ON_SCHEDULE, ...ON_SCHEDULE].entries()) {
      const mode = time === '20:30' ? 'main' : 'check';
      const told = await foretell(mill, mode);
      const before = mill.sandbox.ledger.totalUsd();
      const report = await mill.run({ mode });
      expect([index, told.actions.map(({ action }) => action), told.stop]).toEqual([
        index,
        report.actions.map(({ action }) => action),
        report.stop,
      ]);
      const cost = mill.sandbox.ledger.totalUsd() - before;
      expect(told.atMostUsd).toBeGreaterThanOrEqual(cost - 1e-9);
      expect(told.usualUsd).toBeLessThanOrEqual(told.atMostUsd);
      // The second post is foretold from what the first one cost.
      if (index > 2) expect(told.usualUsd).toBeCloseTo(cost, 2);
      await mill.until(ON_SCHEDULE[(index + 1) % 3] ?? time);
    }
  });

  test('knows what archiving and sorting make room for', async () => {
    await using mill = await Mill.start();
    const [front = '', ...behind] = ['20260101-2030', '20260102-2030', '20260103-2030'];
    await mill.putGroup('444/', front);
    await mill.putGroup('555/', behind[0] ?? '');
    await mill.putGroup('666/', behind[1] ?? '');
    expect(await foretell(mill, 'main')).toMatchObject({ stop: 'stocked', atMostUsd: 0 });
    await mill.put('config/config_public.json', { processing_lock: false, generation_id: [front] });
    const told = await foretell(mill, 'main');
    expect(told.actions.map(({ action }) => action)).toContain('request-image');
    const report = await mill.run();
    expect([told.stop, told.actions.map(({ action }) => action)]).toEqual([
      report.stop,
      report.actions.map(({ action }) => action),
    ]);
  });

  test('that a budget stops says no less than what the real run may spend', async () => {
    await using mill = await Mill.start({ config: { BUDGET: { per_post_usd: 0.1 } } });
    const told = await foretell(mill, 'main');
    expect(told).toMatchObject({ stop: 'budget', atMostUsd: 0.1 });
    expect(told.usualUsd).toBeLessThan(0.1);
    await mill.run();
    expect(mill.paid()).toMatchObject({ image: 1 });
    expect(mill.sandbox.ledger.totalUsd()).toBeLessThanOrEqual(told.atMostUsd);
  });

  test('D9 counts the months of a post as the real run does', async () => {
    await using mill = await Mill.start({ config: { BUDGET: { per_post_usd: 0.6 } } });
    const id = '20251201-0000';
    const spent = { state: 'succeeded', reserved_usd: 0.55, cost_usd: 0.55, measured: true };
    const call = { call: 'a', at_utc: '2025-11-30T23:59:00Z', id, kind: 'image', stage: 'image', ...spent };
    await mill.put('ledger/2025-11.json', {
      version: 1,
      month: '2025-11',
      calls: [{ ...call, provider: 'piapi', model: 'midjourney' }],
    });
    await mill.put('config/config_gen.json', { generation_id: id });
    await mill.put('config/config_midjourney.json', { generation: true });
    await mill.put(`666/${id}.json`, {
      topic: 'Clocks',
      first_frame_description: 'A clock',
      script: 'It ticks',
    });
    const told = await foretell(mill, 'main');
    expect(told).toMatchObject({ stop: 'budget', stoppedBy: { budget: { budget: 'post', spentUsd: 0.55 } } });
    expect(await mill.run()).toMatchObject({ failure: { code: 'budget_reached' } });
    expect(mill.paid()).toEqual({});
  });

  test('says where a budget would stop it, and the real run stops there', async () => {
    await using mill = await Mill.start({ config: { BUDGET: { per_day_usd: 0.15 } } });
    await runUntil(mill, 'video');
    const told = await foretell(mill, 'check');
    expect(told).toMatchObject({
      stop: 'budget',
      stoppedBy: { stage: 'video', budget: { budget: 'day', costUsd: 0.1 } },
    });
    const report = await mill.run({ mode: 'check' });
    expect(report.failure).toMatchObject({ code: 'budget_reached', budget: { budget: 'day', costUsd: 0.1 } });
  });

  test('counts only the texts that are still to be written', async () => {
    await using mill = await Mill.start({ config: { BUDGET: { per_day_usd: 0.015 } } });
    await mill.run();
    await mill.until('20:30');
    const told = await foretell(mill, 'main');
    const writing = told.actions.find(({ action }) => action === 'write-content');
    const written = mill.paid()['text'] ?? 0;
    expect((writing?.calls.length ?? 0) + written).toBeLessThanOrEqual(5);
    expect(writing?.calls[0]?.stage).not.toBe('topic');
  });

  test('of a channel that is held says so', async () => {
    await using mill = await Mill.start();
    await mill.put('config/config_public.json', { processing_lock: true, generation_id: null });
    expect(await foretell(mill, 'main')).toMatchObject({ stop: 'locked', actions: [] });
    expect(await foretell(mill, 'check')).toMatchObject({ stop: 'nothing-active', actions: [] });
    await mill.put('config/config_public.json', {
      processing_lock: true,
      lock_owner: 'a run that was killed',
      lock_expires_at_utc: '2026-01-31T20:00:00.000000+00:00',
    });
    expect(await foretell(mill, 'main')).toMatchObject({ stop: 'waiting' });
  });
});
