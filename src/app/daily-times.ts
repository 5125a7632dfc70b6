/** Times of day in a zone and in UTC: schedulers such as GitHub's know only UTC, owners only their own clock. */

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;

/** Minutes that the zone is ahead of UTC at a moment. */
export function zoneOffsetMinutes(zone: string, at: Date): number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
  return Math.round((local - Math.floor(at.getTime() / MINUTE) * MINUTE) / MINUTE);
}

/** A time of day of one zone in another, by the offsets of that moment; zones with summer time shift it twice a year. */
export function shiftTimeOfDay(time: string, from: string, to: string, at: Date): string {
  return timeText(minutesOf(time) - zoneOffsetMinutes(from, at) + zoneOffsetMinutes(to, at));
}

/** The next moment, after `now`, at which one of these times of day comes in the zone; null without times. */
export function nextTime(times: readonly string[], zone: string, now: Date): Date | null {
  const moments = times.flatMap((time) => [0, 1, 2].map((day) => momentOf(time, zone, now, day)));
  const later = moments.filter((moment) => moment.getTime() > now.getTime());
  return later.length === 0 ? null : new Date(Math.min(...later.map((moment) => moment.getTime())));
}

/** The last moment, not after `now`, at which one of these times of day came. */
export function lastTime(times: readonly string[], zone: string, now: Date): Date | null {
  const moments = times.flatMap((time) => [0, -1, -2].map((day) => momentOf(time, zone, now, day)));
  const earlier = moments.filter((moment) => moment.getTime() <= now.getTime());
  return earlier.length === 0 ? null : new Date(Math.max(...earlier.map((moment) => moment.getTime())));
}

/** `day`: so many days of the zone's calendar after today; a day of 23 or 25 hours is one, too. */
function momentOf(time: string, zone: string, now: Date, day: number): Date {
  const offset = zoneOffsetMinutes(zone, now);
  const local = new Date(now.getTime() + offset * MINUTE);
  const midnight = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + day);
  const guess = new Date(midnight + (minutesOf(time) - offset) * MINUTE);
  // Before or after a change, the offset at that hour is what counts.
  const there = zoneOffsetMinutes(zone, guess);
  return new Date(midnight + (minutesOf(time) - there) * MINUTE);
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function timeText(minutes: number): string {
  const whole = ((minutes % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(Math.floor(whole / 60))}:${pad(whole % 60)}`;
}
