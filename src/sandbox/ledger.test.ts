import { describe, expect, test } from 'vitest';

import { Ledger, type LedgerEntry } from './ledger.ts';

const paid = (change: Partial<LedgerEntry> = {}) => ({
  provider: 'piapi',
  kind: 'image' as const,
  model: 'midjourney fast',
  prompt: 'A door',
  at: '2026-11-24T20:30:00.000Z',
  outcome: 'accepted' as const,
  status: 200,
  taskId: 'task',
  account: 'abcd1234',
  postId: null,
  endsEmpty: false,
  costUsd: 0.05,
  ...change,
});

function twice(first: Partial<LedgerEntry>, second: Partial<LedgerEntry>): number {
  const ledger = new Ledger();
  ledger.add(paid(first));
  ledger.add(paid(second));
  return ledger.paidTwice().length;
}

describe('I3 a double payment', () => {
  test.each([
    ['two good tasks', {}, {}, 1],
    ['one whose answer was lost, and another', { outcome: 'lost' }, {}, 1],
    ['one that was refused, and another', { outcome: 'refused' }, {}, 0],
    ['one that was made to fail, and another', { endsEmpty: true }, {}, 0],
    ['a picture and its upscale', {}, { kind: 'upscale' }, 0],
    ['two texts', { kind: 'text' }, { kind: 'text' }, 0],
    ['a picture and a video', {}, { kind: 'video' }, 0],
  ] as const)('%s', (_, first, second, expected) => {
    expect(twice(first, second)).toBe(expected);
  });

  test('is found although the second prompt has other white space', () => {
    const ledger = new Ledger();
    ledger.add(paid());
    ledger.add({ ...paid(), prompt: ' A  door\n' });
    expect(ledger.paidTwice()).toMatchObject([[{ number: 1 }, { number: 2 }]]);
    expect(ledger.totalUsd()).toBeCloseTo(0.1, 10);
  });
});

test('the entries that are given out are a copy', () => {
  const ledger = new Ledger();
  ledger.add(paid());
  ledger.entries().pop();
  expect(ledger.entries()).toHaveLength(1);
});
