/** The rules of paying, one by one. */
import { describe, expect, test } from 'vitest';
import { NO_BUDGETS, type Budgets } from '../../src/domain/budget.ts';
import { failure, success } from '../../src/domain/failure.ts';
import { ledgerKey, MOST_CALLS } from '../../src/domain/ledger.ts';
import { readJournal } from '../../src/runtime/journal-store.ts';
import { MoneyWorld, plannedCall, POSTS, STAGES, type Outcome } from './money-world.ts';

const NOVEMBER = '2026-11';
const [POST = '' as never] = POSTS;
const TOPIC = 0;
const IMAGE = 3;
const VIDEO = 5;

function worldWith(budgets: Partial<Budgets> = {}): MoneyWorld {
  return new MoneyWorld({ ...NO_BUDGETS, ...budgets }, true);
}

function pay(world: MoneyWorld, stage: number, outcome: Outcome = 'measured', share = 1, over = false) {
  return world.pay(0, stage, outcome, share, over);
}

async function stored(world: MoneyWorld, month = NOVEMBER): Promise<[string, string, number][]> {
  return (await world.stored(month)).map(({ stage, state, cost_usd: cost }) => [stage, state, cost]);
}

async function entries(world: MoneyWorld, type: string) {
  const journal = await readJournal(world.disk, POST);
  if (!journal.ok) throw new Error(journal.failure.message);
  return (journal.value?.entries ?? []).filter((entry) => entry.type === type);
}

