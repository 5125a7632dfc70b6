import { expect, test } from 'vitest';
import {
  KEYS,
  leaseOf,
  machineIn,
  TERM_SECONDS,
  BOUND_SECONDS,
  worldOf,
  type World,
} from '../../test/support/runtime-parts.ts';
import { wrappedStore } from '../../test/support/wrapped-store.ts';
import { failure } from '../domain/failure.ts';
import { MOST_CLOCK_DIFFERENCE_SECONDS } from '../domain/timestamp.ts';
import type { Clock } from '../ports/clock.ts';
import { ChannelLock } from './channel-lock.ts';
import { fenceStore } from './fenced-store.ts';
import { StateStore } from './state-store.ts';

const STALE_SECONDS = 7_200;

function lockOf(world: World, owner: string, store = world.store, clock: Clock = world.clock): ChannelLock {
  const lease = leaseOf(world, owner, { store, clock });
  return new ChannelLock({
    lease,
    state: new StateStore(fenceStore(store, lease), KEYS, clock),
    clock,
    log: world.log,
    leaseSeconds: TERM_SECONDS,
    staleSeconds: STALE_SECONDS,
  });
}

test('M2 D12 a run that only looks writes no version of the document', async () => {
  const world = worldOf();
  await world.put(KEYS.public, { processing_lock: false, generation_id: [] });
  const before = await world.store.head(KEYS.public);
  const lock = lockOf(world, 'one');
  expect(await lock.acquire()).toEqual({ ok: true, value: { held: true } });
  await lock.release();
  expect(await world.store.head(KEYS.public)).toEqual(before);
  expect(await world.keys()).toEqual([KEYS.public]);
});

test('M2 D12 raising mirrors the lease once, keeps every other key, and lowering takes its own keys back', async () => {
  const world = worldOf();
  await world.put(KEYS.public, { processing_lock: false, generation_id: 'x', note: 'mine', lock_epoch: 41 });
  const lock = lockOf(world, 'one');
  await lock.acquire();
  await lock.raise();
  world.requests.length = 0;
  await lock.raise();
  expect(world.requests).toEqual([]);
  expect(await world.json(KEYS.public)).toEqual({
    processing_lock: true,
    generation_id: 'x',
    note: 'mine',
    lock_epoch: 42,
    lock_owner: 'one',
    lock_expires_at_utc: '2026-01-31T20:45:00.200000+00:00',
  });
  await lock.release();
  expect(await world.json(KEYS.public)).toEqual({
    processing_lock: false,
    generation_id: 'x',
    note: 'mine',
    lock_epoch: 42,
    lock_owner: null,
    lock_expires_at_utc: null,
  });
});

test('M2 a flag that an older tool raises after we looked stops this run before its first effect', async () => {
  const world = worldOf();
  const lock = lockOf(world, 'one');
  await lock.acquire();
  await world.put(KEYS.public, { processing_lock: true });
  expect(await lock.raise()).toMatchObject({ ok: false, failure: { code: 'lease_lost' } });
  await lock.release();
  expect(await world.json(KEYS.public)).toEqual({ processing_lock: true });
  expect(await world.keys('locks/')).toEqual([]);
});

test('M2 a flag that names no owner is honoured until it is old, counted from the document’s last write', async () => {
  const world = worldOf();
  await world.put(KEYS.public, { processing_lock: true });
  await world.clock.sleep(STALE_SECONDS);
  await world.put(KEYS.public, { processing_lock: true, generation_id: ['20260101-2030'] });
  await world.clock.sleep(STALE_SECONDS - 1);
  expect(await lockOf(world, 'early').acquire()).toMatchObject({ ok: true, value: { held: false } });
  expect(await world.keys('locks/')).toEqual([]);
  await world.clock.sleep(10);
  expect(await lockOf(world, 'late').acquire()).toEqual({ ok: true, value: { held: true } });
  expect(world.warnings).toEqual(['processing_lock names no owner and is old; it is taken over']);
});

test('I4 M2 a flag that names no owner and was raised by a clock a year ahead is taken over and lowered', async () => {
  let ahead = 365 * 86_400_000;
  const world = worldOf({ now: () => new Date(world.clock.now().getTime() + ahead) });
  await world.put(KEYS.public, { processing_lock: true });
  ahead = 0;
  const lock = lockOf(world, 'one');
  expect(await lock.acquire()).toEqual({ ok: true, value: { held: true } });
  expect((await lock.raise()).ok).toBe(true);
  await lock.release();
  expect(await world.json(KEYS.public)).toMatchObject({ processing_lock: false });
  expect(world.warnings[0]).toContain('by a clock that was ahead');
});

test('I1 M2 a flag by a clock that is ahead by no more than clocks may be is honoured', async () => {
  let ahead = (MOST_CLOCK_DIFFERENCE_SECONDS - 1) * 1000;
  const world = worldOf({ now: () => new Date(world.clock.now().getTime() + ahead) });
  await world.put(KEYS.public, { processing_lock: true });
  ahead = 0;
  expect(await lockOf(world, 'one').acquire()).toMatchObject({ ok: true, value: { held: false } });
});

