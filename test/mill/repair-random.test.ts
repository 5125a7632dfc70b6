/**
 * Repair of channels that are damaged at random: whatever lies in the bucket, a look leaves it as it is, `apply` loses no
 * byte of it, and afterwards nothing is left that repair itself could mend.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/memory-store.ts';
import type { Surroundings } from '../../src/app/compose.ts';
import { repair } from '../../src/app/repair.ts';
import { VirtualClock } from '../../src/app/virtual-clock.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { interpretConfig } from '../../src/config/load.ts';
import { collectList, type ObjectStore } from '../../src/ports/object-store.ts';
import { ANSWER, IDLE, SAMPLES } from '../support/channel-samples.ts';
import { GENERATION, IMAGE, Mill, PUBLIC, START, TRACKER, valueOf } from '../support/mill.ts';
import { CASES } from '../support/random.ts';

const { config } = valueOf(interpretConfig('{}', 'the test'));
const environment = valueOf(readEnvironment({ REELMILL_STORE: 'folder:unused' }));
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const RUNS = 40 * CASES;

const IDS = ['20260120-2030', '20260121-2030', '20260122-2030', '20260123-2030'];
const FOLDERS = ['666/', '555/', '444/', 'archive/'];
const id = fc.constantFrom(...IDS);
const text = { topic: 'Clocks', content: 'Tick.', sarcasm: {}, script: 's', first_frame_description: 'f' };

const at_utc = '2026-01-22T20:31:00.000000+00:00';
const paid = { provider: 'p', model: 'm', reserved_usd: 0.1 };
const settled = {
  at_utc,
  type: 'settled',
  outcome: 'succeeded',
  cost_usd: 0.1,
  measured: false,
  seconds: 1,
};
const ENTRIES = [
  { at_utc, type: 'decision', action: 'choose-picture', reason: 'r' },
  { at_utc, type: 'intent', call: 'i', kind: 'image', stage: 'image', ...paid },
  { ...settled, call: 'i', task_id: 'image-1' },
  { at_utc, type: 'file', key: `666/${IDS[0]}.png`, bytes: 3, sha256: 'a'.repeat(64) },
  { at_utc, type: 'intent', call: 'v', kind: 'video', stage: 'video', ...paid },
  { ...settled, call: 'v', task_id: 'video-1' },
  { at_utc, type: 'fallback', from: 'runway', to: 'mock video', reason: 'r' },
  { at_utc, type: 'fallback', from: 'midjourney', to: 'placeholder and mock video', reason: 'r' },
];
const DRAFT = {
  topic: { full_topic: 'Clocks', short_topic: 'Clocks' },
  text: 'Tick.',
  scene: { script: 's', first_frame_description: 'f' },
};

/** A document as somebody may have left it: whole, cut anywhere, or something else altogether. */
function document(whole: fc.Arbitrary<unknown>): fc.Arbitrary<Uint8Array> {
  const encoded = whole.map((value) => new TextEncoder().encode(JSON.stringify(value, null, 2)));
  return fc.oneof(
    { weight: 4, arbitrary: encoded },
    {
      weight: 2,
      arbitrary: fc
        .tuple(encoded, fc.double({ min: 0, max: 1, noNaN: true }))
        .map(([body, share]) => body.slice(0, Math.floor(body.length * share))),
    },
    { weight: 1, arbitrary: fc.json().map((json) => new TextEncoder().encode(json)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Uint8Array.from(bytes)) },
  );
}

const media = fc.constantFrom('', 'one', 'two', 'three').map((body) => new TextEncoder().encode(body));
const publicDocument = fc.record(
  {
    processing_lock: fc.boolean(),
    generation_id: fc.oneof(fc.array(fc.oneof(id, fc.constantFrom('no id', 7))), id, fc.constant(null)),
    lock_owner: fc.constantFrom('dead', null),
    lock_epoch: fc.nat(5),
    note: fc.string(),
  },
  { requiredKeys: [] },
);
const generationDocument = fc.record(
  { generation_id: fc.oneof(id, fc.constantFrom(null, 'no id')), note: fc.string() },
  { requiredKeys: [] },
);
const imageDocument = fc.oneof(
  fc.constantFrom(...Object.values(SAMPLES).flat()),
  fc.constant({ ...IDLE, midjourney_results: ANSWER }),
  fc.object({ maxDepth: 1 }),
);
const journal = fc.record(
  {
    version: fc.constant(1),
    id,
    entries: fc.subarray(ENTRIES),
    draft: fc.constantFrom(DRAFT, { text: 'Tick.' }),
  },
  { requiredKeys: ['version', 'id', 'entries'] },
);

type Thing = readonly [key: string, body: Uint8Array];

