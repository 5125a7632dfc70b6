/**
 * What the next run would do and what it would cost, without doing it. The state machine itself is asked, turn by turn;
 * of each action only the outcome is assumed: that it goes well. Reads only: no lock, no write, no provider.
 */
import type { Budgets, BudgetStop } from '../domain/budget.ts';
import type { ChannelState, ImageDocument } from '../domain/channel-state.ts';
import { progressOf } from '../domain/evidence.ts';
import { parseTimestamp } from '../domain/timestamp.ts';
import { success, type Result } from '../domain/failure.ts';
import { generationIdAt, type GenerationId } from '../domain/generation-id.ts';
import type { Draft } from '../domain/journal.ts';
import { microUsd, monthBefore, monthOf, monthsOf, sumUsd, type LedgerCall } from '../domain/ledger.ts';
import type { WorkflowEvent } from '../domain/workflow-event.ts';
import type { PlannedCall } from '../ports/payments.ts';
import { readJournal } from '../runtime/journal-store.ts';
import { readLedger } from '../runtime/ledger-store.ts';
import { MAX_TURNS, type RunParts } from '../runtime/run-channel.ts';
import { imageCall, judgeCall, textCallsAhead, videoCall } from '../steps/paid-calls.ts';
import { budgetStop, spendingOf } from '../workflow/budget.ts';
import { decide, type Action, type RunFacts, type StopReason, type Survey } from '../workflow/decide.ts';
import { transition } from '../workflow/transition.ts';
import { readChannel } from './read-channel.ts';

export interface PlannedAction {
  readonly action: Exclude<Action['type'], 'stop'>;
  readonly id: GenerationId | null;
  /** For `record`: what it would note. */
  readonly why: string | null;
  /** It happens only if the picture, which was ordered before, is ready by now. */
  readonly onlyIfPictureIsReady: boolean;
  /** What it would pay for. */
  readonly calls: readonly PlannedCost[];
}

export interface PlannedCost {
  readonly stage: string;
  readonly provider: string;
  readonly model: string;
  /** Reserved before the call: the most it can cost. */
  readonly atMostUsd: number;
  /** What such calls of this channel cost lately; the reserve when there were none. */
  readonly usualUsd: number;
}

export interface DryRun {
  readonly mode: 'main' | 'check';
  readonly actions: readonly PlannedAction[];
  /** How it would end. `budget`: before the call that is named in `stoppedBy`. `locked`: at once, as long as the lock is held. */
  readonly stop: StopReason | 'budget' | 'locked';
  readonly stoppedBy: { readonly stage: string; readonly budget: BudgetStop } | null;
  readonly atMostUsd: number;
  readonly usualUsd: number;
}

export async function dryRun(
  parts: Pick<RunParts, 'context' | 'state' | 'policy'>,
  budgets: Budgets,
  mode: 'main' | 'check',
): Promise<Result<DryRun>> {
  const facts = await readFacts(parts, budgets);
  return facts.ok ? success(new Rehearsal(parts, budgets, mode, facts.value).play()) : facts;
}

interface Known {
  readonly state: ChannelState;
  readonly survey: Survey;
  readonly locked: boolean;
  readonly draft: Draft;
  readonly judged: boolean;
  /** Where the journal of the named post shows that it stands. */
  readonly progress: Partial<ImageDocument>;
  readonly ledger: readonly LedgerCall[];
  readonly now: Date;
}

async function readFacts(
  { context, state: documents }: Pick<RunParts, 'context' | 'state'>,
  budgets: Budgets,
): Promise<Result<Known>> {
  const { clock, settings, store } = context;
  const now = clock.now();
  const read = await readChannel(documents, store, settings.folders);
  if (!read.ok) return read;
  const { shared, shelf, state, survey } = read.value;
  const id = state.generation.generation_id;
  const journal = id === null ? success(null) : await readJournal(store, id);
  if (!journal.ok) return journal;
  const ledger: LedgerCall[] = [];
  for (const month of monthsToRead(id, budgets, now)) {
    const calls = await readLedger(store, month);
    if (!calls.ok) return calls;
    ledger.push(...(calls.value ?? []));
  }
  const { processing_lock: flag, lock_owner: owner, lock_expires_at_utc: until } = shared;
  // A flag with an owner whose time is over is taken over; one without is an older tool's.
  const locked = flag && (!owner || (parseTimestamp(until ?? '')?.getTime() ?? 0) > now.getTime());
  const { draft = {}, image_choice: choice } = journal.value ?? {};
  const group = shelf.fresh.find((candidate) => candidate.id === id);
  const progress = group === undefined ? {} : progressOf(journal.value, group, settings.folders.fresh);
  const judged = choice !== undefined;
  return success({ state, survey, locked, draft, judged, progress, ledger, now });
}

