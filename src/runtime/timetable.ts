/**
 * When runs are due: times of day in a zone. Summer time is the whole difficulty (a time that does not exist on one day,
 * and comes twice on another), so a kept cron library knows it, and a day never loses or doubles its main run.
 */
import { Cron } from 'croner';

export type RunMode = 'main' | 'check';

export interface Slot {
  readonly at: Date;
  readonly mode: RunMode;
}

export interface Timetable {
  /** The first slot after `moment`. Where both are due at once, the main run: it does all that a check does. */
  next(moment: Date): Slot;
  /** The last slot of this mode, at `moment` or before it; null when the mode has no times. */
  last(mode: RunMode, moment: Date): Date | null;
}

/** Times of day, `HH:MM`, in a zone that `Intl` knows. */
export interface TimetableSettings {
  readonly main: string;
  readonly checks: readonly string[];
  readonly timezone: string;
}

/** On a day without the time of day, its slot is the first moment after the gap; on a day that has it twice, the first. */
export function createTimetable({ main, checks, timezone }: TimetableSettings): Timetable {
  const times = {
    main: [new DailyTime(main, timezone)],
    check: [...new Set(checks)].map((time) => new DailyTime(time, timezone)),
  };
  return {
    next(moment) {
      const at = earliest(times.main.map((time) => time.next(moment)));
      const check = earliest(times.check.map((time) => time.next(moment)));
      if (at === null) throw new Error('A timetable without a main run');
      return check !== null && check < at ? { at: check, mode: 'check' } : { at, mode: 'main' };
    },
    last: (mode, moment) => latest(times[mode].map((time) => time.last(moment))),
  };
}

/** One time of day in a zone, as a series of moments. */
export class DailyTime {
  readonly #cron: Cron;
  /** The neighbours that were found last: a scheduler asks every minute, and a search takes about a millisecond. */
  #known: { readonly last: Date; readonly next: Date } | null = null;

  /** `time`: `HH:MM`. */
  constructor(time: string, timezone: string) {
    const [hours = '0', minutes = '0'] = time.split(':');
    this.#cron = new Cron(`${Number(minutes)} ${Number(hours)} * * *`, { timezone, paused: true });
  }

  /** Strictly after `moment`. */
  next(moment: Date): Date {
    return this.#around(moment).next;
  }

  /** At `moment` or before it. */
  last(moment: Date): Date {
    return this.#around(moment).last;
  }

  #around(moment: Date): { readonly last: Date; readonly next: Date } {
    if (this.#known !== null && moment >= this.#known.last && moment < this.#known.next) return this.#known;
    // The library looks strictly before, and in whole seconds.
    const second = Math.floor(moment.getTime() / 1000) + 1;
    const [last] = this.#cron.previousRuns(1, new Date(second * 1000));
    const next = this.#cron.nextRun(moment);
    if (last === undefined || next === null) throw new Error('A time of day that never comes');
    this.#known = { last, next };
    return this.#known;
  }
}

function earliest(moments: readonly Date[]): Date | null {
  return moments.length === 0 ? null : new Date(Math.min(...moments.map((moment) => moment.getTime())));
}

function latest(moments: readonly Date[]): Date | null {
  return moments.length === 0 ? null : new Date(Math.max(...moments.map((moment) => moment.getTime())));
}
