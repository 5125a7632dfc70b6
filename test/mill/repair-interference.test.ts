/** Repair while others are at work: it waits its turn, loses nothing that the publisher writes, and may be killed anywhere. */
import { expect, test } from 'vitest';
import { createMemoryStore } from '../../src/adapters/memory/memory-store.ts';
import type { Surroundings } from '../../src/app/compose.ts';
import { repair } from '../../src/app/repair.ts';
import { VirtualClock } from '../../src/app/virtual-clock.ts';
import { readEnvironment } from '../../src/config/environment.ts';
import { interpretConfig } from '../../src/config/load.ts';
import { failure } from '../../src/domain/failure.ts';
import { collectList, type ObjectStore } from '../../src/ports/object-store.ts';
import { AT_REST, GENERATION, IMAGE, PUBLIC, START, valueOf } from '../support/mill.ts';

const { config } = valueOf(interpretConfig('{}', 'the test'));
const environment = valueOf(readEnvironment({ REELMILL_STORE: 'folder:unused' }));
const ID = '20260120-2030';
const OTHER = '20260121-2030';
const TEXT = { topic: 'Clocks', content: 'Tick.', sarcasm: {}, script: 's', first_frame_description: 'f' };

interface World {
  readonly store: ObjectStore;
  readonly surroundings: Surroundings;
  readonly clock: VirtualClock;
}

type Kind = { readonly conditionalWrites: boolean; readonly versions: boolean };
const KINDS: readonly Kind[] = [
  { conditionalWrites: true, versions: false },
  { conditionalWrites: false, versions: true },
];

/** `through` stands between repair and the store. */
function world(kind: Kind, through: (store: ObjectStore) => ObjectStore = (store) => store): World {
  const clock = new VirtualClock(START);
  const store = createMemoryStore({ now: () => clock.now(), ...kind });
  let names = 0;
  const surroundings: Surroundings = {
    config,
    environment,
    store: through(store),
    clock,
    random: { next: () => 0.5, identifier: () => `repair-${(names += 1)}` },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    signal: new AbortController().signal,
    holder: 'a test',
  };
  return { store, surroundings, clock };
}

async function put(store: ObjectStore, key: string, body: unknown): Promise<void> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const bytes = new TextEncoder().encode(text);
  valueOf(await store.put(key, { bytes }, { contentType: 'application/octet-stream' }));
}

async function json(store: ObjectStore, key: string): Promise<Record<string, unknown>> {
  const stored = valueOf(await store.get(key, 1_000_000));
  return JSON.parse(new TextDecoder().decode(stored?.body)) as Record<string, unknown>;
}

async function bodies(store: ObjectStore): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const { key } of valueOf(await collectList(store, ''))) {
    const stored = valueOf(await store.get(key, 1_000_000));
    all.set(key, Buffer.from(stored?.body ?? []).toString('latin1'));
  }
  return all;
}

/** One of nearly everything. */
async function damage(store: ObjectStore): Promise<void> {
  await put(store, PUBLIC, `{"processing_lock": false, "generation_id": ["${OTHER}", "20250101-0000`);
  await put(store, GENERATION, 'garbage');
  await put(store, IMAGE, '{"midjourney_task": {"task');
  await put(store, `444/${ID}.json`, TEXT);
  await put(store, `444/${ID}.png`, 'the picture');
  await put(store, `555/${ID}.png`, 'another picture');
  await put(store, `555/${ID}.mp4`, 'the video');
  await put(store, `666/20260122-2030.png`, 'an orphan');
  await put(store, `archive/${OTHER}.json`, TEXT);
  await put(store, `666/20260123-2030.json`, TEXT);
}

test('M2 a run at work: a look says so, and apply does nothing at all', async () => {
  const { clock, store, surroundings } = world({ conditionalWrites: true, versions: false });
  await damage(store);
  await put(store, 'locks/busy.json', '{}');
  clock.moveTo(new Date(START.getTime() + 60_000));
  const before = await bodies(store);
  const look = valueOf(await repair(surroundings, { apply: false }));
  expect(look).toMatchObject({ applied: false, holder: 'locks/busy.json' });
  const report = valueOf(await repair(surroundings, { apply: true }));
  expect(report).toMatchObject({ applied: false, holder: 'locks/busy.json' });
  expect(report.findings.every(({ outcome }) => outcome === 'proposed')).toBe(true);
  const after = await bodies(store);
  for (const [key, body] of before) expect(after.get(key), key).toBe(body);
  // Only the copy that is kept before the lease is asked for.
  expect([...after.keys()].filter((key) => !before.has(key))).toEqual([
    expect.stringMatching(/^quarantine\/.*config_public\.json$/),
  ]);
});

