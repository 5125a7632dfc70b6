/**
 * Runs a channel by the clock for months: a loop that sleeps until something is due and then makes one run. A machine that
 * slept, a run that took long and a restart all look the same to it: slots have passed that nobody served, and the newest
 * of them is made up for once.
 */
import { describeFailure, type FailureCode } from '../domain/failure.ts';
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
export interface RunRecord extends RunOrder {
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** `crashed`: a bug of ours. */
  readonly stop: RunReport['stop'] | 'crashed';
  readonly failure: { readonly code: FailureCode | 'bug'; readonly message: string } | null;
  /** The post that it worked on. */
  readonly id: string | null;
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
  readonly lastRun: RunRecord | null;
  /** The last run that failed, until one has gone well that could have failed in the same way. */
  readonly failing: RunRecord | null;
  /** A main run that was due and is not made up for any more. */
  readonly missedMain: Date | null;
  /** The oldest slot that is due and not begun. */
  readonly overdue: Slot | null;
}

/** A main run is made up for when it is at most this late; the next one is nearer then. */
export const LATEST_MAIN_SECONDS = 12 * 3600;
/** Between the end of a run and one that a webhook asks for. */
export const WAKE_PAUSE_SECONDS = 5;
/** Timers do not know that the machine slept or that its clock was set, so that no sleep is longer than this. */
const LONGEST_SLEEP_SECONDS = 60;

export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #startedAt: Date;
  /** Up to these moments, slots of the mode are served. */
  readonly #served: Record<RunMode, Date>;
  #running: SchedulerFacts['running'] = null;
  #lastRun: RunRecord | null = null;
  #failing: RunRecord | null = null;
  #missedMain: Date | null = null;

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    this.#served = { main: this.#startedAt, check: this.#startedAt };
  }

  /** Resolves when the signal has fired and the run that was going on has ended. */
  async loop(): Promise<void> {
    const { clock, signal, wake } = this.#parts;
    await this.#begin();
    while (!signal.aborted) {
      this.#giveUpLateMain(clock.now());
      const due = this.#due(clock.now());
      if (due !== null) await this.#make({ mode: due.mode, reason: 'schedule', slot: due.at });
      else if (wake.waiting && this.#secondsUntilWake() <= 0) {
        wake.answer();
        await this.#make({ mode: 'check', reason: 'webhook', slot: null });
      } else await this.#sleep();
    }
  }

  facts(): SchedulerFacts {
    const now = this.#parts.clock.now();
    return {
      startedAt: this.#startedAt,
      next: this.#parts.timetable.next(now),
      running: this.#running,
      lastRun: this.#lastRun,
      failing: this.#failing,
      missedMain: this.#missedMain,
      overdue: this.#due(now),
    };
  }

  /** What is being made when the process ended is taken up by a check; only a main run starts something new. */
  async #begin(): Promise<void> {
    const { clock, lastMainRun, signal, startWithMain, timetable } = this.#parts;
    const known = await lastMainRun();
    if (signal.aborted) return;
    const now = clock.now();
    const lastMain = timetable.last('main', now);
    // One that an earlier process did not come to is due, or missed, like any other.
    if (known !== null && lastMain !== null && lastMain > known) this.#served.main = known;
    if (startWithMain) return this.#make({ mode: 'main', reason: 'start', slot: null });
    this.#giveUpLateMain(now);
    if (this.#due(now) === null) await this.#make({ mode: 'check', reason: 'start', slot: null });
  }

  /** The newest slot that nobody has served; a main run before a check, since it does all that a check does. */
  #due(now: Date): Slot | null {
    const { timetable } = this.#parts;
    const main = timetable.last('main', now);
    if (main !== null && main > this.#served.main && !this.#tooLate(main, now))
      return { at: main, mode: 'main' };
    const check = timetable.last('check', now);
    return check !== null && check > this.#served.check ? { at: check, mode: 'check' } : null;
  }

  #tooLate(slot: Date, now: Date): boolean {
    return now.getTime() - slot.getTime() > LATEST_MAIN_SECONDS * 1000;
  }

  async #make(order: RunOrder): Promise<void> {
    const { clock, log, signal } = this.#parts;
    const startedAt = clock.now();
    this.#running = { ...order, since: startedAt };
    log.info('A run begins', { mode: order.mode, reason: order.reason, slot: order.slot?.toISOString() });
    const ended = await this.#attempt(order);
    const record: RunRecord = { ...order, startedAt, endedAt: clock.now(), ...ended };
    this.#running = null;
    this.#lastRun = record;
    this.#served.check = startedAt;
    if (order.mode === 'main') {
      this.#served.main = startedAt;
      this.#missedMain = null;
    }
    if (wentWell(record)) this.#failing = disproves(record, this.#failing) ? null : this.#failing;
    else if (!signal.aborted) this.#failing = record;
    const facts = { mode: record.mode, stop: record.stop, post: record.id };
    if (record.failure === null) log.info('The run has ended', facts);
    else log.warn(`The run has failed: ${record.failure.message}`, facts);
  }

  /** A bug in one run must not end the next ones. */
  async #attempt(order: RunOrder): Promise<Pick<RunRecord, 'stop' | 'failure' | 'id'>> {
    try {
      const { failure, id, stop } = await this.#parts.run(order);
      const spoken = failure === null ? null : { code: failure.code, message: describeFailure(failure) };
      return { stop, id, failure: spoken };
    } catch (error) {
      this.#parts.log.error('A run ended with a bug; please report it', { error });
      const message = error instanceof Error ? error.message : String(error);
      return { stop: 'crashed', id: null, failure: { code: 'bug', message } };
    }
  }

  #giveUpLateMain(now: Date): void {
    const main = this.#parts.timetable.last('main', now);
    if (main === null || main <= this.#served.main || !this.#tooLate(main, now)) return;
    this.#served.main = main;
    this.#missedMain = main;
    this.#parts.log.warn('The main run was not made in time, and the next one is nearer', {
      slot: main.toISOString(),
    });
  }

  #secondsUntilWake(): number {
    const last = this.#lastRun?.endedAt ?? this.#startedAt;
    return WAKE_PAUSE_SECONDS - (this.#parts.clock.now().getTime() - last.getTime()) / 1000;
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

function wentWell({ failure, stop }: RunRecord): boolean {
  return failure === null && stop !== 'check-failed';
}

/** A check that found nothing to do says nothing about why the main run failed. */
function disproves(record: RunRecord, failing: RunRecord | null): boolean {
  if (record.mode === 'main' || failing?.mode === 'check') return record.stop !== 'locked';
  return !['nothing-active', 'backing-off', 'locked', 'interrupted'].includes(record.stop);
}
