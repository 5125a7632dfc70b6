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
import { GOOD, ID } from './good-documents.ts';
import { jsonBytes, mutated } from './hostile.ts';

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
