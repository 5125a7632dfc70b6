/** What a run knows of its channel's state, and the one way in which events change it: fresh read, transition, guarded write. */
import type { ChannelState, GenerationDocument, ImageDocument } from '../domain/channel-state.ts';
import { CONVEYOR } from '../domain/group.ts';
import { success, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { WorkflowEvent } from '../domain/workflow-event.ts';
import type { StepContext } from '../steps/context.ts';
import type { Shelf } from '../workflow/conveyor.ts';
import { phaseOf } from '../workflow/phase.ts';
import type { Policy } from '../workflow/policy.ts';
import { isPossible, transition } from '../workflow/transition.ts';
import type { ChannelLock } from './channel-lock.ts';
import type { Read, StateStore } from './state-store.ts';

const CONFLICTS = 3;
/**
 * Events after which nothing is lost if the run dies before the journal follows: what is noted goes out with the next one,
 * that of the payment which a `submission-intended` announces, or of the run's end.
 */
const JOURNAL_MAY_WAIT: ReadonlySet<WorkflowEvent['type']> = new Set([
  'content-written',
  'submission-intended',
  'image-answered',
]);

export class ChannelMemory {
  readonly #state: StateStore;
  readonly #lock: ChannelLock;
  readonly #policy: Policy;
  readonly #context: Pick<StepContext, 'clock' | 'journal' | 'log'>;
  #image: Read<ImageDocument> | null = null;
  #generation: Read<GenerationDocument> | null = null;
  #fresh = false;
  #shelf: Shelf | null = null;
  #marked: readonly GenerationId[] = [];

  constructor(
    state: StateStore,
    lock: ChannelLock,
    policy: Policy,
    context: Pick<StepContext, 'clock' | 'journal' | 'log'>,
  ) {
    this.#state = state;
    this.#lock = lock;
    this.#policy = policy;
    this.#context = context;
  }

  /** M3: read again at the start of each turn; what this run itself has just written needs no second look. */
  async read(): Promise<Result<ChannelState>> {
    if (!this.#fresh) {
      const image = await this.#state.readImage();
      if (!image.ok) return image;
      this.#image = image.value;
    }
    this.#fresh = false;
    if (this.#generation === null) {
      const generation = await this.#state.readGeneration();
      if (!generation.ok) return generation;
      this.#generation = generation.value;
    }
    return success(this.#known());
  }

  /**
   * The event is durable afterwards, and, but for `JOURNAL_MAY_WAIT`, the journal with it. When somebody changed the documents meanwhile, the event
   * is applied to what lies there now, as long as it still can happen.
   */
  async apply(event: WorkflowEvent): Promise<Result<void>> {
    const raised = await this.#lock.raise();
    if (!raised.ok) return raised;
    if (!JOURNAL_MAY_WAIT.has(event.type)) {
      const journaled = await this.#context.journal.save();
      if (!journaled.ok) return journaled;
    }
    for (let attempt = 1; ; attempt += 1) {
      const before = this.#known();
      const after = transition(before, event, this.#policy, this.#context.clock.now());
      const written = await this.#write(before, after);
      if (written.ok || written.failure.code !== 'state_conflict' || attempt === CONFLICTS) return written;
      this.#context.log.warn('The state was changed by somebody else; it is read again', {
        event: event.type,
      });
      this.#image = null;
      this.#generation = null;
      this.#fresh = false;
      const again = await this.read();
      if (!again.ok) return again;
      if (!isPossible(phaseOf(again.value.image), event.type)) return written;
    }
  }

  /** M6, M8: looking and tidying are parts of a turn, so that what follows needs no fresh look at the state. */
  continueTurn(): void {
    this.#fresh = true;
  }

  /** `marked`: ids that the publisher's list still holds. */
  rememberShelf(shelf: Shelf, marked: readonly GenerationId[]): void {
    this.#shelf = shelf;
    this.#marked = marked;
  }

  /** D9: ids in the folders and in the state: a mark or a late result of an earlier post must not fall on a new one. */
  takenIds(): Set<string> {
    const shelf = this.#shelf;
    const shelved = shelf === null ? [] : CONVEYOR.flatMap((place) => shelf[place].map(({ id }) => id));
    const late = (this.#known().image.late_tasks ?? []).map(({ id }) => id);
    return new Set<string>([...shelved, ...this.#marked, ...late]);
  }

  #known(): ChannelState {
    if (this.#image === null || this.#generation === null)
      throw new Error('the state was used before it was read');
    return { image: this.#image.value, generation: this.#generation.value };
  }

  /** A crash between the two writes leaves what the next run understands: the id is named before, and cleared after, what it stands for (D6). */
  async #write(before: ChannelState, after: ChannelState): Promise<Result<void>> {
    const clears = after.generation.generation_id === null;
    for (const document of clears ? (['image', 'generation'] as const) : (['generation', 'image'] as const)) {
      const written =
        document === 'image'
          ? await this.#writeImage(before, after)
          : await this.#writeGeneration(before, after);
      if (!written.ok) return written;
    }
    this.#fresh = true;
    return success(undefined);
  }

  async #writeImage(before: ChannelState, after: ChannelState): Promise<Result<void>> {
    if (after.image === before.image || this.#image === null) return success(undefined);
    const written = await this.#state.writeImage(this.#image, after.image);
    if (!written.ok) return written;
    this.#image = written.value;
    return success(undefined);
  }

  async #writeGeneration(before: ChannelState, after: ChannelState): Promise<Result<void>> {
    if (after.generation.generation_id === before.generation.generation_id || this.#generation === null)
      return success(undefined);
    const written = await this.#state.writeGeneration(this.#generation, after.generation);
    if (!written.ok) return written;
    this.#generation = written.value;
    return success(undefined);
  }
}
