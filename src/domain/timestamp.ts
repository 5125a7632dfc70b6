/** S5: how moments are written into the state, and which older spellings are understood. */

const SPELLING = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?\s*(Z|z|[+-]\d{2}:?\d{2})?$/;

/** `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`, always UTC; the last three digits are zero, since our clock counts milliseconds. */
export function formatTimestamp(moment: Date): string {
  return moment.toISOString().replace('Z', '000+00:00');
}

/** Also reads a `Z` suffix, any offset, and no offset at all (which means UTC). `null` when it is no moment. */
export function parseTimestamp(text: string): Date | null {
  const parts = SPELLING.exec(text.trim());
  if (!parts) return null;
  const [, day, time, fraction = '', zone = 'Z'] = parts;
  if (!isOnCalendar(day ?? '', time ?? '')) return null;
  const offset =
    zone.toUpperCase() === 'Z' ? 'Z' : zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const moment = new Date(`${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`);
  return Number.isNaN(moment.getTime()) ? null : moment;
}

/** No two runners' clocks are allowed to differ by more (WORKFLOW.clock_bound_seconds). */
export const MOST_CLOCK_DIFFERENCE_SECONDS = 600;

/** Whether a moment lies further ahead than clocks differ: a clock that was ahead wrote it, and was set right since. */
export function isAheadOfClocks(moment: Date, now: Date): boolean {
  return moment.getTime() - now.getTime() > MOST_CLOCK_DIFFERENCE_SECONDS * 1000;
}

/**
 * Seconds since a stored moment, below zero when another runner's clock is ahead. Infinite for one that cannot be right,
 * unreadable or further ahead than clocks differ: otherwise a slip of a hand would be waited for, for years (I4).
 */
export function secondsSince(text: string, now: Date): number {
  const moment = parseTimestamp(text);
  if (moment === null) return Number.POSITIVE_INFINITY;
  if (isAheadOfClocks(moment, now)) return Number.POSITIVE_INFINITY;
  return (now.getTime() - moment.getTime()) / 1000;
}

/** JavaScript rolls 30 February over into March; here it is no moment, so that a damaged document is noticed. */
function isOnCalendar(day: string, time: string): boolean {
  const moment = new Date(`${day}T${time}Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(`${day}T${time}`);
}