test('D12 an older tool’s young flag is honoured, and said', async () => {
  const { clock, store, surroundings } = world({ conditionalWrites: true, versions: false });
  await put(store, PUBLIC, { processing_lock: true, generation_id: [] });
  await put(store, `555/${ID}.png`, 'an orphan');
  clock.moveTo(new Date(START.getTime() + 600_000));
  const look = valueOf(await repair(surroundings, { apply: false }));
  expect(look.findings.find(({ kind }) => kind === 'stale-lock')).toMatchObject({
    outcome: 'reported',
    remedy: null,
  });
  const report = valueOf(await repair(surroundings, { apply: true }));
  expect(report.applied).toBe(false);
  expect(report.holder).toMatch(/without an owner/);
  expect((await bodies(store)).has(`555/${ID}.png`)).toBe(true);
});

test.each(KINDS)(
  'M10 what the publisher appends while repair works is not lost (conditional writes: $conditionalWrites)',
  async (kind) => {
    // At each of repair’s writes of the document, the publisher has just written its own version.
    for (const [nth, isDamaged] of [1, 2, 3, 4].flatMap((one) => [
      [one, false] as const,
      [one, true] as const,
    ])) {
      let writes = 0;
      let marked: string[] = [];
      const { store, surroundings } = world(kind, (inner) => ({
        ...bound(inner),
        put: async (key, source, options) => {
          if (key === PUBLIC && (writes += 1) === nth) {
            const present = await json(inner, PUBLIC).catch(() => ({ generation_id: [] }));
            const listed = (present['generation_id'] ?? []) as string[];
            marked = [...listed, ID];
            await put(inner, PUBLIC, { ...present, generation_id: marked });
          }
          return inner.put(key, source, options);
        },
      }));
      await damage(store);
      if (!isDamaged)
        await put(store, PUBLIC, { processing_lock: false, generation_id: [OTHER, '20250101-0000'] });
      await repair(surroundings, { apply: true });
      if (marked.length === 0) continue;
      const { generation_id: listed } = await json(store, PUBLIC);
      expect(listed, `write ${nth}, damaged: ${isDamaged}`).toContain(ID);
    }
  },
);

test.each(KINDS)(
  'I2 what a person writes while repair reads or copies is not lost (conditional writes: $conditionalWrites)',
  async (kind) => {
    const victims = [GENERATION, IMAGE, `444/${ID}.png`, `555/${ID}.png`, '666/20260122-2030.png'];
    let written = 0;
    for (const victim of victims) {
      // Counted are the reads of the object and of its copies.
      for (let nth = 1; nth <= 12; nth += 1) {
        let reads = 0;
        let isWritten = false;
        const meddle = async (inner: ObjectStore, key: string): Promise<void> => {
          if (!key.endsWith(victim)) return;
          reads += 1;
          if (reads !== nth || valueOf(await inner.head(victim)) === null) return;
          isWritten = true;
          await put(inner, victim, '"by hand"');
        };
        const { store, surroundings } = world(kind, (inner) => {
          const then = async <T>(key: string, answer: Promise<T>): Promise<T> => {
            const given = await answer;
            await meddle(inner, key);
            return given;
          };
          return {
            ...bound(inner),
            get: (key, ...args) => then(key, inner.get(key, ...args)),
            getFile: (key, ...args) => then(key, inner.getFile(key, ...args)),
            copy: (from, to) => then(from, inner.copy(from, to)),
          };
        });
        await damage(store);
        await repair(surroundings, { apply: true });
        if (!isWritten) continue;
        written += 1;
        expect([...(await bodies(store)).values()], `${victim}, read ${nth}`).toContain('"by hand"');
      }
    }
    expect(written).toBeGreaterThan(20);
  },
);

