import pc from 'picocolors';
import { expect, test } from 'vitest';

import { amountOf } from '../../domain/budget.ts';
import { failure } from '../../domain/failure.ts';
import type { RunReport } from '../../runtime/run-channel.ts';
import type { Cli } from '../cli.ts';
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

test('a wrong use of a command says nothing about the next run', () => {
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
  const advice = { advice: 'Give another id.' };
  const refused = failure('usage', 'The post lies in 444/ already', {}, advice).failure;
  reportRun(cli, {}, 'generate-content', { ...FAILED, failure: refused });
  expect(lines).toEqual(['● The run ended early.', '  The post lies in 444/ already. Give another id.']);
});
