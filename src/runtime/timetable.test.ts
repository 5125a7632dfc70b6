import fc from 'fast-check';
import { expect, test } from 'vitest';

import { createTimetable, DailyTime } from './timetable.ts';

const at = (text: string): Date => new Date(text);
const iso = (moment: Date | null): string | null => moment?.toISOString().slice(0, 19) ?? null;

/** The moments of one daily time, `count` of them after `from`. */
function series(time: string, zone: string, from: string, count: number): (string | null)[] {
  const daily = new DailyTime(time, zone);
  const found: (string | null)[] = [];
  let moment = at(from);
  for (let index = 0; index < count; index += 1) {
    moment = daily.next(moment);
    found.push(iso(moment));
  }
  return found;
}

const OWNERS = { main: '20:30', checks: ['21:30', '01:30'], timezone: 'UTC' };

test('R1 a day of the owner’s schedule: main at 20:30, checks at 21:30 and 01:30 UTC', () => {
  const timetable = createTimetable(OWNERS);
  const slots: string[] = [];
  let moment = at('2026-11-24T12:00:00Z');
  while (slots.length < 4) {
    const slot = timetable.next(moment);
    slots.push(`${slot.mode} ${iso(slot.at)}`);
    moment = slot.at;
  }
  expect(slots).toEqual([
    'main 2026-11-24T20:30:00',
    'check 2026-11-24T21:30:00',
    'check 2026-11-25T01:30:00',
    'main 2026-11-25T20:30:00',
  ]);
});

test('R1 the last slot counts from its very moment, and not a second earlier', () => {
  const timetable = createTimetable(OWNERS);
  expect(iso(timetable.last('main', at('2026-11-24T20:30:00.000Z')))).toBe('2026-11-24T20:30:00');
  expect(iso(timetable.last('main', at('2026-11-24T20:30:00.999Z')))).toBe('2026-11-24T20:30:00');
  expect(iso(timetable.last('main', at('2026-11-24T20:29:59.999Z')))).toBe('2026-11-23T20:30:00');
  expect(iso(timetable.last('check', at('2026-11-24T20:30:00Z')))).toBe('2026-11-24T01:30:00');
});

test('R1 where a check and the main run are due at once, it is the main run', () => {
  const timetable = createTimetable({ main: '09:00', checks: ['09:00'], timezone: 'Europe/Berlin' });
  expect(timetable.next(at('2026-06-01T00:00:00Z'))).toEqual({
    at: at('2026-06-01T07:00:00Z'),
    mode: 'main',
  });
});

test('R1 without checks there is no last one', () => {
  const timetable = createTimetable({ main: '09:00', checks: [], timezone: 'UTC' });
  expect(timetable.last('check', at('2026-06-01T00:00:00Z'))).toBeNull();
  expect(timetable.next(at('2026-06-01T00:00:00Z')).mode).toBe('main');
});

test('R1 a time that the change to summer time swallows comes right after the gap, on that day too', () => {
  expect(series('02:30', 'Europe/Berlin', '2026-03-28T00:00:00Z', 3)).toEqual([
    '2026-03-28T01:30:00',
    '2026-03-29T01:00:00',
    '2026-03-30T00:30:00',
  ]);
});

test('R1 a time that comes twice when summer time ends counts once', () => {
  expect(series('02:30', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
    '2026-10-25T00:30:00',
    '2026-10-26T01:30:00',
  ]);
  const daily = new DailyTime('02:30', 'Europe/Berlin');
  expect(iso(daily.last(at('2026-10-25T01:45:00Z')))).toBe('2026-10-25T00:30:00');
});

test.each([
  ['Europe/Berlin', '02:30'],
  ['America/Santiago', '00:00'],
  ['Australia/Lord_Howe', '02:15'],
  ['Asia/Kathmandu', '20:30'],
  ['America/New_York', '01:30'],
  ['Africa/Casablanca', '02:30'],
  ['UTC', '23:59'],
])('R1 %s at %s: one slot each local day for two years, and `last` agrees with `next`', (zone, time) => {
  const daily = new DailyTime(time, zone);
  const localDay = new Intl.DateTimeFormat('en-CA', { timeZone: zone });
  let moment = at('2026-01-01T00:00:00Z');
  const days = new Set<string>();
  for (let count = 0; count < 730; count += 1) {
    const next = daily.next(moment);
    days.add(localDay.format(next));
    expect(iso(daily.last(next)), 'the slot itself').toBe(iso(next));
    if (count > 0) expect(iso(daily.last(new Date(next.getTime() - 1))), 'the one before').toBe(iso(moment));
    const hours = (next.getTime() - moment.getTime()) / 3_600_000;
    if (count > 0) expect(hours).toBeGreaterThan(22.4);
    expect(hours).toBeLessThan(25.6);
    moment = next;
  }
  expect(days.size).toBe(730);
});

test('R1 whatever the zone and the moment, the next time is in the future, the last is not, and both read as asked', () => {
  const zones = ['UTC', 'Europe/Moscow', 'Asia/Kathmandu', 'Pacific/Auckland', 'America/St_Johns'];
  const from = at('2025-01-01T00:00:00Z');
  const until = at('2028-01-01T00:00:00Z');
  const moments = fc.date({ min: from, max: until, noInvalidDate: true });
  const minutes = fc.integer({ min: 0, max: 1439 });
  const pad = (value: number): string => String(value).padStart(2, '0');
  fc.assert(
    fc.property(fc.constantFrom(...zones), minutes, moments, (timeZone, minute, now) => {
      const daily = new DailyTime(`${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`, timeZone);
      const [next, last] = [daily.next(now), daily.last(now)];
      expect(next.getTime()).toBeGreaterThan(now.getTime());
      expect(last.getTime()).toBeLessThanOrEqual(now.getTime());
      expect(next.getTime() - last.getTime()).toBeLessThanOrEqual(25 * 3_600_000);
      const read = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
      for (const moment of [next, last]) {
        const [hours = 0, rest = 0] = read.format(moment).split(':').map(Number);
        // In the hour that a clock jumps over there is no such time; the first one after it is taken.
        const off = (hours * 60 + rest - minute + 1440) % 1440;
        expect(off).toBeLessThanOrEqual(60);
      }
    }),
    { numRuns: 300 },
  );
});
