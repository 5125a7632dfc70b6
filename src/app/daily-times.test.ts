/** Times of day between zones: a run an hour late for half of the year is a post that comes late every day. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastTime, nextTime, shiftTimeOfDay, zoneOffsetMinutes } from './daily-times.ts';

const at = (text: string): Date => new Date(`${text}Z`);

test('R1 a time of day is shifted by the offsets of the day, also over midnight and by half hours', () => {
  expect(shiftTimeOfDay('20:30', 'UTC', 'UTC', at('2026-11-24T12:00'))).toBe('20:30');
  expect(shiftTimeOfDay('21:30', 'Europe/Moscow', 'UTC', at('2026-11-24T12:00'))).toBe('18:30');
  expect(shiftTimeOfDay('20:30', 'Europe/Berlin', 'UTC', at('2026-07-01T12:00'))).toBe('18:30');
  expect(shiftTimeOfDay('20:30', 'Europe/Berlin', 'UTC', at('2026-12-01T12:00'))).toBe('19:30');
  expect(shiftTimeOfDay('01:00', 'Asia/Kolkata', 'UTC', at('2026-12-01T12:00'))).toBe('19:30');
  expect(shiftTimeOfDay('20:30', 'America/New_York', 'Asia/Tokyo', at('2026-12-01T12:00'))).toBe('10:30');
});

test('R1 the next and the last time come from the zone, also on the days when its clock changes', () => {
  const times = ['20:30', '01:30'];
  expect(nextTime(times, 'UTC', at('2026-11-24T20:30'))).toEqual(at('2026-11-25T01:30'));
  expect(lastTime(times, 'UTC', at('2026-11-24T20:30'))).toEqual(at('2026-11-24T20:30'));
  // Berlin goes from UTC+1 to UTC+2 at 01:00 UTC of 29 March 2026, and back on 25 October.
  expect(nextTime(['20:30'], 'Europe/Berlin', at('2026-03-28T20:00'))).toEqual(at('2026-03-29T18:30'));
  expect(lastTime(['20:30'], 'Europe/Berlin', at('2026-03-29T18:00'))).toEqual(at('2026-03-28T19:30'));
  expect(nextTime(['08:00'], 'Europe/Berlin', at('2026-10-24T23:30'))).toEqual(at('2026-10-25T07:00'));
  expect(nextTime([], 'UTC', at('2026-03-28T20:00'))).toBeNull();
});

test('R1 no day is passed over on which the clocks go forward', () => {
  const now = at('2025-09-28T11:00');
  expect(lastTime(['00:01'], 'Pacific/Auckland', now)).toEqual(at('2025-09-27T12:01'));
  expect(nextTime(['00:01'], 'Pacific/Auckland', now)).toEqual(at('2025-09-28T11:01'));
});

test('R1 whatever the zone and the moment, the next time is in the future, the last is not, and both read as asked', () => {
  const zones = ['UTC', 'Europe/Moscow', 'Asia/Kathmandu', 'Pacific/Auckland', 'America/St_Johns'];
  const hours = fc.integer({ min: 0, max: 23 });
  const minutes = fc.integer({ min: 0, max: 59 });
  const moments = fc.date({ min: at('2025-01-01T00:00'), max: at('2028-01-01T00:00'), noInvalidDate: true });
  fc.assert(
    fc.property(fc.constantFrom(...zones), hours, minutes, moments, (zone, hour, minute, now) => {
      const pad = (value: number): string => String(value).padStart(2, '0');
      const time = `${pad(hour)}:${pad(minute)}`;
      const next = nextTime([time], zone, now);
      const last = lastTime([time], zone, now);
      if (next === null || last === null) throw new Error('there is no time');
      expect(next.getTime()).toBeGreaterThan(now.getTime());
      expect(last.getTime()).toBeLessThanOrEqual(now.getTime());
      expect(next.getTime() - last.getTime()).toBeLessThanOrEqual(25 * 3_600_000);
      for (const moment of [next, last]) {
        const local = new Date(moment.getTime() + zoneOffsetMinutes(zone, moment) * 60_000);
        // In the hour that a clock jumps over there is no such time; one beside it is taken.
        const off = Math.abs(local.getUTCHours() * 60 + local.getUTCMinutes() - (hour * 60 + minute));
        expect(Math.min(off, 1440 - off)).toBeLessThanOrEqual(60);
      }
    }),
    { numRuns: 300 },
  );
});
