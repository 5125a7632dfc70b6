import * as fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { formatTimestamp, parseTimestamp, secondsSince } from './timestamp.ts';

afterEach(() => vi.unstubAllEnvs());

test('S5 a moment is written with six digits and +00:00', () => {
  expect(formatTimestamp(new Date('2026-01-31T20:30:05.042Z'))).toBe('2026-01-31T20:30:05.042000+00:00');
});

test('S5 a Z, an offset and none at all are read; none means UTC, wherever the machine is', () => {
  vi.stubEnv('TZ', 'America/New_York');
  expect(new Date(0).getTimezoneOffset()).not.toBe(0);
  for (const text of [
    '2026-01-31T20:30:05.042123+00:00',
    '2026-01-31T20:30:05.042Z',
    '2026-01-31T20:30:05.042z',
    '2026-01-31T20:30:05.042',
    '2026-01-31 20:30:05.042123',
    '2026-01-31T23:30:05.042+03:00',
    '2026-01-31T23:30:05.042+0300',
    ' 2026-01-31T15:30:05.042-05:00 ',
  ])
    expect(parseTimestamp(text)?.toISOString(), text).toBe('2026-01-31T20:30:05.042Z');
  expect(parseTimestamp('2026-01-31T20:30:05')?.getMilliseconds()).toBe(0);
});

test('S5 what is no moment is null, and never another moment', () => {
  for (const text of [
    '',
    'yesterday',
    '2026-01-31',
    '2026-02-30T00:00:00Z',
    '2026-01-31T24:30:00Z',
    '1769891405',
    'x'.repeat(99),
  ])
    expect(parseTimestamp(text), text).toBeNull();
});

test('S5 what we write is read as the same millisecond', () => {
  const moment = fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(moment, (date) => {
      expect(parseTimestamp(formatTimestamp(date))).toEqual(date);
    }),
  );
});

test('I4 a moment that cannot be right is infinitely long ago, so that nobody waits for it', () => {
  const now = new Date('2026-01-31T20:30:00Z');
  expect(secondsSince('2026-01-31T20:29:00Z', now)).toBe(60);
  expect(secondsSince('2026-01-31T20:40:00Z', now)).toBe(-600);
  expect(secondsSince('2026-01-31T20:40:01Z', now)).toBe(Number.POSITIVE_INFINITY);
  expect(secondsSince('9999-12-31T00:00:00Z', now)).toBe(Number.POSITIVE_INFINITY);
  expect(secondsSince('yesterday', now)).toBe(Number.POSITIVE_INFINITY);
});
