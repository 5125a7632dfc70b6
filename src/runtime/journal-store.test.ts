import { expect, test } from 'vitest';
import { worldOf } from '../../test/support/runtime-parts.ts';
import { wrappedStore } from '../../test/support/wrapped-store.ts';
import { failure } from '../domain/failure.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { createJournalStore, journalKey } from './journal-store.ts';

const ID = '20260131-2030' as GenerationId;
const KEY = journalKey(ID);
const unredacted = (text: string): string => text;

test('I5 what was noted is stamped, and durable with the next save, in one write', async () => {
  const world = worldOf();
  const journal = createJournalStore(world.store, world.clock, unredacted);
  journal.note(ID, { type: 'note', text: 'one' });
  await world.clock.sleep(1.5);
  journal.note(ID, { type: 'decision', action: 'tidy', reason: 'idle' });
  expect(await world.json(KEY)).toBeNull();
  world.requests.length = 0;
  expect((await journal.save()).ok).toBe(true);
  expect(world.requests).toEqual(['get', 'put']);
  expect(await world.json(KEY)).toEqual({
    version: 1,
    id: ID,
    entries: [
      { type: 'note', text: 'one', at_utc: '2026-01-31T20:30:00.000000+00:00' },
      { type: 'decision', action: 'tidy', reason: 'idle', at_utc: '2026-01-31T20:30:01.500000+00:00' },
    ],
  });
  world.requests.length = 0;
  expect((await journal.save()).ok).toBe(true);
  expect(world.requests).toEqual([]);
});

test('D6 I3 what is read holds what was noted and amended, saved or not, and an earlier run’s part', async () => {
  const world = worldOf();
  await world.put(KEY, {
    version: 1,
    id: ID,
    entries: [{ type: 'note', text: 'earlier', at_utc: 'then' }],
    draft: { focus: 'Clocks' },
    note: 'by another tool',
  });
  const journal = createJournalStore(world.store, world.clock, unredacted);
  journal.note(ID, { type: 'note', text: 'now' });
  journal.amend(ID, { draft: { focus: 'Clocks', text: 'It ticks.' } });
  const read = await journal.read(ID);
  expect(read).toMatchObject({
    ok: true,
    value: { draft: { text: 'It ticks.' }, entries: [{ text: 'earlier' }, { text: 'now' }] },
  });
  await journal.save();
  expect(await world.json(KEY)).toMatchObject({
    note: 'by another tool',
    draft: { focus: 'Clocks', text: 'It ticks.' },
    entries: [{ text: 'earlier' }, { text: 'now' }],
  });
});

test('I8 no secret and no endless complaint of a provider reaches the journal', async () => {
  const world = worldOf();
  const journal = createJournalStore(world.store, world.clock, (text) =>
    text.replaceAll('sk-secret', '[secret]'),
  );
  journal.note(ID, { type: 'fallback', from: 'a', to: 'b', reason: `key sk-secret ${'x'.repeat(9_000)}` });
  await journal.save();
  const [entry] = (await world.json(KEY)).entries;
  expect(entry.reason.startsWith('key [secret] xxx')).toBe(true);
  expect(entry.reason).toHaveLength(2_000);
});

test('I6 the newest thousand entries stay', async () => {
  const world = worldOf();
  const journal = createJournalStore(world.store, world.clock, unredacted);
  for (let index = 0; index < 1_005; index += 1) journal.note(ID, { type: 'note', text: `${index}` });
  await journal.save();
  const { entries } = await world.json(KEY);
  expect(entries).toHaveLength(1_000);
  expect(entries[0].text).toBe('5');
  const later = createJournalStore(world.store, world.clock, unredacted);
  later.note(ID, { type: 'note', text: 'last' });
  expect((await later.save()).ok).toBe(true);
  expect((await world.json(KEY)).entries.at(-1).text).toBe('last');
});

