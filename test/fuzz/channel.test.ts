/** Whole runs on channels whose documents somebody has spoilt: nothing is lost, overwritten, or written elsewhere. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';
import type { z } from 'zod';

import {
  generationDocumentSchema,
  imageDocumentSchema,
  publicDocumentSchema,
} from '../../src/domain/channel-state.ts';
import { journalSchema } from '../../src/domain/journal.ts';
import { ledgerSchema } from '../../src/domain/ledger.ts';
import { keyProblem } from '../../src/domain/object-key.ts';
import { postSchema } from '../../src/domain/post.ts';
import { topicsTrackerSchema } from '../../src/domain/topics-tracker.ts';
import { parseDocument } from '../../src/steps/documents.ts';
import { AT_REST, GENERATION, IMAGE, Mill, PUBLIC, TRACKER } from '../support/mill.ts';
import { fuzz } from './fuzz.ts';
import { GOOD, ID } from './good-documents.ts';
import { jsonBytes } from './hostile.ts';

const DOCUMENTS: Readonly<Record<string, z.ZodType>> = {
  [PUBLIC]: publicDocumentSchema,
  [GENERATION]: generationDocumentSchema,
  [IMAGE]: imageDocumentSchema,
  [TRACKER]: topicsTrackerSchema,
  [`666/${ID}.json`]: postSchema,
  [`journal/${ID}.json`]: journalSchema,
  'ledger/2026-01.json': ledgerSchema,
};
/** A post that is nobody's business unless the documents, as they are now, really say so. */
const BYSTANDER = '20260130-2030';
const PLACES = /^(config|data|666|555|444|archive|journal|ledger|locks)\/[^/]+$/;

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const either = (good: unknown, more: readonly unknown[] = []): fc.Arbitrary<Uint8Array | null> =>
  fc.oneof(
    { arbitrary: jsonBytes(good), weight: 3 },
    { arbitrary: fc.constantFrom(good, ...more).map(encode), weight: 3 },
    { arbitrary: fc.constant(null), weight: 1 },
  );

const channel = fc.record({
  [PUBLIC]: either({ ...GOOD.public, processing_lock: false }, [{ generation_id: [BYSTANDER] }]),
  [GENERATION]: either(GOOD.generation, [{ generation_id: null }]),
  [IMAGE]: either(GOOD.image, [
    AT_REST,
    { ...AT_REST, generation: true },
    { ...AT_REST, status: 'timed_out_mock_needed' },
  ]),
  [TRACKER]: either(GOOD.tracker),
  [`666/${ID}.json`]: either(GOOD.post),
  [`journal/${ID}.json`]: either(GOOD.journal),
  'ledger/2026-01.json': either(GOOD.ledger),
});

let mill: Mill;
beforeAll(async () => {
  mill = await Mill.start({ sandbox: { imageSeconds: 1, videoSeconds: 0 } });
});
afterAll(() => mill[Symbol.asyncDispose]());

fuzz(
  'S1 I2 I5 a run on any documents ends with a report; what is damaged stays byte for byte, and nobody’s post is lost',
  80,
  fc.asyncProperty(channel, fc.constantFrom('main' as const, 'check' as const), async (documents, mode) => {
    await mill.remove(...(await mill.objects()));
    for (const part of ['.json', '.png', '.mp4', '_note.txt'])
      await mill.put(`666/${BYSTANDER}${part}`, `${part} of the bystander`);
    const damaged = new Map<string, Uint8Array>();
    for (const [key, bytes] of Object.entries(documents)) {
      if (bytes === null) continue;
      await mill.put(key, bytes);
      const schema = DOCUMENTS[key];
      // An empty text is none, as S2 counts: a new one is written in its place.
      if (bytes.length === 0 && key.startsWith('666/')) continue;
      if (schema && !parseDocument(bytes, key, schema).ok) damaged.set(key, bytes);
    }

    const report = await mill.run({ mode, zeroDelay: true, anyState: true });

    if (report.failure) expect(report.failure.message).not.toBe('');
    const keys = await mill.objects();
    for (const key of keys) {
      expect(keyProblem(key), key).toBeNull();
      expect(key).toMatch(PLACES);
    }
    expect(keys.filter((key) => key.startsWith('locks/'))).toEqual([]);
    for (const [key, bytes] of damaged) {
      // A damaged text may have been moved with its group; it is still the same bytes.
      const found = keys.filter(
        (known) =>
          known.split('/').at(-1) === key.split('/').at(-1) &&
          !known.startsWith('journal/') === !key.startsWith('journal/'),
      );
      expect(found, key).toHaveLength(1);
      expect(Buffer.from(await mill.bytes(found[0] ?? '')).equals(bytes), key).toBe(true);
    }
    for (const part of ['.json', '.png', '.mp4', '_note.txt']) {
      const found = keys.filter((key) => key.endsWith(`/${BYSTANDER}${part}`));
      expect(found, part).toHaveLength(1);
      expect(await mill.text(found[0] ?? '')).toBe(`${part} of the bystander`);
    }
  }),
);