test('M2 D12 whatever repair changes, it changes under the flag, which is down again afterwards', async () => {
  const flags: unknown[] = [];
  const { store, surroundings } = world({ conditionalWrites: true, versions: false }, (inner) => {
    const watched = async <T>(key: string, effect: () => Promise<T>): Promise<T> => {
      if (!/^(locks|quarantine)\//.test(key) && key !== PUBLIC)
        flags.push((await json(inner, PUBLIC))['processing_lock']);
      return effect();
    };
    return {
      ...bound(inner),
      put: (key, ...args) => watched(key, () => inner.put(key, ...args)),
      copy: (from, to) => watched(to, () => inner.copy(from, to)),
      delete: (key) => watched(key, () => inner.delete(key)),
    };
  });
  await damage(store);
  valueOf(await repair(surroundings, { apply: true }));
  expect(flags.length).toBeGreaterThan(5);
  expect(new Set(flags)).toEqual(new Set([true]));
  expect(await json(store, PUBLIC)).toMatchObject({ processing_lock: false, lock_owner: null });
});

function bound(store: ObjectStore): ObjectStore {
  return {
    description: store.description,
    capabilities: () => store.capabilities(),
    get: (...args) => store.get(...args),
    getFile: (...args) => store.getFile(...args),
    head: (...args) => store.head(...args),
    put: (...args) => store.put(...args),
    list: (...args) => store.list(...args),
    copy: (...args) => store.copy(...args),
    delete: (...args) => store.delete(...args),
    versions: (...args) => store.versions(...args),
  };
}

type Effect = 'put' | 'copy' | 'delete';

/** The `nth` effect and all later ones do not happen; with `after`, the nth still does, but nobody hears of it. */
function dyingStore(inner: ObjectStore, nth: number, after: boolean): ObjectStore {
  let count = 0;
  const dead = () => failure('store_unavailable', 'the process is gone', {});
  const guarded = async <T>(effect: () => Promise<T>): Promise<T> => {
    count += 1;
    if (count > nth) return dead() as T;
    if (count < nth) return effect();
    if (after) await effect();
    return dead() as T;
  };
  const effects: Pick<ObjectStore, Effect> = {
    put: (...args) => guarded(() => inner.put(...args)),
    copy: (...args) => guarded(() => inner.copy(...args)),
    delete: (...args) => guarded(() => inner.delete(...args)),
  };
  return { ...bound(inner), ...effects };
}

test.each(KINDS)(
  'I2 killed before or after any of its effects, repair has lost no byte, and the next one ends its work (conditional writes: $conditionalWrites)',
  async (kind) => {
    let effects = 0;
    const counted = world(kind, (inner) => counting(inner, () => (effects += 1)));
    await damage(counted.store);
    valueOf(await repair(counted.surroundings, { apply: true }));
    expect(effects).toBeGreaterThan(20);
    for (let nth = 1; nth <= effects; nth += 1) {
      for (const after of [false, true]) {
        const killed = world(kind, (inner) => dyingStore(inner, nth, after));
        await damage(killed.store);
        const before = new Set((await bodies(killed.store)).values());
        await repair(killed.surroundings, { apply: true });
        const left = new Set((await bodies(killed.store)).values());
        expect([...before.difference(left)], `effect ${nth}, after: ${after}`).toEqual([]);

        // The ticket of the killed one counts no longer.
        killed.clock.moveTo(new Date(START.getTime() + 3_600_000));
        const next = { ...killed.surroundings, store: killed.store };
        const report = valueOf(await repair(next, { apply: true }));
        expect(
          report.findings.filter(({ outcome }) => outcome === 'failed' || outcome === 'proposed'),
        ).toEqual([]);
        const end = await bodies(killed.store);
        expect([...before.difference(new Set(end.values()))]).toEqual([]);
        expect(end.get(`444/${ID}.png`)).toBe('the picture');
        expect(end.get(`444/${ID}.mp4`)).toBe('the video');
        const { generation_id: listed } = await json(killed.store, PUBLIC);
        expect(listed).toEqual([OTHER]);
        expect(await json(killed.store, GENERATION)).toEqual({ generation_id: '20260123-2030' });
        // Killed between the two documents, the next run takes the text up by itself.
        expect(await json(killed.store, IMAGE)).toEqual({ ...AT_REST, generation: expect.any(Boolean) });
      }
    }
  },
);

function counting(inner: ObjectStore, count: () => void): ObjectStore {
  const counted = <T>(effect: () => Promise<T>): Promise<T> => {
    count();
    return effect();
  };
  return {
    ...bound(inner),
    put: (...args) => counted(() => inner.put(...args)),
    copy: (...args) => counted(() => inner.copy(...args)),
    delete: (...args) => counted(() => inner.delete(...args)),
  };
}