test('I3 I5 whatever is talked of meanwhile, the journal keeps what was paid, ordered and stored', async () => {
  const world = worldOf();
  const journal = createJournalStore(world.store, world.clock, unredacted);
  const order = { kind: 'image', stage: 'image', provider: 'p', model: 'm', reserved_usd: 0.1 } as const;
  const outcome = { cost_usd: 0.1, measured: false, seconds: 1 };
  const proof = [
    { type: 'intent', call: 'paid', ...order },
    { type: 'settled', call: 'paid', outcome: 'succeeded', task_id: 'task', ...outcome },
    { type: 'file', key: `666/${ID}.png`, bytes: 9, sha256: 'a'.repeat(64), source: 'midjourney' },
    { type: 'fallback', from: 'runway', to: 'mock video', reason: 'tired' },
  ] as const;
  for (const entry of proof) journal.note(ID, entry);
  for (let hour = 0; hour < 900; hour += 1) {
    journal.note(ID, { type: 'decision', action: 'request-video', reason: 'results' });
    journal.note(ID, { type: 'note', text: `the budget is used up, ${hour}` });
    const call = `refused-${hour}`;
    journal.note(ID, { type: 'intent', call, ...order });
    journal.note(ID, { type: 'settled', call, outcome: 'refused', ...outcome, cost_usd: 0 });
    if (hour % 100 === 0) expect((await journal.save()).ok).toBe(true);
  }
  expect((await journal.save()).ok).toBe(true);
  const { entries } = await world.json(KEY);
  expect(entries).toHaveLength(1_000);
  expect(entries.slice(0, 4)).toMatchObject(proof);
  expect(entries.at(-1)).toMatchObject({ call: 'refused-899' });
});

test('I3 I4 a journal that no run could read again is not written: the sound one stays', async () => {
  const world = worldOf();
  const journal = createJournalStore(world.store, world.clock, unredacted);
  journal.amend(ID, { draft: { focus: 'Clocks' } });
  await journal.save();
  const sound = await world.json(KEY);
  journal.amend(ID, { draft: { focus: 'Clocks', comment: 'x'.repeat(4_001) } });
  expect(await journal.save()).toMatchObject({
    failure: {
      code: 'state_damaged',
      where: { key: KEY },
      message: expect.stringContaining('draft.comment'),
    },
  });
  expect(await world.json(KEY)).toEqual(sound);
});

test('I6 entries that together are larger than what is read again make room, the oldest first', async () => {
  const world = worldOf();
  const journal = createJournalStore(world.store, world.clock, unredacted);
  for (let index = 0; index < 900; index += 1) {
    const reason = `${index} ${'ы'.repeat(2_000)}`;
    journal.note(ID, { type: 'fallback', from: reason, to: reason, reason });
  }
  expect((await journal.save()).ok).toBe(true);
  const later = await createJournalStore(world.store, world.clock, unredacted).read(ID);
  if (!later.ok) throw new Error(later.failure.message);
  const reasons = later.value.entries.map((entry) => (entry.type === 'fallback' ? entry.reason : ''));
  expect([reasons.length, reasons[0]?.split(' ')[0], reasons.at(-1)?.split(' ')[0]]).toEqual([
    225,
    '675',
    '899',
  ]);
});

test('S1 a damaged journal is named, and never overwritten', async () => {
  for (const body of [
    '{"version":',
    '[]',
    '{"version":2,"id":"x","entries":[]}',
    '{"version":1,"id":"x","entries":[{}]}',
  ]) {
    const world = worldOf();
    await world.put(KEY, body);
    const journal = createJournalStore(world.store, world.clock, unredacted);
    journal.note(ID, { type: 'note', text: 'lost otherwise' });
    expect(await journal.read(ID)).toMatchObject({
      ok: false,
      failure: { code: 'state_damaged', where: { key: KEY } },
    });
    expect(await journal.save()).toMatchObject({ ok: false, failure: { code: 'state_damaged' } });
    const stored = await world.store.get(KEY, 1_000);
    expect(stored.ok && new TextDecoder().decode(stored.value?.body)).toBe(body);
  }
});

test('I3 a save that failed loses nothing: the next one writes it', async () => {
  const world = worldOf();
  let broken = true;
  const store = wrappedStore(world.store, {
    put: async (key, source, options) =>
      broken ? failure('store_unavailable', 'silent', { key }) : world.store.put(key, source, options),
  });
  const journal = createJournalStore(store, world.clock, unredacted);
  journal.note(ID, { type: 'note', text: 'one' });
  expect((await journal.save()).ok).toBe(false);
  broken = false;
  journal.note(ID, { type: 'note', text: 'two' });
  expect((await journal.save()).ok).toBe(true);
  expect((await world.json(KEY)).entries.map(({ text }: { text: string }) => text)).toEqual(['one', 'two']);
});
