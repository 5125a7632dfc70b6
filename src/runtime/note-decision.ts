/** I5: what the journal says about why a run did something. */
import type { ChannelState } from '../domain/channel-state.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { Journal } from '../ports/journal.ts';
import type { Action } from '../workflow/decide.ts';
import { phaseOf } from '../workflow/phase.ts';

export function noteDecision(
  journal: Journal,
  id: GenerationId,
  action: Exclude<Action, { type: 'stop' }>,
  state: ChannelState,
): void {
  journal.note(id, { type: 'decision', action: action.type, reason: reasonOf(action, state) });
}

function reasonOf(action: Exclude<Action, { type: 'stop' }>, state: ChannelState): string {
  if (action.type === 'record') return action.why;
  if ('reason' in action) return action.reason;
  if (action.type === 'recall-order')
    return `an earlier run ended while it ordered the ${action.kind === 'image' ? 'picture' : 'video'}`;
  return `the post is in phase ${phaseOf(state.image)}`;
}
