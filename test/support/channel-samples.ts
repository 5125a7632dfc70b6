/** Documents in every phase, with strangers' keys in them, for tests of the pure core. */
import type { ChannelState, ImageDocument, LateTask } from '../../src/domain/channel-state.ts';
import { isGenerationId, type GenerationId } from '../../src/domain/generation-id.ts';
import type { EventType, WorkflowEvent } from '../../src/domain/workflow-event.ts';
import type { Phase } from '../../src/workflow/phase.ts';
import type { Policy } from '../../src/workflow/policy.ts';

export function idOf(text: string): GenerationId {
  if (!isGenerationId(text)) throw new Error(`${text} is no id`);
  return text;
}

export const POST = idOf('20260131-2030');
export const OTHER_POST = idOf('20260130-2030');
export const NOW = new Date('2026-02-01T12:00:00Z');
export const MOMENT = '2026-02-01T11:00:00.000000+00:00';
export const ANSWER = {
  task_id: 'image-1',
  status: 'finished',
  task_result: { image_urls: ['https://a.example/1', 'https://a.example/2'] },
};
export const USELESS = { task_id: 'image-1', status: 'failed', task_result: {} };

export const POLICY: Policy = {
  imageTimeoutSeconds: 18_000,
  maxRetries: 3,
  retryBackoffSeconds: 600,
  maxTasksPerRun: 1,
  replaceMockWithLateResult: true,
};

export const IDLE: ImageDocument = {
  midjourney_task: null,
  midjourney_results: {},
  generation: false,
  status: null,
};

export const PICTURE = { source: 'midjourney', candidate: 2 } as const;
export const VIDEO_TASK = { task_id: 'video-1', requested_at_utc: MOMENT };
export const LATE: LateTask = {
  kind: 'image',
  id: OTHER_POST,
  task_id: 'late-1',
  requested_at_utc: '2026-01-30T20:35:00Z',
};

/** Several documents of each phase; the first is the specification's own form. */
export const SAMPLES = {
  'timed-out': [{ ...IDLE, status: 'timed_out_mock_needed' }],
  results: [
    { ...IDLE, midjourney_results: ANSWER },
    { ...IDLE, midjourney_results: ANSWER, picture: PICTURE, attempts: 1, unknown_outcomes: 1 },
    { ...IDLE, midjourney_results: ANSWER, picture: PICTURE, video_task: VIDEO_TASK },
    { ...IDLE, midjourney_results: USELESS, picture: PICTURE },
    { ...IDLE, picture: PICTURE, video_task: VIDEO_TASK, replacing_mock: true },
  ],
  task: [{ ...IDLE, midjourney_task: { task_id: 'image-1', requested_at_utc: MOMENT } }],
  'task-undated': [
    { ...IDLE, midjourney_task: 'image-1' },
    { ...IDLE, midjourney_task: { task_id: 'image-1', note: 'kept' } },
  ],
  submission: [
    { ...IDLE, generation: true },
    { ...IDLE, generation: true, attempts: 2, retry_after_utc: MOMENT },
    { ...IDLE, generation: true, submission: { kind: 'image', intent_id: 'i', at_utc: MOMENT } },
    { ...IDLE, generation: true, replacing_mock: true },
  ],
  'results-unusable': [
    { ...IDLE, midjourney_results: USELESS },
    { ...IDLE, midjourney_results: USELESS, replacing_mock: true },
  ],
  idle: [IDLE, { ...IDLE, late_tasks: [LATE] }, { ...IDLE, midjourney_results: null, midjourney_task: {} }],
} as const satisfies Record<Phase, readonly ImageDocument[]>;

/** One or more events of each type, as steps report them. */
export const EVENTS = {
  'id-minted': [{ type: 'id-minted', id: POST }],
  'content-written': [{ type: 'content-written' }],
  'content-adopted': [
    { type: 'content-adopted', progress: { generation: true, attempts: 1 } },
    {
      type: 'content-adopted',
      progress: { midjourney_task: { task_id: 'image-1', requested_at_utc: MOMENT } },
    },
    { type: 'content-adopted', progress: { midjourney_results: ANSWER, picture: PICTURE } },
    { type: 'content-adopted', progress: { status: 'timed_out_mock_needed' } },
  ],
  'content-abandoned': [{ type: 'content-abandoned' }],
  'submission-intended': [
    { type: 'submission-intended', kind: 'image', intentId: 'intent-1' },
    { type: 'submission-intended', kind: 'video', intentId: 'intent-2' },
  ],
  'submission-withdrawn': [{ type: 'submission-withdrawn' }],
  'image-requested': [{ type: 'image-requested', taskId: 'image-2' }],
  'image-refused': [{ type: 'image-refused' }],
  'image-outcome-unknown': [{ type: 'image-outcome-unknown' }],
  'image-answered': [
    { type: 'image-answered', answer: ANSWER },
    { type: 'image-answered', answer: USELESS },
  ],
  'image-unusable': [{ type: 'image-unusable' }],
  'image-timed-out': [{ type: 'image-timed-out', reason: 'late' }],
  'image-given-up': [
    { type: 'image-given-up', reason: 'failed', late: false },
    { type: 'image-given-up', reason: 'asked for', late: true },
  ],
  'task-adopted': [{ type: 'task-adopted' }],
  'inconsistency-cleared': [{ type: 'inconsistency-cleared' }],
  'picture-saved': [{ type: 'picture-saved', picture: PICTURE }],
  'picture-failed': [{ type: 'picture-failed' }],
  'video-requested': [{ type: 'video-requested', taskId: 'video-2' }],
  'video-outcome-unknown': [{ type: 'video-outcome-unknown' }],
  'video-failed': [
    { type: 'video-failed', reason: 'the provider is tired', late: false },
    { type: 'video-failed', reason: '', late: true },
  ],
  'media-saved': [{ type: 'media-saved' }],
  'post-finished': [{ type: 'post-finished' }],
  'late-result': [
    { type: 'late-result', task: LATE, answer: ANSWER },
    { type: 'late-result', task: { ...LATE, kind: 'video' }, answer: null },
  ],
  'late-task-dropped': [{ type: 'late-task-dropped', task: LATE }],
} as const satisfies { readonly [T in EventType]: readonly Extract<WorkflowEvent, { type: T }>[] };

export const EVENT_TYPES: readonly EventType[] = Object.keys(EVENTS).filter((name): name is EventType =>
  Object.hasOwn(EVENTS, name),
);

export const SPEC = new URL('../../src/workflow/SPEC.md', import.meta.url);

/** Keys that are nobody's, as another tool or a later version may leave them. */
export const STRANGERS = { note: 'mine', nested: { deep: [1, null] }, constructor: 'harmless' };

export function stateOf(image: ImageDocument, id: GenerationId | null): ChannelState {
  return { image: { ...STRANGERS, ...image }, generation: { ...STRANGERS, generation_id: id } };
}
