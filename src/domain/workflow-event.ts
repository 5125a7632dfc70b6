/** Everything that can happen to a post. Steps report events; only `transition` turns them into state. */
import type { ImageDocument, LateTask, SavedPicture } from './channel-state.ts';
import type { GenerationId } from './generation-id.ts';

export type WorkflowEvent =
  | { readonly type: 'id-minted'; readonly id: GenerationId }
  /** C5 */
  | { readonly type: 'content-written' }
  /** D6: its text lay in the store; `progress`: where its journal shows that the post stands, beside the keys at rest (I3). */
  | { readonly type: 'content-adopted'; readonly progress: Partial<ImageDocument> }
  /** A post is dropped before it exists: its text may have been paid for twice, or the model gives none for it (I3, I4, I6). */
  | { readonly type: 'content-abandoned' }
  /** Intent before payment: saved before the provider is asked. */
  | { readonly type: 'submission-intended'; readonly kind: 'image' | 'video'; readonly intentId: string }
  /** The provider was not asked after all: a budget or the store stood in the way. */
  | { readonly type: 'submission-withdrawn' }
  /** P3 */
  | { readonly type: 'image-requested'; readonly taskId: string }
  /** D4: it is certain that nothing was ordered. */
  | { readonly type: 'image-refused' }
  | { readonly type: 'image-outcome-unknown' }
  /** W3: the whole answer, whatever it says. */
  | { readonly type: 'image-answered'; readonly answer: Readonly<Record<string, unknown>> }
  /** D5 */
  | { readonly type: 'image-unusable' }
  /** M6, D7 */
  | { readonly type: 'image-timed-out'; readonly reason: string }
  /** `late`: the picture was painted, and may take the mock's place yet. */
  | { readonly type: 'image-given-up'; readonly reason: string; readonly late: boolean }
  /** S5 */
  | { readonly type: 'task-adopted' }
  /** M7 */
  | { readonly type: 'inconsistency-cleared' }
  | { readonly type: 'picture-saved'; readonly picture: SavedPicture }
  /** The painted pictures could not be fetched or read. */
  | { readonly type: 'picture-failed' }
  | { readonly type: 'video-requested'; readonly taskId: string }
  | { readonly type: 'video-outcome-unknown' }
  /** P6: no video will come; `late`: it may still come by itself. */
  | { readonly type: 'video-failed'; readonly reason: string; readonly late: boolean }
  /** P7: both files are verified in the store. */
  | { readonly type: 'media-saved' }
  /** M9 */
  | { readonly type: 'post-finished' }
  | {
      readonly type: 'late-result';
      readonly task: LateTask;
      readonly answer: Readonly<Record<string, unknown>> | null;
    }
  | { readonly type: 'late-task-dropped'; readonly task: LateTask };

export type EventType = WorkflowEvent['type'];

/** The events that a step may report, by name. */
export type EventNamed<T extends EventType> = Extract<WorkflowEvent, { type: T }>;
