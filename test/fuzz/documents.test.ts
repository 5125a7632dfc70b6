/** The documents of a channel as a bad disk, another tool or a person's hand may leave them. */
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { z } from 'zod';

import {
  generationDocumentSchema,
  imageDocumentSchema,
  publicDocumentSchema,
  publishedIds,
  type ChannelState,
} from '../../src/domain/channel-state.ts';
import { isGenerationId } from '../../src/domain/generation-id.ts';
import { journalSchema } from '../../src/domain/journal.ts';
import { ledgerSchema } from '../../src/domain/ledger.ts';
import { postSchema, topicOf } from '../../src/domain/post.ts';
import { availableFocuses, recordTopic, topicsTrackerSchema } from '../../src/domain/topics-tracker.ts';
import { parseDocument } from '../../src/steps/documents.ts';
import { decide, type RunFacts } from '../../src/workflow/decide.ts';
import { restProblems } from '../../src/workflow/invariants.ts';
import { transition } from '../../src/workflow/transition.ts';
import { POLICY, SAMPLES } from '../support/channel-samples.ts';
import { fuzz } from './fuzz.ts';
import { jsonBytes, mutated } from './hostile.ts';

const ID = '20260131-2030';
const AT = '2026-01-31T20:31:00.000000+00:00';
export const GOOD = {
  public: {
    processing_lock: true,
    generation_id: [ID, `${ID}.json`],
    lock_owner: 'run-1',
    lock_expires_at_utc: AT,
    lock_epoch: 3,
  },
  generation: { generation_id: ID },
  image: {
    midjourney_task: { task_id: 'task-1', requested_at_utc: AT },
    midjourney_results: { task_id: 'task-1', task_result: { image_urls: ['https://x.example/1.png'] } },
    generation: true,
    status: 'timed_out_mock_needed',
    attempts: 1,
    unknown_outcomes: 1,
    retry_after_utc: AT,
    submission: { kind: 'image', intent_id: 'i', at_utc: AT },
    picture: { source: 'midjourney', candidate: 2 },
    picture_failures: 1,
    video_task: { task_id: 'video-1', requested_at_utc: AT },
    video_failure: 'tired',
    replacing_mock: true,
    late_tasks: [{ kind: 'image', id: ID, task_id: 'late-1', requested_at_utc: AT }],
  },
  tracker: {
    all_focuses: ['Clocks', 'Rivers (т)'],
    used_focuses: ['Clocks'],
    focus_data: { Clocks: ['Sundial'], constructor: ['x'] },
  },
  post: {
    topic: 'The clock that waited',
    content: 'A text.',
    sarcasm: { comment: 'Well.', poll: { question: 'Why?', options: ['a', 'b', 'c'] } },
    script: 'A door opens.',
    first_frame_description: 'A door.',
    media: { image: 'midjourney', video: 'mock', image_task_id: 'task-1', reason: 'no video' },
    image_choice: { winner: 1, reason: 'sharp', scores: [{ image: 1, scores: { Light: 3 }, total: 3 }] },
  },
  journal: {
    version: 1,
    id: ID,
    entries: [
      { at_utc: AT, type: 'decision', action: 'write-content', reason: 'idle' },
      {
        at_utc: AT,
        type: 'intent',
        call: 'c1',
        kind: 'text',
        stage: 'topic',
        provider: 'openai',
        model: 'gpt-4o',
        reserved_usd: 0.01,
      },
      {
        at_utc: AT,
        type: 'settled',
        call: 'c1',
        outcome: 'succeeded',
        cost_usd: 0.01,
        measured: true,
        seconds: 1,
      },
    ],
    draft: { focus: 'Clocks', topic: { full_topic: 'T', short_topic: 't' }, intent: { stage: 'text' } },
  },
  ledger: {
    version: 1,
    month: '2026-01',
    calls: [
      {
        call: 'c1',
        at_utc: AT,
        id: ID,
        kind: 'text',
        stage: 'topic',
        provider: 'openai',
        model: 'gpt-4o',
        state: 'reserved',
        reserved_usd: 0.01,
        cost_usd: 0.01,
        measured: false,
      },
    ],
  },
} as const;

/** A value of the schema, or a `state_damaged` that names the object; anything else is thrown. */
function parsed<T>(bytes: Uint8Array, schema: z.ZodType<T>): T | null {
  const read = parseDocument(bytes, 'some/key.json', schema);
  if (read.ok) return read.value;
  expect(read.failure).toMatchObject({ code: 'state_damaged', where: { key: 'some/key.json' } });
  expect(read.failure.message.length).toBeGreaterThan(15);
  expect(read.failure.message.length).toBeLessThan(2_000);
  return null;
}

