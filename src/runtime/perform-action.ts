/** From an action to the step that does it. */
import type { ChannelState } from '../domain/channel-state.ts';
import type { Failure } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import type { WorkflowEvent } from '../domain/workflow-event.ts';
import { awaitVideo } from '../steps/await-video.ts';
import { checkImage } from '../steps/check-image.ts';
import { checkLate } from '../steps/check-late.ts';
import { choosePicture } from '../steps/choose-picture.ts';
import type { StepContext } from '../steps/context.ts';
import { keepMock } from '../steps/media-files.ts';
import { makeMock, makeMockVideo } from '../steps/make-mock.ts';
import { recallOrder } from '../steps/recall-order.ts';
import { requestImage } from '../steps/request-image.ts';
import { requestVideo } from '../steps/request-video.ts';
import { adoptContent, writeContent } from '../steps/write-content.ts';
import type { Action } from '../workflow/decide.ts';
import { LATE_TASK_SECONDS } from '../workflow/policy.ts';

export interface ActionDone {
  readonly event: WorkflowEvent | null;
  readonly failure: Failure | null;
}

/** What an action needs to know beside the state. */
export interface ActionFacts {
  /** Ids that the publisher has marked. */
  readonly published?: readonly GenerationId[];
  /** Of the `submission` that was saved for this very action. */
  readonly intentId?: string;
}

type StepAction = Exclude<Action, { type: 'stop' | 'record' | 'tidy' | 'mint-id' }>;

export function performAction(
  context: StepContext,
  action: StepAction,
  state: ChannelState,
  { intentId = '', published = [] }: ActionFacts = {},
): Promise<ActionDone> {
  const replacing = state.image.replacing_mock === true;
  switch (action.type) {
    case 'make-mock':
      return makeMock(context, action.id, action.reason);
    case 'choose-picture':
      return choosePicture(context, {
        id: action.id,
        answer: state.image.midjourney_results ?? {},
        replacing,
      });
    case 'request-video':
      return requestVideo(context, { id: action.id, intentId, replacing });
    case 'await-video':
      return awaitVideo(context, {
        id: action.id,
        task: action.task,
        replacing,
        maxAgeSeconds: LATE_TASK_SECONDS,
      });
    case 'make-mock-video':
      return makeMockVideo(context, action.id, action.reason, replacing);
    case 'check-image':
      return checkImage(context, action.task.task_id, action.id);
    case 'request-image':
      return requestImage(context, action.id, intentId);
    case 'keep-mock':
      return keepMock(context, action.id, action.reason);
    case 'recall-order':
      return recallOrder(context, action);
    case 'check-late':
      return checkLate(context, {
        tasks: state.image.late_tasks ?? [],
        published,
        maxAgeSeconds: LATE_TASK_SECONDS,
      });
    case 'write-content':
      return writeContent(context, action.id);
    case 'adopt-content':
      return adoptContent(context, action.id);
  }
}