const thing: fc.Arbitrary<Thing> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(keyOf(['.png', '.mp4', '.txt', '_cover.png']), media) },
  { weight: 4, arbitrary: fc.tuple(keyOf(['.json']), document(fc.constant(text))) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      id.map((name) => `journal/${name}.json`),
      document(journal),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('666/readme.txt', '444/.keep', 'locks/note', 'mine.json'), media),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom('locks/dead.json', 'locks/gone.json'),
      document(fc.constant({ owner: 'dead' })),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom('ledger/2026-01.json', 'ledger/2025-12.json'),
      document(fc.constant({ version: 1, month: '2026-01', calls: [] })),
    ),
  },
);

function keyOf(endings: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...FOLDERS), id, fc.constantFrom(...endings))
    .map(([folder, name, ending]) => folder + name + ending);
}

const optional = (body: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array | null> =>
  fc.option(body, { freq: 5 });

const channel = fc.record({
  documents: fc.tuple(
    optional(document(publicDocument)),
    optional(document(generationDocument)),
    optional(document(imageDocument)),
    optional(document(fc.constant({ all_focuses: ['Clocks'], used_focuses: [], focus_data: {} }))),
  ),
  things: fc.array(thing, { maxLength: 20 }),
  store: fc.record({ conditionalWrites: fc.boolean(), versions: fc.boolean() }),
});

async function everything(store: ObjectStore): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const { key, etag, size } of valueOf(await collectList(store, ''))) {
    const stored = valueOf(await store.get(key, size));
    all.set(key, `${etag} ${Buffer.from(stored?.body ?? []).toString('latin1')}`);
  }
  return all;
}

function bodiesIn(all: ReadonlyMap<string, string>): Set<string> {
  return new Set([...all.values()].map((line) => line.slice(line.indexOf(' ') + 1)));
}

test(
  'S1 I2 whatever is damaged: a look changes nothing, apply loses no byte and leaves nothing that it could mend',
  async () => {
    let mended = 0;
    const property = fc.asyncProperty(channel, async ({ documents, things, store: kind }) => {
      const clock = new VirtualClock(new Date(START.getTime() - 24 * 3_600_000));
      const store = createMemoryStore({ now: () => clock.now(), ...kind });
      const keys = [PUBLIC, GENERATION, IMAGE, TRACKER];
      const objects: Thing[] = [
        ...documents.flatMap((body, at) => (body === null ? [] : [[keys[at] ?? '', body] as const])),
        ...things,
      ];
      for (const [key, bytes] of objects)
        valueOf(await store.put(key, { bytes }, { contentType: 'application/octet-stream' }));
      // Locks and tickets of that day are nobody's any more.
      clock.moveTo(START);
      let names = 0;
      const surroundings: Surroundings = {
        config,
        environment,
        store,
        clock,
        random: { next: () => 0.5, identifier: () => `test-${(names += 1)}` },
        log: SILENT,
        signal: new AbortController().signal,
        holder: 'a test',
      };
      const before = await everything(store);
      const proposed = valueOf(await repair(surroundings, { apply: false }));
      expect(await everything(store)).toEqual(before);

      const report = valueOf(await repair(surroundings, { apply: true }));
      expect(report.findings.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
      const after = await everything(store);
      expect([...bodiesIn(before).difference(bodiesIn(after))]).toEqual([]);
      expect(report.applied).toBe(true);
      expect([...after.keys()].filter((key) => key.startsWith('locks/') && key.endsWith('.json'))).toEqual(
        [],
      );

      clock.moveTo(new Date(START.getTime() + 60_000));
      const again = valueOf(await repair(surroundings, { apply: true }));
      expect(again.findings.filter(({ remedy }) => remedy !== null)).toEqual([]);
      expect(await everything(store)).toEqual(after);
      mended += proposed.findings.filter(({ remedy }) => remedy !== null).length;
    });
    await fc.assert(property, { numRuns: 10 * RUNS });
    // A generator that damages nothing would pass as well.
    expect(mended).toBeGreaterThan(25 * RUNS);
  },
  6_000 * RUNS,
);

test(
  'I4 whatever was damaged: after a repair clean runs reach a ready post',
  async () => {
    const property = fc.asyncProperty(channel, async ({ documents, things, store: kind }) => {
      await using mill = await Mill.start({ store: kind });
      const keys = [PUBLIC, GENERATION, IMAGE, TRACKER];
      for (const [at, body] of documents.entries()) if (body) await mill.put(keys[at] ?? '', body);
      for (const [key, body] of things) await mill.put(key, body);
      await mill.advance(24 * 3_600);
      valueOf(await repair(mill.surroundings, { apply: true }));
      const ends: string[] = [];
      for (let run = 0; run < 12; run += 1) {
        await mill.until(['20:30', '21:30', '01:30'][run % 3] ?? '');
        const report = await mill.run({ mode: run % 3 === 0 ? 'main' : 'check', anyState: true });
        ends.push(`${report.stop} ${report.failure?.message ?? ''}`);
        const ready = (await mill.objects()).filter((key) => /^(666|555|444)\/.*\.mp4$/.test(key));
        if (ready.some((key) => !things.some(([damaged]) => damaged === key))) return;
      }
      expect.fail(ends.join('\n'));
    });
    await fc.assert(property, { numRuns: RUNS });
  },
  6_000 * RUNS,
);
