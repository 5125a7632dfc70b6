/** Times of day between zones: a run an hour late for half of the year is a post that comes late every day. */
import { expect, test } from 'vitest';
import { shiftTimeOfDay } from './daily-times.ts';

const at = (text: string): Date => new Date(`${text}Z`);

test('R1 a time of day is shifted by the offsets of the day, also over midnight and by half hours', () => {
  expect(shiftTimeOfDay('20:30', 'UTC', 'UTC', at('2026-11-24T12:00'))).toBe('20:30');
  expect(shiftTimeOfDay('21:30', 'Europe/Moscow', 'UTC', at('2026-11-24T12:00'))).toBe('18:30');
  expect(shiftTimeOfDay('20:30', 'Europe/Berlin', 'UTC', at('2026-07-01T12:00'))).toBe('18:30');
  expect(shiftTimeOfDay('20:30', 'Europe/Berlin', 'UTC', at('2026-12-01T12:00'))).toBe('19:30');
  expect(shiftTimeOfDay('01:00', 'Asia/Kolkata', 'UTC', at('2026-12-01T12:00'))).toBe('19:30');
  expect(shiftTimeOfDay('20:30', 'America/New_York', 'Asia/Tokyo', at('2026-12-01T12:00'))).toBe('10:30');
});