const image = jsonBytes(GOOD.image);
const samples = fc.constantFrom(...Object.values(SAMPLES).flat());
const imageValue = fc.oneof(
  mutated(GOOD.image),
  samples.chain((sample) => mutated(sample, Object.keys(GOOD.image))),
);
const facts: fc.Arbitrary<RunFacts> = fc.record({
  mode: fc.constantFrom('main' as const, 'check' as const),
  tasksProcessed: fc.nat(2),
  survey: fc.constantFrom(
    null,
    { readyInFresh: true, activePost: 'absent' as const },
    { readyInFresh: false, activePost: 'content' as const },
    { readyInFresh: false, activePost: 'ready' as const },
  ),
  lateChecked: fc.boolean(),
  imageCheck: fc.constantFrom('unasked' as const, 'pending' as const, 'failed' as const),
  now: fc.constant(new Date('2026-02-01T20:30:00Z')),
});

fuzz(
  'S1 S4 any image document is damaged by name, or every decision on it can be made and carried out',
  800,
  fc.property(imageValue, fc.boolean(), facts, (written, named, known) => {
    const bytes = new TextEncoder().encode(JSON.stringify(written) ?? '');
    const document = parsed(bytes, imageDocumentSchema);
    const generation = parsed(
      new TextEncoder().encode(JSON.stringify({ generation_id: named ? ID : null })),
      generationDocumentSchema,
    );
    if (document === null || generation === null) return;
    const state = { image: document, generation } as ChannelState;
    restProblems(state.image, state.generation);
    const action = decide(state, known, POLICY);
    if (action.type !== 'record') return;
    const after = transition(state, action.event, POLICY, known.now);
    // S1: what was written there and is not ours is still there.
    for (const key of Object.keys(state.image)) {
      if (!Object.hasOwn(GOOD.image, key)) expect(after.image[key]).toEqual(state.image[key]);
    }
  }),
);

fuzz(
  'S1 any bytes are damaged by name, or of the form that the schema promises',
  250,
  fc.property(
    image,
    jsonBytes(GOOD.public),
    jsonBytes(GOOD.generation),
    jsonBytes(GOOD.tracker),
    (imageBytes, publicBytes, generationBytes, trackerBytes) => {
      parsed(imageBytes, imageDocumentSchema);
      const shared = parsed(publicBytes, publicDocumentSchema);
      if (shared) for (const id of publishedIds(shared).ids) expect(isGenerationId(id)).toBe(true);
      const generation = parsed(generationBytes, generationDocumentSchema);
      if (generation)
        expect(generation.generation_id === null || isGenerationId(generation.generation_id)).toBe(true);
      const tracker = parsed(trackerBytes, topicsTrackerSchema);
      if (!tracker) return;
      for (const focus of ['__proto__', 'constructor', ...availableFocuses(tracker)]) {
        const next = recordTopic(tracker, focus, 'Label');
        expect(Object.getOwnPropertyDescriptor(next.focus_data, focus)?.value.at(-1)).toBe('Label');
        expect(next.used_focuses.length).toBeLessThanOrEqual(15);
      }
    },
  ),
);

fuzz(
  'S1 any post, journal and ledger is damaged by name, or of the form that the schema promises',
  250,
  fc.property(
    jsonBytes(GOOD.post),
    jsonBytes(GOOD.journal),
    jsonBytes(GOOD.ledger),
    (postBytes, journalBytes, ledgerBytes) => {
      const post = parsed(postBytes, postSchema);
      if (post) expect(typeof topicOf(post)).toBe('string');
      parsed(journalBytes, journalSchema);
      const ledger = parsed(ledgerBytes, ledgerSchema);
      for (const call of ledger?.calls ?? []) expect(call.cost_usd).toBeGreaterThanOrEqual(0);
    },
  ),
);

fuzz(
  'S1 keys that nobody knows survive reading and writing; only `__proto__` at the top is left out',
  300,
  fc.property(mutated(GOOD.image), (written) => {
    const text = JSON.stringify(written) ?? '';
    const document = parsed(new TextEncoder().encode(text), imageDocumentSchema);
    if (document === null) return;
    const before: object = JSON.parse(text);
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
    const after: object = JSON.parse(JSON.stringify(document));
    for (const key of Object.keys(before)) {
      if (Object.hasOwn(GOOD.image, key) || key === '__proto__') continue;
      expect(Object.getOwnPropertyDescriptor(after, key)?.value, key).toEqual(
        Object.getOwnPropertyDescriptor(before, key)?.value,
      );
    }
  }),
);
