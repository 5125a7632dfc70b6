import { expect, test } from 'vitest';

import { FOLDERS, worldOf, type World } from '../../test/support/runtime-parts.ts';
import { readinessAt } from './readiness.ts';

const DEADLINE = new Date('2026-02-01T08:00:00Z');

async function channel(...keys: string[]): Promise<World> {
  const world = worldOf();
  for (const key of keys) await world.put(key, 'x');
  return world;
}
const group = (folder: string, id: string): string[] =>
  ['json', 'png', 'mp4'].map((part) => `${folder}${id}.${part}`);
const LATER = new Date('2026-02-01T20:30:00Z');
const asked = (world: World) => readinessAt(world.store, FOLDERS, DEADLINE, LATER);

const OLD = 'journal/20260130-2030.json';

test.each(['444/', '555/', '666/'])('S2 a whole post in %s is ready', async (folder) => {
  expect(await asked(await channel(OLD, ...group(folder, '20260131-2030')))).toBe('ready');
});

test('one request is enough where a post waits in 444', async () => {
  const world = await channel(OLD, ...group('444/', '20260131-2030'));
  world.requests.length = 0;
  await asked(world);
  expect(world.requests).toHaveLength(1);
});

test('S2 a post that lacks a part is not ready, nor is an empty channel that had one before', async () => {
  expect(await asked(await channel(OLD, '666/20260131-2030.json', '666/20260131-2030.png'))).toBe('late');
  expect(await asked(await channel(OLD))).toBe('late');
});

test('M10 a post that was archived after the deadline was there for the publisher', async () => {
  const world = worldOf();
  await world.put(OLD, 'x');
  world.clock.moveTo(new Date(DEADLINE.getTime() - 1_000));
  for (const key of group('archive/', '20260131-2030')) await world.put(key, 'x');
  expect(await asked(world), 'before it').toBe('late');
  world.clock.moveTo(new Date(DEADLINE.getTime() + 1_000));
  for (const key of group('archive/', '20260131-2030')) await world.put(key, 'x');
  expect(await asked(world), 'after it').toBe('ready');
});

test('M10 at the turn of a month, a post of the new one that was archived already was there as well', async () => {
  const world = worldOf();
  await world.put('journal/20261030-2030.json', 'x');
  const deadline = new Date('2026-10-31T23:00:00Z');
  const now = new Date('2026-11-01T20:30:00Z');
  world.clock.moveTo(new Date('2026-11-01T06:00:00Z'));
  for (const key of group('archive/', '20261101-0030')) await world.put(key, 'x');
  expect(await readinessAt(world.store, FOLDERS, deadline, now)).toBe('ready');
});

test('S2 a channel without a post is late after seven requests at most, also at the turn of a month', async () => {
  const world = await channel(OLD);
  world.requests.length = 0;
  const now = new Date('2026-03-01T00:30:00Z');
  expect(await readinessAt(world.store, FOLDERS, new Date('2026-02-28T23:00:00Z'), now)).toBe('late');
  expect(world.requests).toHaveLength(7);
});

test('a channel whose first post is younger than the deadline is not late', async () => {
  expect(await asked(await channel())).toBe('unknown');
  expect(await asked(await channel('journal/20260201-0900.json', 'journal/alerts.json'))).toBe('unknown');
  expect(await asked(await channel('journal/20260201-0800.json'))).toBe('late');
});

test('a store that cannot be read gives no alarm', async () => {
  const world = await channel(OLD);
  const store = { ...world.store, list: () => failing() };
  expect(await readinessAt(store, FOLDERS, DEADLINE, LATER)).toBe('unknown');
});

async function* failing() {
  yield Promise.resolve({
    ok: false as const,
    failure: {
      code: 'store_unavailable' as const,
      message: '',
      where: {},
      retry: 'backoff' as const,
      effect: 'unknown' as const,
      advice: '',
    },
  });
}