describe('BUDGET before a call', () => {
  test('reservation and intent are durable when the provider is asked', async () => {
    const world = worldWith();
    let seen: unknown;
    await world.run.payments.pay(
      plannedCall(0, TOPIC),
      async () => {
        seen = { ledger: await stored(world), intents: await entries(world, 'intent') };
        return success('');
      },
      () => ({ costUsd: 0.004, measured: true }),
    );
    expect(seen).toEqual({
      ledger: [['topic', 'reserved', 0.01]],
      intents: [expect.objectContaining({ stage: 'topic', reserved_usd: 0.01 })],
    });
    await world.nextRun();
    expect(await stored(world)).toEqual([['topic', 'succeeded', 0.004]]);
  });

  test('a call that would pass a budget is not made, and says which, how full, how dear and until when', async () => {
    const world = worldWith({ perDay: 0.5 });
    await pay(world, IMAGE);
    const stopped = await pay(world, VIDEO);
    expect(stopped).toMatchObject({
      code: 'budget_reached',
      message:
        'The budget for the UTC day (BUDGET.per_day_usd) would be passed: 0.07 of 0.50 USD are spent or reserved, and the next call (video by someone) can cost up to 0.50 USD',
      advice:
        'Nothing was ordered. The first run after 2026-12-01 00:00 UTC goes on where this one stopped; to go on sooner, raise BUDGET.per_day_usd.',
      retry: 'after',
      retryAfterSeconds: 3.5 * 3600,
      effect: 'refused',
      budget: {
        budget: 'day',
        limitUsd: 0.5,
        spentUsd: 0.07,
        costUsd: 0.5,
        freesAt: '2026-12-01T00:00:00.000Z',
      },
    });
    expect(world.bill).toHaveLength(1);
    world.time += 4 * 3_600_000;
    expect(await pay(world, VIDEO)).toBe('paid');
  });

  test('a post’s budget does not free by itself, and counts the months before', async () => {
    const world = worldWith({ perPost: 0.55 });
    await pay(world, IMAGE);
    world.time += 60 * 24 * 3_600_000;
    await world.nextRun();
    expect(await pay(world, VIDEO)).toMatchObject({
      retry: 'human',
      advice: expect.stringContaining('raise BUDGET.per_post_usd') as unknown,
      budget: { budget: 'post', spentUsd: 0.07, freesAt: null },
    });
    expect(await world.pay(1, VIDEO, 'measured', 1, false)).toBe('paid');
  });

  test('a post whose id lies in the month after its first call is counted from that call', async () => {
    const world = worldWith({ perPost: 0.55 });
    await world.pay(1, IMAGE, 'measured', 1, false);
    world.time += 24 * 3_600_000;
    await world.nextRun();
    expect(await world.pay(1, VIDEO, 'measured', 1, false)).toMatchObject({ budget: { spentUsd: 0.07 } });
  });

  test('a ledger that cannot be read stops every call and is left as it is', async () => {
    for (const text of ['', '[]', '{"version":1,"month":"2026-11","calls":[{"cost_usd":-1}]}']) {
      const world = worldWith();
      const body = new TextEncoder().encode(text);
      await world.disk.put(ledgerKey(NOVEMBER), { bytes: body }, { contentType: 'application/json' });
      expect(await pay(world, TOPIC)).toMatchObject({
        code: 'state_damaged',
        where: { key: 'ledger/2026-11.json' },
      });
      await world.nextRun();
      expect(world.bill).toEqual([]);
      expect(await world.disk.get(ledgerKey(NOVEMBER), 1000)).toMatchObject({ value: { body } });
    }
  });

  test('keys of others in the ledger are kept', async () => {
    const world = worldWith();
    const bytes = new TextEncoder().encode('{"version":1,"month":"2026-11","calls":[],"note":"mine"}');
    await world.disk.put(ledgerKey(NOVEMBER), { bytes }, { contentType: 'application/json' });
    await pay(world, TOPIC);
    const read = await world.disk.get(ledgerKey(NOVEMBER), 10_000);
    expect(JSON.parse(new TextDecoder().decode(read.ok ? read.value?.body : undefined))).toMatchObject({
      note: 'mine',
      calls: [{ stage: 'topic' }],
    });
  });

  test('a month has no more calls than every run can read', async () => {
    const world = worldWith();
    await pay(world, TOPIC);
    await world.nextRun();
    const [call] = await world.stored(NOVEMBER);
    const calls = Array.from({ length: MOST_CALLS }, (_, index) => ({ ...call, call: `${index}` }));
    const bytes = new TextEncoder().encode(JSON.stringify({ version: 1, month: NOVEMBER, calls }));
    await world.disk.put(ledgerKey(NOVEMBER), { bytes }, { contentType: 'application/json' });
    expect(await pay(world, TOPIC)).toMatchObject({ code: 'budget_reached' });
  });

  test('a lease that is lost after the reservation: no call, nothing spent, and the journal says so', async () => {
    const world = worldWith();
    world.leaseHeld = false;
    expect(await pay(world, VIDEO)).toMatchObject({ code: 'lease_lost' });
    expect(world.bill).toEqual([]);
    await world.nextRun();
    expect(await stored(world)).toEqual([]);
    expect(await entries(world, 'settled')).toMatchObject([
      { outcome: 'refused', cost_usd: 0, detail: expect.stringContaining('not made') as unknown },
    ]);
  });

  test('a reservation or an intent that cannot be written: no call, nothing spent', async () => {
    for (const how of ['refused', 'lost'] as const) {
      const world = worldWith();
      world.nextWrite = how;
      expect(await pay(world, VIDEO)).toMatchObject({ code: 'store_unavailable' });
      expect(await pay(world, TOPIC, 'measured')).toBe('paid');
      await world.nextRun();
      expect(await stored(world)).toEqual([['topic', 'succeeded', 0.01]]);
    }
  });
});

