/**
 * The owner's three other programs, each alone on the state in the bucket: content, media, image check. They are the
 * coordinator's own loop, kept to the actions that the program had, so that no rule exists twice.
 */
import type { ChannelState } from '../domain/channel-state.ts';
import { failure, success, type Result } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { partKey } from '../domain/group.ts';
import type { WorkflowEvent } from '../domain/workflow-event.ts';
import type { StepContext } from '../steps/context.ts';
import { readPost } from '../steps/documents.ts';
import type { Action, Survey } from '../workflow/decide.ts';
import { phaseOf, type Phase } from '../workflow/phase.ts';

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
      const key = partKey(context.settings.folders.fresh, id, 'json');
      const stored = await context.store.head(key);
      if (!stored.ok) return stored;
      const activePost = stored.value === null ? 'absent' : 'content';
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
      // D10: started right after `generate-content`, it may be shown the text only after a while.
      const stored = await readPost(context, context.settings.folders.fresh, id);
      if (!stored.ok) return stored;
      const phase = phaseOf(state.image);
      if (named === null && phase !== 'idle')
        return failure('no_active_post', `The state is busy (${phase}), but names no post`, { id });
      if (phase === 'task' && !useMock)
        return misplaced(id, phase, 'its picture is being painted; ask with `reelmill check-image`');
      return success({
        events: [
          ...(named === null ? [{ type: 'id-minted', id } as const] : []),
          ...(phase === 'idle' ? [{ type: 'content-written' } as const] : []),
          ...(useMock ? towardsMock(phase) : []),
        ],
        survey: { readyInFresh: false, activePost: 'content' },
      });
    },
  };
}

function towardsMock(phase: Phase): readonly WorkflowEvent[] {
  switch (phase) {
    case 'timed-out':
      return [];
    case 'task':
      return [{ type: 'image-timed-out' }];
    case 'task-undated':
      return [{ type: 'task-adopted' }, { type: 'image-timed-out' }];
    case 'results-unusable':
      return [{ type: 'image-unusable' }, { type: 'image-given-up' }];
    case 'results':
    case 'submission':
    case 'idle':
      return [{ type: 'image-given-up' }];
  }
}

/** `check-image`: W1–W3. What becomes of the answer is the coordinator's business. */
export const imageCheckPart: Part = {
  actions: new Set(['check-image']),
  begin: (state) =>
    Promise.resolve(
      success({
        events: phaseOf(state.image) === 'task-undated' ? [{ type: 'task-adopted' }] : [],
        survey: { readyInFresh: false, activePost: 'absent' },
      }),
    ),
};

function occupied(named: GenerationId): Result<never> {
  return failure(
    'usage',
    `The channel is working on the post ${named}; it is finished first`,
    { id: named },
    { advice: `Run \`reelmill run\`, or give the id ${named}.` },
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
