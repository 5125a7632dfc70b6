/**
 * The owner's three other programs, each alone on the state in the bucket: content, media, image check. They are the
 * coordinator's own loop, kept to the actions that the program had, so that no rule exists twice.
 */
import { resumed, type ChannelState } from '../domain/channel-state.ts';
import { failure, success, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { WorkflowEvent } from '../domain/workflow-event.ts';
import type { StepContext } from '../steps/context.ts';
import { readPost } from '../steps/documents.ts';
import { whereabouts } from '../steps/whereabouts.ts';
import { progressInStore } from '../steps/write-content.ts';
import type { Action, Survey } from '../workflow/decide.ts';
import { knowsItsAge, phaseOf, type Phase } from '../workflow/phase.ts';

/** What a single program may do, and what it does first. */
export interface Part {
  readonly actions: ReadonlySet<Action['type']>;
  /** A failure ends the program before anything has happened. */
  readonly begin: (state: ChannelState, context: StepContext) => Promise<Result<Beginning>>;
}

export interface Beginning {
  /** Events that bring the state to where the program starts. */
  readonly events: readonly WorkflowEvent[];
  readonly survey: Survey;
}

/** `generate-content`: C1–C5 for one id. A text that exists already is used, never paid for again. */
export function contentPart(id: GenerationId): Part {
  return {
    actions: new Set(['write-content', 'adopt-content']),
    async begin(state, context) {
      const named = state.generation.generation_id;
      if (named !== null && named !== id) return occupied(named);
      const phase = phaseOf(state.image);
      if (phase !== 'idle') return misplaced(id, phase, 'its text is written');
      const lies = await whereabouts(context, id);
      if (!lies.ok) return lies;
      if (lies.value.finished !== null) return complete(id, lies.value.finished);
      const activePost = lies.value.hasText ? 'content' : 'absent';
      return success({
        events: named === null ? [{ type: 'id-minted', id }] : [],
        survey: { readyInFresh: false, activePost },
      });
    },
  };
}

/** `generate-media`: P1–P8 for one id; `useMock` is P2. */
export function mediaPart(id: GenerationId, useMock: boolean): Part {
  return {
    actions: new Set([
      // The journal may know of orders that the state has lost.
      'adopt-content',
      'make-mock',
      'choose-picture',
      'request-image',
      'request-video',
      'await-video',
      'make-mock-video',
      'recall-order',
      'keep-mock',
      'record',
    ]),
    async begin(state, context) {
      const named = state.generation.generation_id;
      if (named !== null && named !== id) return occupied(named);
      const phase = phaseOf(state.image);
      const lies = await whereabouts(context, id);
      if (!lies.ok) return lies;
      if (phase === 'idle' && lies.value.finished !== null) return complete(id, lies.value.finished);
      // D10: started right after `generate-content`, it may be shown the text only after a while.
      const stored = await readPost(context, context.settings.folders.fresh, id);
      if (!stored.ok) return stored;
      if (named === null && phase !== 'idle')
        return failure('no_active_post', `The state is busy (${phase}), but names no post`, { id });
      if (phase === 'task' && !useMock)
        return misplaced(id, phase, 'its picture is being painted; ask with `reelmill check-image`');
      const mock = useMock ? await mockFrom(state, context, id) : success([]);
      if (!mock.ok) return mock;
      return success({
        events: [...(named === null ? [{ type: 'id-minted', id } as const] : []), ...mock.value],
        survey: { readyInFresh: false, activePost: 'content' },
      });
    },
  };
}

/** P2. What the journal knows to be ordered is remembered as late, and may still take the mock's place. */
async function mockFrom(
  { image }: ChannelState,
  context: StepContext,
  id: GenerationId,
): Promise<Result<readonly WorkflowEvent[]>> {
  if (phaseOf(image) !== 'idle') return success(towardsMock(phaseOf(image)));
  const progress = await progressInStore(context, id);
  if (!progress.ok) return progress;
  const adopted: WorkflowEvent = { type: 'content-adopted', progress: progress.value };
  return success([adopted, ...towardsMock(phaseOf(resumed(image, progress.value)))]);
}

function towardsMock(phase: Phase): readonly WorkflowEvent[] {
  const reason = 'a mock was asked for by hand';
  switch (phase) {
    case 'timed-out':
      return [];
    case 'task':
      return [{ type: 'image-timed-out', reason }];
    case 'task-undated':
      return [{ type: 'task-adopted' }, { type: 'image-timed-out', reason }];
    case 'results-unusable':
      return [{ type: 'image-unusable' }, { type: 'image-given-up', reason, late: true }];
    case 'results':
    case 'submission':
    case 'idle':
      return [{ type: 'image-given-up', reason, late: true }];
  }
}

/** `check-image`: W1–W3. What becomes of the answer is the coordinator's business. */
export const imageCheckPart: Part = {
  actions: new Set(['check-image']),
  begin({ image }, { clock }) {
    const phase = phaseOf(image);
    const isTask = phase === 'task' || phase === 'task-undated';
    return Promise.resolve(
      success({
        // Else the coordinator would first want to note the task's moment, which is no action of this program.
        events: isTask && !knowsItsAge(image, clock.now()) ? [{ type: 'task-adopted' }] : [],
        survey: { readyInFresh: false, activePost: 'absent' },
      }),
    );
  },
};

function occupied(named: GenerationId): Result<never> {
  return failure(
    'usage',
    `The channel is working on the post ${named}; it is finished first`,
    { id: named },
    { advice: `Run \`reelmill run\`, or give the id ${named}.` },
  );
}

/** I3, D9: made again, it would be paid for and published a second time. */
function complete(id: GenerationId, folder: string): Result<never> {
  return failure(
    'usage',
    `The post ${id} lies in ${folder} already; it is not made or paid for again`,
    { id },
    { advice: `\`reelmill show ${id}\` shows it. Give another id for a new post.` },
  );
}

function misplaced(id: GenerationId, phase: Phase, message: string): Result<never> {
  return failure(
    'usage',
    `The post is in phase ${phase}: ${message}`,
    { id },
    { advice: 'See `reelmill status`.' },
  );
}