test.each([
  ['ahead', 10],
  ['behind', -10],
])('I1 M2 a runner whose clock is hours %s honours a fresh flag, by the store’s clock', async (_, hours) => {
  const world = worldOf();
  await world.put(KEYS.public, { processing_lock: true });
  const wrong: Clock = {
    now: () => new Date(world.clock.now().getTime() + hours * 3_600_000),
    monotonicSeconds: () => world.clock.monotonicSeconds(),
    sleep: (seconds) => world.clock.sleep(seconds),
  };
  const lock = lockOf(world, 'one', world.store, wrong);
  expect(await lock.acquire()).toMatchObject({ ok: true, value: { held: false } });
  expect(await world.json(KEYS.public)).toEqual({ processing_lock: true });
});

test('D12 the store’s present goes on while the machine is suspended, and when its wall clock is set back', async () => {
  const world = worldOf();
  const machine = machineIn(world);
  const lock = lockOf(world, 'one', world.store, machine.clock);
  await lock.acquire();
  const begun = lock.storeTime().getTime();
  await machine.suspend(700);
  expect(lock.storeTime().getTime() - begun).toBe(700_000);
  machine.set(-3_600);
  await world.clock.sleep(100);
  expect(lock.storeTime().getTime() - begun).toBeGreaterThanOrEqual(100_000);
});

test('D12 a run that lost its lease does not lower the flag of the one that took over', async () => {
  const world = worldOf();
  const sleeper = lockOf(world, 'sleeper');
  await sleeper.acquire();
  await sleeper.raise();
  await world.clock.sleep(TERM_SECONDS + BOUND_SECONDS + 1);
  const heir = lockOf(world, 'heir');
  expect(await heir.acquire()).toEqual({ ok: true, value: { held: true } });
  await heir.raise();
  await sleeper.release();
  expect(await world.json(KEYS.public)).toMatchObject({
    processing_lock: true,
    lock_owner: 'heir',
    lock_epoch: 2,
  });
  expect(await world.keys('locks/')).toEqual(['locks/heir.json']);
  await heir.release();
  expect(await world.json(KEYS.public)).toMatchObject({ processing_lock: false });
});

test('D12 the flag of a dead run is lowered even by a run that finds nothing to do', async () => {
  const world = worldOf();
  const dead = lockOf(world, 'dead');
  await dead.acquire();
  await dead.raise();
  await world.clock.sleep(TERM_SECONDS + BOUND_SECONDS + 1);
  const next = lockOf(world, 'next');
  await next.acquire();
  await next.release();
  expect(await world.json(KEYS.public)).toMatchObject({ processing_lock: false, lock_owner: null });
});

test('M2 a damaged document gives no lock, and the lease is given back', async () => {
  const world = worldOf();
  await world.put(KEYS.public, '{"processing_lock": tr');
  expect(await lockOf(world, 'one').acquire()).toMatchObject({
    ok: false,
    failure: { code: 'state_damaged' },
  });
  expect(await world.keys()).toEqual([KEYS.public]);
});

test('M2 a flag that cannot be raised is a failure, and nothing says that the run holds the channel', async () => {
  const world = worldOf();
  const store = wrappedStore(world.store, {
    put: async (key, source, options) =>
      key === KEYS.public
        ? failure('store_denied', 'read only', { key })
        : world.store.put(key, source, options),
  });
  const lock = lockOf(world, 'one', store);
  await lock.acquire();
  expect(await lock.raise()).toMatchObject({ ok: false, failure: { code: 'store_denied' } });
  await lock.release();
  expect(await world.keys()).toEqual([]);
});

test('I1 nothing is written through the fence without the lease, and everything can be read', async () => {
  const world = worldOf();
  await world.put('a.json', { kept: true });
  const lease = leaseOf(world, 'one');
  const fenced = fenceStore(world.store, lease);
  const body = { bytes: new TextEncoder().encode('{}') };
  const lost = { ok: false, failure: { code: 'lease_lost' } };
  expect(await fenced.put('b.json', body, { contentType: 'application/json' })).toMatchObject(lost);
  expect(await fenced.copy('a.json', 'b.json')).toMatchObject(lost);
  expect(await fenced.delete('a.json')).toMatchObject(lost);
  expect((await fenced.get('a.json', 100)).ok).toBe(true);
  await lease.acquire();
  expect((await fenced.put('b.json', body, { contentType: 'application/json' })).ok).toBe(true);
  await world.clock.sleep(TERM_SECONDS);
  expect(await fenced.delete('b.json')).toMatchObject(lost);
  expect(await world.keys()).toEqual(['a.json', 'b.json', 'locks/one.json']);
});