describe('BUDGET after a call', () => {
  test.each([
    ['measured', 0.35, [['video', 'succeeded', 0.35]]],
    ['unmeasured', 0.35, [['video', 'succeeded', 0.5]]],
    ['refused', 0, []],
    ['bad', 0.35, [['video', 'failed', 0.5]]],
    ['unknown-free', 0, [['video', 'unknown', 0.5]]],
    ['unknown-charged', 0.5, [['video', 'unknown', 0.5]]],
  ] as const)('%s is settled', async (outcome, charged, ledger) => {
    const world = worldWith();
    await pay(world, VIDEO, outcome, charged / 0.5);
    await world.nextRun();
    expect(await stored(world)).toEqual(ledger);
  });

  test('a useless answer is charged for by what it used, when it tells', async () => {
    const world = worldWith();
    const useless = async () => failure('answer_truncated', 'cut', {});
    const charge = () => ({ costUsd: 0.01, measured: true });
    await world.run.payments.pay(plannedCall(0, VIDEO), useless, charge, () => ({
      costUsd: 0.3,
      measured: true,
    }));
    await world.run.payments.pay(plannedCall(0, IMAGE), useless, charge, () => null);
    await world.nextRun();
    expect(await world.stored(NOVEMBER)).toMatchObject([
      { stage: 'video', state: 'failed', cost_usd: 0.3, measured: true },
      { stage: 'image', state: 'failed', cost_usd: 0.07, measured: false },
    ]);
  });

  test('a run that died in a call counts its reserve, and the journal says that nobody knows', async () => {
    const world = worldWith();
    expect(await pay(world, VIDEO, 'dies-free')).toBeNull();
    expect(await stored(world)).toEqual([['video', 'reserved', 0.5]]);
    await pay(world, TOPIC);
    await world.nextRun();
    expect(await stored(world)).toEqual([
      ['video', 'unknown', 0.5],
      ['topic', 'succeeded', 0.01],
    ]);
    expect(await entries(world, 'settled')).toMatchObject([
      { outcome: 'unknown', cost_usd: 0.5 },
      { outcome: 'succeeded' },
    ]);
  });

  test('a run that died before the intent had asked nobody: its reservation is given back', async () => {
    const world = worldWith();
    await pay(world, TOPIC);
    // Requests of the second call: the reservation, then the intent.
    world.dying = { requests: 2, side: 'before' };
    expect(await pay(world, VIDEO)).toBeNull();
    expect(await stored(world)).toEqual([
      ['topic', 'succeeded', 0.01],
      ['video', 'reserved', 0.5],
    ]);
    await pay(world, IMAGE);
    expect(await stored(world)).toEqual([
      ['topic', 'succeeded', 0.01],
      ['image', 'reserved', 0.07],
    ]);
  });

  test('what the journal had already settled is taken over, not counted at the reserve', async () => {
    const world = worldWith();
    await pay(world, VIDEO, 'measured', 0.5);
    // The run’s end: the journal is written, then it dies before the ledger is.
    world.dying = { requests: 1, side: 'after' };
    await world.nextRun();
    expect(await stored(world)).toEqual([['video', 'reserved', 0.5]]);
    await pay(world, TOPIC);
    expect(await stored(world)).toMatchObject([
      ['video', 'succeeded', 0.25],
      ['topic', 'reserved', 0.01],
    ]);
  });

  test('a call that cost more than its reserve is written down at once', async () => {
    const world = worldWith();
    await pay(world, VIDEO, 'measured', 0.4, true);
    expect(await stored(world)).toEqual([['video', 'succeeded', 0.7]]);
  });
});

