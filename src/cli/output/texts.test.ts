import pc from 'picocolors';
import { expect, test } from 'vitest';

import { amountOf } from '../../domain/budget.ts';
import { failure } from '../../domain/failure.ts';
import type { RunReport } from '../../runtime/run-channel.ts';
import type { Cli, GlobalOptions } from '../cli.ts';
import type { Media } from '../../domain/post.ts';
import { reportRun } from './run-report.ts';
import { dollars, nextAfter } from './texts.ts';

test('BUDGET below ten cents an amount is shown as a budget’s sentence has it, from there on in cents', () => {
  for (const usd of [0, 0.000_07, 0.0004, 0.006, 0.048, 0.07]) expect(dollars(usd)).toBe(`$${amountOf(usd)}`);
  expect(dollars(0.000_07)).toBe('$0.00007');
  expect(dollars(0.585)).toMatch(/^\$0\.5[89]$/);
  expect(dollars(10)).toBe('$10.00');
});

const FAILED: RunReport = { stop: 'failed', id: null, tasksProcessed: 0, actions: [], failure: null };
const MENDED = 'The channel goes on from here once this is mended.';
const GOES_ON = 'The next run goes on from here.';

test.each([
  ['a damaged document, met before the first action', 'state_damaged', [], MENDED],
  ['a store whose folder is a file', 'store_invalid', [], MENDED],
  ['a refused key of the bucket', 'store_denied', [{ action: 'tidy', event: null }], MENDED],
  [
    'damage that is met after an action went well',
    'state_damaged',
    [{ action: 'write-content', event: 'content-written' }],
    MENDED,
  ],
  ['a missing key', 'secret_missing', [{ action: 'request-image', event: 'submission-withdrawn' }], MENDED],
  ['a bucket that does not answer', 'store_unavailable', [], GOES_ON],
  [
    'an order that was refused, and is counted',
    'provider_denied',
    [{ action: 'request-image', event: 'image-refused' }],
    GOES_ON,
  ],
] as const)('I4 D4 after %s no run is promised that could not get past it', (_what, code, actions, next) => {
  expect(nextAfter({ ...FAILED, actions, failure: failure(code, 'no').failure })).toBe(next);
});

/** What is printed of a run that has ended. */
function printed(report: RunReport, media: Media | null, options: GlobalOptions = {}): string[] {
  const lines: string[] = [];
  const cli: Cli = {
    variables: {},
    print: (line) => lines.push(line),
    tell: () => {},
    colors: pc.createColors(false),
    live: false,
    signal: new AbortController().signal,
    setExitCode: () => {},
  };
  reportRun(cli, options, 'run', report, media);
  return lines;
}

test('a wrong use of a command says nothing about the next run', () => {
  const advice = { advice: 'Give another id.' };
  const refused = failure('usage', 'The post lies in 444/ already', {}, advice).failure;
  const lines = printed({ ...FAILED, failure: refused }, null);
  expect(lines).toEqual(['● The run ended early.', '  The post lies in 444/ already. Give another id.']);
});

test('I7 a finished post that is a mock is not printed as if it were real, nor kept quiet', () => {
  const done: RunReport = { ...FAILED, stop: 'task-done' };
  const mock: Media = { image: 'midjourney', video: 'mock', reason: 'Runway failed the task.' };
  const line = '  ▲ Picture: by Midjourney. Video: a mock in its place. Runway failed the task.';
  expect(printed(done, mock)).toContain(line);
  expect(printed(done, mock, { quiet: true })).toContain(line);
  expect(printed(done, { image: 'placeholder', video: 'mock' }).join()).toContain('▲ Picture: a title card');
  expect(JSON.parse(printed(done, mock, { json: true }).join(''))).toMatchObject({ media: mock });
  const real: Media = { image: 'midjourney', video: 'runway' };
  expect(printed(done, real).join()).not.toContain('▲');
  expect(printed(done, real, { quiet: true })).toEqual([]);
});
