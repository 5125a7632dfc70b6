/** A time of day in another zone: schedulers such as GitHub's know only UTC, owners only their own clock. */

const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;

/** Minutes that the zone is ahead of UTC at a moment. */
function zoneOffsetMinutes(zone: string, at: Date): number {
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

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function timeText(minutes: number): string {
  const whole = ((minutes % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(Math.floor(whole / 60))}:${pad(whole % 60)}`;
}