/** This month and the one before, for what calls usually cost; with a budget a post, all that the post has lived in. */
function monthsToRead(id: GenerationId | null, { perPost }: Budgets, now: Date): ReadonlySet<string> {
  const month = monthOf(now);
  return new Set([
    month,
    monthBefore(month),
    ...(id === null || perPost === null ? [] : monthsOf(id, month)),
  ]);
}

class Rehearsal {
  readonly #parts: Pick<RunParts, 'context' | 'policy'>;
  readonly #budgets: Budgets;
  readonly #known: Known;
  readonly #actions: PlannedAction[] = [];
  /** The ledger as it would be: what was planned so far stands in it at its usual cost. */
  readonly #ledger: LedgerCall[];
  #state: ChannelState;
  #facts: RunFacts;
  #orderedHere = false;
  #uncertain = false;

  constructor(
    parts: Pick<RunParts, 'context' | 'policy'>,
    budgets: Budgets,
    mode: 'main' | 'check',
    known: Known,
  ) {
    this.#parts = parts;
    this.#budgets = budgets;
    this.#known = known;
    this.#state = known.state;
    this.#ledger = [...known.ledger];
    const { now } = known;
    this.#facts = { mode, tasksProcessed: 0, survey: null, lateChecked: false, imageCheck: 'unasked', now };
  }

