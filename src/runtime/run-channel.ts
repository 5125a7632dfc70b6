/**
 * One run of one channel: lock, then `read → decide → step → write` until there is nothing left to do now (M1–M9). What
 * to do is decided in `workflow/`; this loop knows the order of effects and nothing else.
 */
import type { ChannelState } from '../domain/channel-state.ts';
import { describeFailure, failure, success, type Failure, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { RunRecord } from '../domain/run-record.ts';
import { formatTimestamp } from '../domain/timestamp.ts';
import { publishedIds } from '../domain/channel-state.ts';
import type { WorkflowEvent } from '../domain/workflow-event.ts';
import type { StepContext } from '../steps/context.ts';
import { decide, type Action, type RunFacts, type StopReason } from '../workflow/decide.ts';
import { phaseOf } from '../workflow/phase.ts';
import type { Policy } from '../workflow/policy.ts';
import { performAction, type ActionDone } from './perform-action.ts';
import type { ChannelLock } from './channel-lock.ts';
import { ChannelMemory } from './channel-memory.ts';
import type { LedgerStore } from './ledger-store.ts';
import { mintId } from './mint-id.ts';
import { noteDecision } from './note-decision.ts';
import type { Part } from './single-step.ts';
import type { StateStore } from './state-store.ts';
import { tidy } from './tidy.ts';

export interface RunParts {
  readonly context: StepContext;
  readonly lock: ChannelLock;
  readonly state: StateStore;
  readonly policy: Policy;
  /** Remembers what the run did. */
  readonly runs?: Pick<LedgerStore, 'addRun'>;
  /** Told of every action as it begins and ends; for progress, history and traces. */
  readonly observe?: (event: RunEvent) => void;
}

export interface RunOptions {
  readonly mode: 'main' | 'check';
  /** Skips the pause before the first look at a picture that this very run has ordered. */
  readonly zeroDelay: boolean;
  /** Keeps the run to what one of the owner's single programs does. */
  readonly part?: Part;
}

export type RunEvent =
  | { readonly type: 'action-started'; readonly action: Action; readonly id: GenerationId | null }
  | {
      readonly type: 'action-ended';
      readonly action: Action;
      readonly id: GenerationId | null;
      readonly event: WorkflowEvent['type'] | null;
      readonly failure: Failure | null;
      readonly seconds: number;
    };

export interface RunReport {
  readonly stop: StopReason | 'locked' | 'failed' | 'interrupted' | 'turn-limit' | 'part-done';
  readonly failure: Failure | null;
  /** The post that the run worked on last. */
  readonly id: GenerationId | null;
  readonly tasksProcessed: number;
  readonly actions: readonly {
    readonly action: Action['type'];
    readonly event: WorkflowEvent['type'] | null;
  }[];
  /** Who held the lock, when `stop` is `locked`. */
  readonly holder?: string;
  /** With `backing-off`: when the order may be tried again. With `locked`: when the channel is free if its run was killed. */
  readonly until?: string;
  /** Why the picture could not be asked for, when `stop` is `check-failed`. */
  readonly unasked?: Failure;
}

/** I6, for each post that a run may finish. One takes about ten from nothing to the end; what needs more than this goes round in a circle. */
export const MAX_TURNS = 40;
/** A picture takes about a hundred seconds; asking in the same breath only costs a request. */
export const FIRST_CHECK_DELAY_SECONDS = 10;

export async function runChannel(parts: RunParts, options: RunOptions): Promise<RunReport> {
  const run = new Run(parts, options);
  if (options.mode === 'check' && options.part === undefined) {
    const idle = await run.isIdle();
    if (!idle.ok) return run.report('failed', idle.failure);
    if (idle.value) return run.report('nothing-active', null);
  }
  const acquired = await parts.lock.acquire();
  if (!acquired.ok) return run.report('failed', acquired.failure);
  if (!acquired.value.held) {
    parts.context.log.info('Another run holds the channel; this one ends', { holder: acquired.value.holder });
    const { freeAt, holder } = acquired.value;
    const until = freeAt === undefined ? {} : { until: formatTimestamp(freeAt) };
    return { ...run.report('locked', null), holder, ...until };
  }
  let report: RunReport | null = null;
  try {
    report = await run.loop();
    return report;
  } finally {
    await run.finish(report);
  }
}

class Run {
  readonly #parts: RunParts;
  readonly #options: RunOptions;
  readonly #memory: ChannelMemory;
  readonly #actions: RunReport['actions'][number][] = [];
  #facts: Omit<RunFacts, 'now'>;
  #id: GenerationId | null = null;
  #orderedHere = false;
  #unasked: Failure | null = null;
  readonly #began: Date;
  readonly #beganAt: number;

  constructor(parts: RunParts, options: RunOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#began = parts.context.clock.now();
    this.#beganAt = parts.context.clock.monotonicSeconds();
    this.#memory = new ChannelMemory(parts.state, parts.lock, parts.policy, parts.context);
    this.#facts = {
      mode: options.mode,
      tasksProcessed: 0,
      survey: null,
      lateChecked: false,
      imageCheck: 'unasked',
    };
  }

  /** D2: one read, no lock, no write. */
  async isIdle(): Promise<Result<boolean>> {
    const image = await this.#parts.state.readImage();
    if (!image.ok) return image;
    const late = this.#parts.policy.replaceMockWithLateResult ? (image.value.value.late_tasks ?? []) : [];
    return success(phaseOf(image.value.value) === 'idle' && late.length === 0);
  }

  async loop(): Promise<RunReport> {
    const begun = await this.#begin();
    if (!begun.ok) return this.report('failed', begun.failure);
    const bound = MAX_TURNS * this.#parts.policy.maxTasksPerRun;
    for (let turn = 0; turn < bound; turn += 1) {
      // What is finished is finished, also when it was the last that the run was allowed to do.
      const isDone = this.#facts.tasksProcessed >= this.#parts.policy.maxTasksPerRun;
      if (this.#parts.context.signal.aborted && !isDone) return this.report('interrupted', null);
      const state = await this.#memory.read();
      if (!state.ok) return this.report('failed', state.failure);
      const action = decide(
        state.value,
        { ...this.#facts, now: this.#parts.context.clock.now() },
        this.#parts.policy,
      );
      if (action.type === 'stop') {
        if (action.reason === 'no-active-post') await this.#tidyAnyway(state.value);
        return this.#stopped(action);
      }
      const { part } = this.#options;
      if (part && !part.actions.has(action.type)) return this.report('part-done', null);
      const done = await this.#perform(action, state.value);
      if (done !== null && action.type !== 'tidy' && done.code !== 'lease_lost')
        await this.#tidyAnyway(state.value);
      if (done !== null)
        return isInterruption(done, this.#parts.context.signal)
          ? this.report('interrupted', null)
          : this.report('failed', done);
    }
    return this.report(
      'turn-limit',
      failure(
        'state_conflict',
        `The run took ${bound} turns without an end`,
        {},
        {
          advice:
            'This is a bug of Reelmill; please report it with the log. The next run goes on from what is saved.',
        },
      ).failure,
    );
  }

  /** M10, D8: a budget, a key or a hand may stop a post for a month, and what is finished must not wait with it. */
  async #tidyAnyway(state: ChannelState): Promise<void> {
    const { mode, part } = this.#options;
    if (this.#parts.context.signal.aborted) return;
    if (mode === 'main' && part === undefined && this.#facts.survey === null)
      await this.#perform({ type: 'tidy' }, state);
  }

  async #begin(): Promise<Result<void>> {
    const { part } = this.#options;
    if (part === undefined) return success(undefined);
    const state = await this.#memory.read();
    if (!state.ok) return state;
    const beginning = await part.begin(state.value, this.#parts.context);
    if (!beginning.ok) return beginning;
    for (const event of beginning.value.events) {
      const applied = await this.#memory.apply(event);
      if (!applied.ok) return applied;
    }
    this.#facts = { ...this.#facts, survey: beginning.value.survey };
    return success(undefined);
  }

  /** `null`: go on; a failure ends the run. */
  async #perform(action: Exclude<Action, { type: 'stop' }>, state: ChannelState): Promise<Failure | null> {
    const { clock, log, journal } = this.#parts.context;
    const id = 'id' in action && action.id !== null ? action.id : state.generation.generation_id;
    if (id !== null) {
      this.#id = id;
      // A look that finds nothing new is not worth a journal of its own: most checks are such.
      if (action.type !== 'check-image') noteDecision(journal, id, action, state);
    }
    this.#parts.observe?.({ type: 'action-started', action, id });
    const started = clock.monotonicSeconds();
    const done = await this.#carryOut(action, state);
    const seconds = clock.monotonicSeconds() - started;
    if (id !== null && action.type === 'check-image' && (done.event ?? done.failure) !== null)
      noteDecision(journal, id, action, state);
    let problem = done.failure;
    let event = done.event;
    if (event !== null) {
      const saved = await this.#memory.apply(event);
      if (!saved.ok) {
        problem = saved.failure;
        event = null;
      } else if (event.type === 'id-minted' && this.#facts.survey !== null) {
        // What tidying found out about the active post was about another one.
        this.#facts = { ...this.#facts, survey: { ...this.#facts.survey, activePost: 'absent' } };
      } else if (event.type === 'media-saved' && state.image.replacing_mock !== true) {
        this.#facts = { ...this.#facts, tasksProcessed: this.#facts.tasksProcessed + 1, survey: null };
      }
    }
    this.#actions.push({ action: action.type, event: event?.type ?? null });
    if (problem) log.warn(describeFailure(problem), { action: action.type });
    this.#parts.observe?.({
      type: 'action-ended',
      action,
      id,
      event: event?.type ?? null,
      failure: problem,
      seconds,
    });
    // M6, P6: a failed look and a refused video are facts for `decide`, which knows what comes instead; a failed write ends it here.
    const isFact = action.type === 'check-image' || event?.type === 'video-failed';
    return isFact && problem === done.failure ? null : problem;
  }

  async #carryOut(action: Exclude<Action, { type: 'stop' }>, state: ChannelState): Promise<ActionDone> {
    const { context, state: store } = this.#parts;
    switch (action.type) {
      case 'record':
        context.log.info(`State: ${action.why}`, { event: action.event.type });
        return { event: action.event, failure: null };
      case 'tidy':
        return this.#tidy(state);
      case 'mint-id':
        return mintId(context, this.#memory.takenIds());
      case 'check-image':
        return this.#checkImage(action, state);
      case 'check-late': {
        this.#facts = { ...this.#facts, lateChecked: true };
        const published = await store.readPublished();
        if (!published.ok)
          return published.failure.code === 'state_damaged'
            ? { event: null, failure: published.failure }
            : { event: null, failure: null };
        return performAction(context, action, state, { published: publishedIds(published.value).ids });
      }
      default: {
        const raised = await this.#parts.lock.raise();
        if (!raised.ok) return { event: null, failure: raised.failure };
        if (action.type === 'request-image' || action.type === 'request-video') {
          const intentId = context.random.identifier();
          const intended = await this.#memory.apply({
            type: 'submission-intended',
            kind: action.type === 'request-image' ? 'image' : 'video',
            intentId,
          });
          if (!intended.ok) return { event: null, failure: intended.failure };
          this.#orderedHere ||= action.type === 'request-image';
          return performAction(context, action, state, { intentId });
        }
        return performAction(context, action, state);
      }
    }
  }

  async #checkImage(
    action: Extract<Action, { type: 'check-image' }>,
    state: ChannelState,
  ): Promise<ActionDone> {
    if (this.#orderedHere && !this.#options.zeroDelay)
      await this.#parts.context.clock.sleep(FIRST_CHECK_DELAY_SECONDS, this.#parts.context.signal);
    const done = await performAction(this.#parts.context, action, state);
    this.#facts = {
      ...this.#facts,
      imageCheck: done.failure ? 'failed' : done.event ? 'unasked' : 'pending',
    };
    this.#unasked = done.failure;
    this.#memory.continueTurn();
    return done;
  }

  async #tidy({ generation, image }: ChannelState): Promise<ActionDone> {
    const { context, lock, state } = this.#parts;
    const { generation_id: active } = generation;
    const held = phaseOf(image) === 'idle' ? null : active;
    const tidied = await tidy(
      {
        store: context.store,
        state,
        folders: context.settings.folders,
        held,
        log: context.log,
        workspace: context.workspace,
        keepLease: context.keepLease,
        publishedSeen: this.#actions.length === 0,
        beforeEffects: () => lock.raise(),
      },
      active,
    );
    if (!tidied.ok) return { event: null, failure: tidied.failure };
    this.#facts = { ...this.#facts, survey: tidied.value.survey };
    this.#memory.rememberShelf(tidied.value.shelf, tidied.value.marked);
    this.#memory.continueTurn();
    return { event: null, failure: null };
  }

  #stopped({ reason, until }: Extract<Action, { type: 'stop' }>): RunReport {
    if (reason === 'check-failed' && this.#unasked !== null)
      return { ...this.report(reason, null), unasked: this.#unasked };
    if (reason !== 'no-active-post')
      return { ...this.report(reason, null), ...(until === undefined ? {} : { until }) };
    return this.report(
      reason,
      failure('no_active_post', 'There is a result, but config_gen names no post it belongs to', {}).failure,
    );
  }

  report(stop: RunReport['stop'], failed: Failure | null): RunReport {
    return {
      stop,
      failure: failed,
      id: this.#id,
      tasksProcessed: this.#facts.tasksProcessed,
      actions: this.#actions,
    };
  }

  /** In every outcome that still runs code (M2). */
  async finish(report: RunReport | null): Promise<void> {
    const { context, runs } = this.#parts;
    if (report !== null && isWorthTelling(report, this.#options)) runs?.addRun(this.#recordOf(report));
    const saved = await context.journal.save();
    if (!saved.ok) context.log.warn('The journal could not be completed', { failure: saved.failure });
    // After the journal, from which the next run settles what this one could not.
    await context.payments.finish();
    await this.#parts.lock.release();
  }

  #recordOf({ actions, failure: failed, id, stop }: RunReport): RunRecord {
    const { context } = this.#parts;
    const { mode, part } = this.#options;
    return {
      at_utc: formatTimestamp(this.#began),
      seconds: Math.round(context.clock.monotonicSeconds() - this.#beganAt),
      mode: part === undefined ? mode : 'single',
      stop,
      id,
      actions: actions.map(({ action }) => action),
      failure: failed === null ? null : { code: failed.code, message: failed.message.slice(0, 400) },
    };
  }
}

/** What was waited for did not come in time, since the run was asked to stop meanwhile. */
function isInterruption({ code }: Failure, signal: AbortSignal): boolean {
  return signal.aborted && code === 'task_timed_out';
}

/** A look that found nothing new is not: it would cost the hourly check its two requests. */
function isWorthTelling({ actions, failure: failed }: RunReport, { mode, part }: RunOptions): boolean {
  const isMain = mode === 'main' && part === undefined;
  const failedAtWork = failed !== null && actions.length > 0;
  return isMain || failedAtWork || actions.some(({ event }) => event !== null);
}