describe('BUDGET calls that are expected', () => {
  test('are reserved in one write, used without another, and given back when they are not made', async () => {
    const world = worldWith();
    await pay(world, TOPIC);
    world.expectFrom(0, TOPIC + 1);
    world.writes.length = 0;
    for (const stage of [1, 2, IMAGE]) await pay(world, stage);
    expect(world.writes.filter((key) => key.startsWith('ledger/'))).toHaveLength(1);
    expect((await stored(world)).map(([stage]) => stage)).toEqual(STAGES.map(([stage]) => stage));
    await world.nextRun();
    expect((await stored(world)).map(([stage]) => stage)).toEqual(['topic', 'text', 'scene', 'image']);
  });

  test('are not reserved past a budget, and never keep a call that is due from being made', async () => {
    const world = worldWith({ perDay: 0.6 });
    await pay(world, TOPIC);
    world.expectFrom(0, TOPIC + 1);
    await pay(world, 1);
    // Topic, text, scene, image, judge: 0.17; the video would make it 0.67.
    expect((await stored(world)).map(([stage]) => stage)).toEqual([
      'topic',
      'text',
      'scene',
      'image',
      'judge',
    ]);
    // Another text than was expected comes first, and takes the place of what was reserved ahead.
    for (let more = 0; more < 40; more += 1) await pay(world, TOPIC);
    expect(world.bill).toHaveLength(42);
  });

  test('are checked again when their turn comes', async () => {
    const world = worldWith({ perDay: 0.64 });
    await pay(world, TOPIC);
    await pay(world, 1);
    world.expectFrom(0, IMAGE);
    // 0.03 are spent, and image, judge and video fit to the cent; then the image turns out to be twice as dear.
    await pay(world, IMAGE, 'measured', 1, true);
    expect(await pay(world, VIDEO)).toMatchObject({ code: 'budget_reached', budget: { spentUsd: 0.17 } });
    expect(world.bill).toHaveLength(3);
  });

  test('are not taken over into another day', async () => {
    const world = worldWith({ perDay: 0.7 });
    await pay(world, TOPIC);
    world.expectFrom(0, IMAGE);
    await pay(world, IMAGE);
    expect((await stored(world)).map(([stage]) => stage)).toContain('video');
    world.time += 4 * 3_600_000;
    expect(await pay(world, VIDEO)).toBe('paid');
    expect(await stored(world, '2026-12')).toEqual([['video', 'reserved', 0.5]]);
    await world.nextRun();
    expect((await stored(world)).map(([stage]) => stage)).toEqual(['topic', 'image']);
  });

  test('of a run that died are given back by the next', async () => {
    const world = worldWith();
    await pay(world, TOPIC);
    world.expectFrom(0, 1);
    await pay(world, 1, 'dies-charged');
    await pay(world, 1);
    expect(await stored(world)).toEqual([
      ['topic', 'succeeded', 0.01],
      ['text', 'unknown', 0.02],
      ['text', 'reserved', 0.02],
    ]);
  });

  test('are not reserved before the post’s journal can tell that they were not made', async () => {
    const world = worldWith();
    world.expectFrom(0, TOPIC);
    await pay(world, TOPIC);
    expect((await stored(world)).map(([stage]) => stage)).toEqual(['topic']);
  });
});

describe('BUDGET what a provider says it charged in the end', () => {
  async function worldWithTask(): Promise<{ world: MoneyWorld; taskId: string }> {
    const world = worldWith();
    await pay(world, VIDEO, 'unmeasured');
    await world.nextRun();
    return { world, taskId: world.bill[0]?.taskId ?? '' };
  }

  test('takes the place of the estimate, in the month of the call, also from a later run, and only once', async () => {
    const { world, taskId } = await worldWithTask();
    world.time += 24 * 3_600_000;
    await world.run.payments.charged(POST, taskId, 0.45);
    await world.run.payments.charged(POST, taskId, 0.45);
    await world.nextRun();
    expect(await world.stored(NOVEMBER)).toMatchObject([
      { stage: 'video', state: 'succeeded', cost_usd: 0.45, measured: true },
    ]);
    expect(await entries(world, 'corrected')).toMatchObject([{ cost_usd: 0.45, task_id: taskId }]);
    world.writes.length = 0;
    await world.run.payments.charged(POST, taskId, 0.45);
    await world.nextRun();
    expect(world.writes).toEqual([]);
  });

  test('is given back for a task that failed', async () => {
    const { world, taskId } = await worldWithTask();
    await world.run.payments.charged(POST, taskId, 0);
    await world.nextRun();
    expect(await stored(world)).toEqual([['video', 'succeeded', 0]]);
  });

  test('is not believed when it is far from the price', async () => {
    for (const odd of [0.05, 5]) {
      const { world, taskId } = await worldWithTask();
      await world.run.payments.charged(POST, taskId, odd);
      await world.nextRun();
      expect(await stored(world)).toEqual([['video', 'succeeded', 0.5]]);
      expect(world.warnings).toEqual(['The provider names a cost that cannot be right; the estimate stays']);
    }
  });

  test('is ignored for a task that nobody here has ordered', async () => {
    const { world } = await worldWithTask();
    await world.run.payments.charged(POST, 'task-of-another-tool', 0.1);
    await world.run.payments.charged(POSTS[1] ?? POST, 'task-of-another-tool', 0.1);
    await world.nextRun();
    expect(await stored(world)).toEqual([['video', 'succeeded', 0.5]]);
  });
});