  play(): DryRun {
    for (let turn = 0; turn < MAX_TURNS * this.#parts.policy.maxTasksPerRun; turn += 1) {
      const action = decide(this.#state, this.#facts, this.#parts.policy);
      if (action.type === 'stop') return this.#end(action.reason);
      // D2: a check with nothing to do has ended above, before it would have asked for the lock.
      if (this.#known.locked) return this.#end('locked');
      const calls = this.#callsOf(action);
      const stopped = this.#admit(action, calls);
      if (stopped !== null) {
        // As a run does, so that nothing finished waits for a budget.
        if (this.#facts.mode === 'main' && this.#facts.survey === null) this.#admit({ type: 'tidy' }, []);
        return this.#end('budget', stopped);
      }
      this.#assume(action);
    }
    return this.#end('task-done');
  }

  /** Notes the action with what it would cost; the stop when one of its calls does not fit. */
  #admit(action: Exclude<Action, { type: 'stop' }>, calls: readonly PlannedCall[]): DryRun['stoppedBy'] {
    const costs: PlannedCost[] = [];
    let stopped: DryRun['stoppedBy'] = null;
    for (const call of calls) {
      const budget = budgetStop(
        this.#budgets,
        spendingOf(this.#ledger, call.id, this.#known.now),
        call.reserveUsd,
        this.#known.now,
      );
      // The judge's budget stops nothing: the first picture is taken instead.
      if (budget !== null && call.kind === 'judge') continue;
      if (budget !== null) {
        stopped = { stage: call.stage, budget };
        break;
      }
      const { stage, provider, model, reserveUsd: atMostUsd } = call;
      const usualUsd = Math.min(usualCost(this.#known.ledger, call) ?? atMostUsd, atMostUsd);
      costs.push({ stage, provider, model, atMostUsd, usualUsd });
      this.#ledger.push(asLedgerCall(call, usualUsd, this.#known.now));
    }
    if (stopped !== null && costs.length === 0) return stopped;
    const id = 'id' in action ? action.id : this.#state.generation.generation_id;
    const why = action.type === 'record' ? action.why : null;
    this.#actions.push({ action: action.type, id, why, onlyIfPictureIsReady: this.#uncertain, calls: costs });
    return stopped;
  }

  #callsOf(action: Exclude<Action, { type: 'stop' }>): readonly PlannedCall[] {
    const { context } = this.#parts;
    switch (action.type) {
      case 'write-content':
        return textCallsAhead(context, action.id, this.#known.draft);
      case 'request-image':
        return [imageCall(context, action.id)];
      case 'choose-picture':
        return context.settings.picture.judge.enabled && !this.#known.judged
          ? [judgeCall(context, action.id)]
          : [];
      case 'request-video':
        return [videoCall(context, action.id)];
      default:
        return [];
    }
  }

  #assume(action: Exclude<Action, { type: 'stop' }>): void {
    switch (action.type) {
      case 'tidy':
        this.#facts = { ...this.#facts, survey: this.#known.survey };
        return;
      case 'check-late':
        this.#facts = { ...this.#facts, lateChecked: true };
        return;
      case 'check-image':
        return this.#assumeChecked(action.task.task_id);
      case 'request-image':
      case 'request-video': {
        const kind = action.type === 'request-image' ? 'image' : 'video';
        this.#orderedHere ||= kind === 'image';
        this.#apply({ type: 'submission-intended', kind, intentId: 'dry-run' });
        this.#apply({ type: `${kind}-requested`, taskId: 'dry-run' });
        return;
      }
      case 'recall-order':
        // The journal may know the task; the dearer answer is foretold.
        this.#uncertain = true;
        this.#apply({ type: `${action.kind}-outcome-unknown` });
        return;
      default:
        this.#apply(this.#eventOf(action));
    }
  }

  #eventOf(
    action: Exclude<
      Action,
      {
        type:
          | 'stop'
          | 'tidy'
          | 'check-late'
          | 'check-image'
          | 'request-image'
          | 'request-video'
          | 'recall-order';
      }
    >,
  ): WorkflowEvent {
    switch (action.type) {
      case 'record':
        return action.event;
      case 'mint-id':
        return { type: 'id-minted', id: generationIdAt(this.#known.now) };
      case 'write-content':
        return { type: 'content-written' };
      case 'adopt-content':
        return { type: 'content-adopted', progress: this.#known.progress };
      case 'choose-picture':
        return { type: 'picture-saved', picture: { source: 'midjourney', candidate: 1 } };
      case 'keep-mock':
        return { type: 'image-given-up', reason: action.reason, late: false };
      case 'await-video':
      case 'make-mock':
      case 'make-mock-video':
        return { type: 'media-saved' };
    }
  }

  #assumeChecked(taskId: string): void {
    if (this.#orderedHere) {
      this.#facts = { ...this.#facts, imageCheck: 'pending' };
      return;
    }
    this.#uncertain = true;
    const pictures = { image_url: 'https://pictures.invalid/dry-run.png' };
    this.#apply({
      type: 'image-answered',
      answer: { task_id: taskId, status: 'finished', task_result: pictures },
    });
  }

  #apply(event: WorkflowEvent): void {
    const replacing = this.#state.image.replacing_mock === true;
    this.#state = transition(this.#state, event, this.#parts.policy, this.#known.now);
    if (event.type === 'id-minted' && this.#facts.survey !== null)
      this.#facts = { ...this.#facts, survey: { ...this.#facts.survey, activePost: 'absent' } };
    if (event.type === 'media-saved' && !replacing)
      this.#facts = { ...this.#facts, tasksProcessed: this.#facts.tasksProcessed + 1, survey: null };
  }

  /** What a real run may spend: calls that turn out cheaper than their reserves leave room for more of them. */
  #leftBefore({ limitUsd, spentUsd }: BudgetStop): number {
    const planned = this.#actions.flatMap(({ calls }) => calls.map(({ usualUsd }) => microUsd(usualUsd)));
    const before = microUsd(spentUsd) - planned.reduce((total, cost) => total + cost, 0);
    return Math.max(0, microUsd(limitUsd) - before) / 1_000_000;
  }

  #end(stop: DryRun['stop'], stoppedBy: DryRun['stoppedBy'] = null): DryRun {
    const costs = this.#actions.flatMap(({ calls }) => calls);
    return {
      mode: this.#facts.mode,
      actions: this.#actions,
      stop,
      stoppedBy,
      atMostUsd: Math.max(
        sumUsd(costs.map(({ atMostUsd }) => atMostUsd)),
        stoppedBy === null ? 0 : this.#leftBefore(stoppedBy.budget),
      ),
      usualUsd: sumUsd(costs.map(({ usualUsd }) => usualUsd)),
    };
  }
}

/** Mean of what such calls cost, when it was measured; null when none was. */
function usualCost(ledger: readonly LedgerCall[], call: PlannedCall): number | null {
  const alike = ledger.filter(
    ({ measured, stage, provider, model }) =>
      measured && stage === call.stage && provider === call.provider && model === call.model,
  );
  return alike.length === 0 ? null : alike.reduce((sum, { cost_usd: cost }) => sum + cost, 0) / alike.length;
}

function asLedgerCall({ reserveUsd, ...call }: PlannedCall, usualUsd: number, now: Date): LedgerCall {
  const at = now.toISOString();
  return {
    ...call,
    call: 'dry-run',
    at_utc: at,
    state: 'succeeded',
    reserved_usd: reserveUsd,
    cost_usd: usualUsd,
    measured: false,
  };
}
