/**
 * Runs a channel by the clock for months: a loop that sleeps until something is due and then makes one run. A machine that
 * slept, a run that took long and a restart all look the same to it: slots have passed that nobody served, and the newest
 * of them is made up for once.
 */
import { describeFailure, type FailureCode } from '../domain/failure.ts';
import { cameToWork } from '../domain/run-record.ts';
import { isAheadOfClocks, MOST_CLOCK_DIFFERENCE_SECONDS } from '../domain/timestamp.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { RunReport } from './run-channel.ts';
import type { RunMode, Slot, Timetable } from './timetable.ts';
import type { Wake } from './wake.ts';

/** Why a run is made: its time came, the process began, or a provider reported. */
export type RunReason = 'schedule' | 'start' | 'webhook';

export interface RunOrder {
  readonly mode: RunMode;
  readonly reason: RunReason;
  /** The time that it is made for; null when for none. */
  readonly slot: Date | null;
}

/** How a run ended, as far as its scheduler is concerned. */
export interface ScheduledRun extends RunOrder {
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** `crashed`: a bug of ours. */
  readonly stop: RunReport['stop'] | 'crashed';
  readonly failure: { readonly code: FailureCode | 'bug'; readonly message: string } | null;
  /** The post that it worked on. */
  readonly id: string | null;
  /** Who held the channel, when `stop` is `locked`. */
  readonly holder: string | null;
}

export interface SchedulerParts {
  readonly clock: Clock;
  readonly timetable: Timetable;
  readonly wake: Wake;
  /** When a main run was last begun and brought to its end, by whomever; null when none is known. */
  readonly lastMainRun: () => Promise<Date | null>;
  readonly log: Log;
  /** Ends the loop, and, being the run's own signal too, the run. */
  readonly signal: AbortSignal;
  readonly run: (order: RunOrder) => Promise<RunReport>;
  /** The first run is a main run, whatever the time. */
  readonly startWithMain: boolean;
}

/** What health is judged by. */
export interface SchedulerFacts {
  readonly startedAt: Date;
  readonly next: Slot;
  readonly running: (RunOrder & { readonly since: Date }) | null;
  readonly lastRun: ScheduledRun | null;
  /** The last run that failed, until one has gone well that could have failed in the same way. */
  readonly failing: ScheduledRun | null;
  /** A main run that was due and is not made up for any more. */
  readonly missedMain: Date | null;
  /** A slot that is due and not served; a main run before a check. */
  readonly overdue: Slot | null;
  /** The last try of the overdue main run, when it was tried and came to nothing. */
  readonly tried: ScheduledRun | null;
}

/** A main run is made up for when it is at most this late; the next one is nearer then. */
export const LATEST_MAIN_SECONDS = 12 * 3600;
/** Between the end of a run and one that a webhook asks for. */
export const WAKE_PAUSE_SECONDS = 5;
/**
 * Before a main run that came to nothing is tried again: at first a minute, doubled with each further try. Half an hour
 * is more than a dead run’s lease lasts, and makes less than thirty tries until the slot is given up (I6).
 */
const RETRY_SECONDS = { first: 60, longest: 1_800 };
/** Timers do not know that the machine slept or that its clock was set, so that no sleep is longer than this. */
const LONGEST_SLEEP_SECONDS = 60;

