/** `costs` and `run --dry-run` as a user types them, on a channel in a folder; and the exit code of a run that a budget stops. */
import { mkdtemp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Cli } from '../cli.ts';
import { main } from '../main.ts';
import { failure } from '../../domain/failure.ts';
import { barChart } from '../output/costs-text.ts';
import { nextAfter } from '../output/texts.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelmill-costs-'));
  await mkdir(join(folder, 'channel'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function reelmill(
  words: string[],
  config: object = {},
): Promise<{ out: string; told: string; code: number | null }> {
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify(config));
  const out: string[] = [];
  const told: string[] = [];
  let code: number | null = null;
  const cli: Cli = {
    variables: { REELMILL_LOG_LEVEL: 'error' },
    print: (line) => void out.push(line),
    tell: (line) => void told.push(line),
    colors: pc.createColors(false),
    live: false,
    signal: new AbortController().signal,
    setExitCode: (given) => void (code = given),
  };
  await main(['--config', file, '--store', `folder:${join(folder, 'channel')}`, ...words], cli);
  return { out: out.join('\n'), told: told.join('\n'), code };
}

const files = async (): Promise<string[]> =>
  (await readdir(join(folder, 'channel'), { recursive: true })).sort();

async function writeLedger(text: string): Promise<void> {
  await mkdir(join(folder, 'channel/ledger'), { recursive: true });
  await writeFile(join(folder, 'channel/ledger/2026-01.json'), text);
}

function call(day: number, kind: string, provider: string, cost: number, change: object = {}): object {
  return {
    call: `${day}-${kind}`,
    at_utc: `2026-01-${day}T20:30:00.000000+00:00`,
    id: `202601${day}-2030`,
    kind,
    stage: kind,
    provider,
    model: `model of ${provider}`,
    state: 'succeeded',
    reserved_usd: cost,
    cost_usd: cost,
    measured: true,
    ...change,
  };
}

const LEDGER = JSON.stringify({
  version: 1,
  month: '2026-01',
  calls: [
    call(29, 'image', 'piapi', 0.07),
    call(29, 'video', 'runway', 0.5),
    call(31, 'image', 'piapi', 0.07, { state: 'unknown', measured: false }),
  ],
});

describe('BUDGET reelmill costs', () => {
  test('shows sums, a bar for each day, posts and providers, and writes nothing', async () => {
    await writeLedger(LEDGER);
    const before = await files();
    const { out, told, code } = await reelmill(['costs', '--month', '2026-01']);
    expect([told, code]).toEqual(['', 0]);
    expect(out.split('\n').map((line) => line.trimEnd())).toEqual([
      `Costs of January 2026 (UTC)  folder ${join(folder, 'channel')}`,
      'Spent       $0.64 in 3 paid calls, $0.07 of it estimated',
      '            1 call of unknown outcome, counted at the most that it can cost: $0.07',
      '',
      'By day',
      `  01-29  ${'█'.repeat(40)}  $0.57`,
      '  01-30                                            –',
      '  01-31  ████▉                                     $0.07',
      '',
      'By post',
      '  20260131-2030    $0.07  image $0.07',
      '  20260129-2030    $0.57  image $0.07, video $0.50',
      '',
      'By provider',
      '  runway model of runway    $0.50  1 call, all as the providers reported',
      '  piapi model of piapi      $0.14  2 calls, $0.07 of it estimated',
    ]);
    expect(await files()).toEqual(before);
  });

  test('as JSON for scripts and as CSV for spreadsheets', async () => {
    await writeLedger(LEDGER);
    const json = await reelmill(['costs', '--month', '2026-01', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      ok: true,
      month: '2026-01',
      usd: 0.64,
      calls: 3,
      forecast: null,
    });
    const csv = await reelmill(['costs', '--month', '2026-01', '--csv']);
    expect(csv.out.split('\r\n')).toHaveLength(4);
    expect(csv.out).toContain(
      '2026-01-29T20:30:00.000000+00:00,20260129-2030,runway,model of runway,video,video,succeeded,0.5,0.5,true',
    );
  });

  test('of a month without a ledger are nothing', async () => {
    const { out, code } = await reelmill(['costs', '--month', '2025-12']);
    expect(code).toBe(0);
    expect(out).toMatch(/Spent\s+nothing/);
    expect((await reelmill(['costs', '--month', '2025-12', '--json'])).out).toContain('"usd": 0');
  });

  test('in two forms at once are refused, and not given in one of them', async () => {
    const { out, code } = await reelmill(['costs', '--csv', '--json']);
    expect(JSON.parse(out)).toMatchObject({ ok: false, exitCode: 2, failure: { code: 'usage' } });
    expect(code).toBe(2);
  });

  test('with a wrong month or a damaged ledger are an error that names it', async () => {
    for (const month of ['2026-13', '11', '../x'])
      expect(await reelmill(['costs', '--month', month])).toMatchObject({ code: 2, out: '' });
    await writeLedger('{"version":1');
    const { told, code } = await reelmill(['costs', '--month', '2026-01']);
    expect(code).toBe(5);
    expect(told).toContain('ledger/2026-01.json');
  });
});

describe('BUDGET reelmill run', () => {
  test('--dry-run says what would happen and what it would cost, and touches nothing', async () => {
    const { out, told, code } = await reelmill(['run', '--dry-run']);
    expect([told, code]).toEqual(['', 0]);
    expect(out).toMatch(/3 {2}Writing topic, text, comment, poll and scene \(OpenAI\) +\$0\.0\d\d/);
    expect(out).toContain('4  Ordering the picture (Midjourney)');
    expect(out).toMatch(/It would cost at most \$0\.\d+ unless a call has to be repeated/);
    // The video, bought by a later run, is the dearest part: without it the sum above would mislead.
    expect(out).toMatch(/A whole post, over all its runs: at most \$0\.[5-9]\d\./);
    // Nothing is asked of the providers here, but the run itself could not do without.
    expect(out).toContain(
      '▲ Not set, so that the run would stop where it needs them: OPENAI_API_KEY, MIDJOURNEY_API_KEY, RUNWAY_API_KEY',
    );
    expect(await files()).toEqual([]);
    const check = await reelmill(['run', '--dry-run', '--check', '--json']);
    const { postAtMostUsd } = JSON.parse(check.out);
    // In whole millionths, as a ledger counts: a sum of floats would have more digits.
    expect(postAtMostUsd).toBe(Number(postAtMostUsd.toFixed(6)));
    expect(JSON.parse(check.out)).toMatchObject({
      mode: 'check',
      stop: 'nothing-active',
      actions: [],
      atMostUsd: 0,
    });
  });

  test('--dry-run names the budget that would stop it', async () => {
    const { out, code } = await reelmill(['run', '--dry-run'], { BUDGET: { per_day_usd: 0.05 } });
    expect(code).toBe(0);
    expect(out).toMatch(
      /End: The budget for the UTC day \(BUDGET\.per_day_usd\) would be passed: 0\.\d+ of 0\.05 USD are spent or reserved/,
    );
  });

  test('ends with 7 when a budget stops it, and says how to go on', async () => {
    const { out, code } = await reelmill(['run'], { BUDGET: { per_month_usd: 0 } });
    expect(code).toBe(7);
    expect(out).toContain(
      'The budget for the UTC month (BUDGET.per_month_usd) would be passed: 0.00 of 0.00 USD are spent or reserved',
    );
    expect(out).toContain('raise BUDGET.per_month_usd');
    // Of a budget in which the call never fits, no run is promised.
    expect(out).toMatch(/\n {2}The channel goes on from here once BUDGET\.per_month_usd is raised\.$/);
    expect(out).not.toContain('The next run goes on from here');
    const json = await reelmill(['run', '--json'], { BUDGET: { per_month_usd: 0 } });
    expect(JSON.parse(json.out)).toMatchObject({
      exitCode: 7,
      failure: { code: 'budget_reached', budget: { budget: 'month', freesAt: null } },
    });
  });
});

test('BUDGET a run that a day’s budget stopped names the moment from which the next one goes on', () => {
  const budget = { budget: 'day', limitUsd: 1, spentUsd: 1, costUsd: 0.1 } as const;
  const freesAt = '2026-02-01T00:00:00.000Z';
  const stopped = failure('budget_reached', 'stopped', {}, { budget: { ...budget, freesAt } });
  const report = { stop: 'failed', id: null, tasksProcessed: 0, actions: [] } as const;
  expect(nextAfter({ ...report, failure: stopped.failure })).toBe(
    'The first run after 2026-02-01 00:00 UTC goes on from here.',
  );
  expect(nextAfter({ ...report, failure: failure('store_unavailable', 'no').failure })).toBe(
    'The next run goes on from here.',
  );
  const denied = { ...report, failure: failure('provider_denied', 'no').failure };
  const after = (event: 'submission-withdrawn' | 'image-refused') =>
    nextAfter({ ...denied, actions: [{ action: 'request-image', event }] });
  expect(after('submission-withdrawn')).toBe('The channel goes on from here once this is mended.');
  // Refused often enough, it ends in a mock by itself.
  expect(after('image-refused')).toBe('The next run goes on from here.');
});

test('D4 a run that came within the pause after a failed order names the moment from which one tries again', () => {
  const report = { stop: 'backing-off', id: null, tasksProcessed: 0, actions: [], failure: null } as const;
  expect(nextAfter({ ...report, until: '2026-02-01T00:10:00.000000+00:00' })).toBe(
    'The first run after 2026-02-01 00:10 UTC tries again.',
  );
});

test('BUDGET bars show an eighth of a column, and something for every cost', () => {
  const bars = barChart(
    [
      { day: '2026-01-01', usd: 8 },
      { day: '2026-01-02', usd: 3.5 },
      { day: '2026-01-03', usd: 0.000_1 },
      { day: '2026-01-04', usd: 0 },
    ],
    8,
  );
  expect(bars).toEqual([
    '01-01  ████████  $8.00',
    '01-02  ███▌      $3.50',
    '01-03  ▏         $0.0001',
    '01-04            –',
  ]);
  expect(barChart([])).toEqual([]);
});