export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #startedAt: Date;
  /** Up to these moments, slots of the mode are served. */
  readonly #served: Record<RunMode, Date>;
  #running: SchedulerFacts['running'] = null;
  #lastRun: ScheduledRun | null = null;
  #failing: ScheduledRun | null = null;
  #missedMain: Date | null = null;
  /** A main run that is owed although no time of the timetable says so: that of the start. */
  #extraMain: Date | null = null;
  #tried: { readonly run: ScheduledRun; readonly pauseSeconds: number; readonly againAt: number } | null =
    null;
  /** Monotonic second in which the last run ended. */
  #quietSince: number;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    this.#served = { main: this.#startedAt, check: this.#startedAt };
    this.#quietSince = parts.clock.monotonicSeconds();
  }

  /** Resolves when the signal has fired and the run that was going on has ended. */
  async loop(): Promise<void> {
    const { signal, wake } = this.#parts;
    await this.#begin();
    while (!signal.aborted) {
      const now = this.#now();
      this.#giveUpLateMain(now);
      const due = this.#due(now);
      if (due !== null) await this.#makeDue(due);
      else if (wake.waiting && this.#secondsUntilWake() <= 0) {
        wake.answer();
        const owed = this.#owedMain(now);
        if (owed === null || !(await this.#makeDue(owed)))
          await this.#make({ mode: 'check', reason: 'webhook', slot: null });
      } else await this.#sleep();
    }
  }

  facts(): SchedulerFacts {
    const now = this.#now();
    const owed = this.#owedMain(now);
    return {
      startedAt: this.#startedAt,
      next: this.#parts.timetable.next(now),
      running: this.#running,
      lastRun: this.#lastRun,
      failing: this.#failing,
      missedMain: this.#missedMain,
      overdue: owed ?? this.#dueCheck(now),
      tried: owed === null ? null : (this.#tried?.run ?? null),
    };
  }

  /**
   * The clock that had been ahead may have been set right: what was served by a moment that has not come yet would keep
   * every slot until then from being made (I4). A small step back stays below the bound, or a slot would come twice (R2).
   */
  #now(): Date {
    const now = this.#parts.clock.now();
    for (const mode of ['main', 'check'] as const)
      if (isAheadOfClocks(this.#served[mode], now)) this.#served[mode] = now;
    if (this.#extraMain !== null && isAheadOfClocks(this.#extraMain, now)) this.#extraMain = now;
    if (this.#running !== null && isAheadOfClocks(this.#running.since, now))
      this.#running = { ...this.#running, since: now };
    return now;
  }

  /** What is being made when the process ended is taken up by a check; only a main run starts something new. */
  async #begin(): Promise<void> {
    const { lastMainRun, signal, startWithMain, timetable } = this.#parts;
    const known = await lastMainRun();
    if (signal.aborted) return;
    const now = this.#now();
    const lastMain = timetable.last('main', now);
    // One that an earlier process did not come to is due, or missed, like any other.
    if (known !== null && lastMain !== null && lastMain > known) this.#served.main = known;
    if (startWithMain) {
      // Owed like any other, until it has taken place.
      this.#extraMain = now;
      this.#served.main = new Date(Math.min(this.#served.main.getTime(), now.getTime() - 1));
      return this.#make({ mode: 'main', reason: 'start', slot: null });
    }
    this.#giveUpLateMain(now);
    if (this.#due(now) === null) await this.#make({ mode: 'check', reason: 'start', slot: null });
  }

  /**
   * The newest slot that is to be served now; a main run before a check, since it does all that a check does. A main run
   * that is to be tried again therefore takes the place of any check that comes before its pause is over.
   */
  #due(now: Date): Slot | null {
    const main = this.#owedMain(now);
    const check = this.#dueCheck(now);
    if (main === null) return check;
    const pause = this.#tried === null ? 0 : this.#tried.againAt - this.#parts.clock.monotonicSeconds();
    return pause <= 0 || check !== null ? main : null;
  }

  #owedMain(now: Date): Slot | null {
    const main = this.#lastMain(now);
    if (main === null || main <= this.#served.main || this.#tooLate(main, now)) return null;
    return { at: main, mode: 'main' };
  }

  #dueCheck(now: Date): Slot | null {
    const check = this.#parts.timetable.last('check', now);
    return check !== null && check > this.#served.check ? { at: check, mode: 'check' } : null;
  }

  #lastMain(now: Date): Date | null {
    const main = this.#parts.timetable.last('main', now);
    if (this.#extraMain === null) return main;
    return main === null || main < this.#extraMain ? this.#extraMain : main;
  }

  #tooLate(slot: Date, now: Date): boolean {
    return now.getTime() - slot.getTime() > LATEST_MAIN_SECONDS * 1000;
  }

  /** False: whoever held the channel was making the very run that is owed, and the day has one (R2). */
  async #makeDue({ at, mode }: Slot): Promise<boolean> {
    if (mode === 'main' && this.#tried !== null && (await this.#madeElsewhere(at))) {
      this.#parts.log.info('The main run was made by somebody else', { slot: at.toISOString() });
      this.#mainServed(at);
      return false;
    }
    await this.#make({ mode, reason: 'schedule', slot: at });
    return true;
  }

  async #madeElsewhere(slot: Date): Promise<boolean> {
    const known = await this.#parts.lastMainRun();
    return known !== null && known.getTime() >= slot.getTime() - MOST_CLOCK_DIFFERENCE_SECONDS * 1000;
  }

  #mainServed(until: Date): void {
    this.#served.main = until;
    this.#extraMain = null;
    this.#tried = null;
    this.#missedMain = null;
  }

  async #make(order: RunOrder): Promise<void> {
    const { clock, log, signal } = this.#parts;
    const startedAt = clock.now();
    this.#running = { ...order, since: startedAt };
    log.info('A run begins', { mode: order.mode, reason: order.reason, slot: order.slot?.toISOString() });
    const { worked, ...ended } = await this.#attempt(order);
    const record: ScheduledRun = { ...order, startedAt, endedAt: clock.now(), ...ended };
    this.#running = null;
    this.#lastRun = record;
    this.#quietSince = clock.monotonicSeconds();
    this.#served.check = startedAt;
    if (order.mode === 'main') {
      if (worked) this.#mainServed(startedAt);
      else if (!signal.aborted) this.#tryAgain(record);
    }
    if (wentWell(record)) this.#failing = disproves(record, this.#failing) ? null : this.#failing;
    else if (!signal.aborted) this.#failing = record;
    const facts = { mode: record.mode, stop: record.stop, post: record.id };
    if (record.failure === null) log.info('The run has ended', facts);
    else log.warn(`The run has failed: ${record.failure.message}`, facts);
  }

  /** The channel was held, or could not be reached: the day's post is not made yet (R1, I4). */
  #tryAgain(run: ScheduledRun): void {
    const { clock, log } = this.#parts;
    const pauseSeconds =
      this.#tried === null
        ? RETRY_SECONDS.first
        : Math.min(this.#tried.pauseSeconds * 2, RETRY_SECONDS.longest);
    this.#tried = { run, pauseSeconds, againAt: clock.monotonicSeconds() + pauseSeconds };
    log.warn('The main run came to nothing and is tried again', {
      stop: run.stop,
      pauseSeconds,
      ...(run.holder === null ? {} : { holder: run.holder }),
    });
  }

  /** A bug in one run must not end the next ones. It may have come after anything, so that its run counts as made. */
  async #attempt(
    order: RunOrder,
  ): Promise<Pick<ScheduledRun, 'stop' | 'failure' | 'id' | 'holder'> & { readonly worked: boolean }> {
    try {
      const { actions, failure, holder = null, id, stop } = await this.#parts.run(order);
      const spoken = failure === null ? null : { code: failure.code, message: describeFailure(failure) };
      const worked = cameToWork({ stop, actions: actions.map(({ action }) => action) });
      return { stop, id, failure: spoken, holder, worked };
    } catch (error) {
      this.#parts.log.error('A run ended with a bug; please report it', { error });
      const message = error instanceof Error ? error.message : String(error);
      return { stop: 'crashed', id: null, failure: { code: 'bug', message }, holder: null, worked: true };
    }
  }

  #giveUpLateMain(now: Date): void {
    const main = this.#lastMain(now);
    if (main === null || main <= this.#served.main || !this.#tooLate(main, now)) return;
    this.#mainServed(main);
    this.#missedMain = main;
    this.#parts.log.warn('The main run was not made in time, and the next one is nearer', {
      slot: main.toISOString(),
    });
  }

  #secondsUntilWake(): number {
    return WAKE_PAUSE_SECONDS - (this.#parts.clock.monotonicSeconds() - this.#quietSince);
  }

  async #sleep(): Promise<void> {
    const { clock, signal, timetable, wake } = this.#parts;
    const now = clock.now();
    const untilNext = (timetable.next(now).at.getTime() - now.getTime()) / 1000;
    const pause = wake.waiting ? this.#secondsUntilWake() : Infinity;
    const seconds = Math.min(untilNext, pause, LONGEST_SLEEP_SECONDS);
    await clock.sleep(seconds, wake.waiting ? signal : AbortSignal.any([signal, wake.signal]));
  }
}

function wentWell({ failure, stop }: ScheduledRun): boolean {
  return failure === null && stop !== 'check-failed';
}

/** A check that found nothing to do says nothing about why the main run failed. */
function disproves(record: ScheduledRun, failing: ScheduledRun | null): boolean {
  if (record.mode === 'main' || failing?.mode === 'check') return record.stop !== 'locked';
  return !['nothing-active', 'backing-off', 'locked', 'interrupted'].includes(record.stop);
}
