import { describe, expect, test } from 'vitest';
import {
  BOUND_SECONDS,
  leaseOf,
  machineIn,
  REQUEST_SECONDS,
  TERM_SECONDS,
  worldOf,
} from '../../test/support/runtime-parts.ts';
import { wrappedStore } from '../../test/support/wrapped-store.ts';
import { describeFailure, failure, success, type Result } from '../domain/failure.ts';
import { MOST_CLOCK_DIFFERENCE_SECONDS } from '../domain/timestamp.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lease } from '../ports/lease.ts';
import type { ObjectInfo } from '../ports/object-store.ts';
import { requestSecondsOf } from './ticket-lease.ts';

const LIFE = TERM_SECONDS + BOUND_SECONDS;

async function isHeldBy(lease: Lease): Promise<boolean> {
  const taken = await lease.acquire();
  return taken.ok && taken.value.acquired;
}

describe('M2 D12 taking the lease', () => {
  test('the first run gets it, the second is told who has it and leaves nothing behind', async () => {
    const world = worldOf();
    expect(await leaseOf(world, 'one').acquire()).toEqual(
      success({ acquired: true, owner: 'one', at: new Date('2026-01-31T20:30:00Z') }),
    );
    const freeAt = new Date(Date.parse('2026-01-31T20:30:00Z') + LIFE * 1000);
    expect(await leaseOf(world, 'two').acquire()).toEqual(
      success({ acquired: false, holder: 'locks/one.json', freeAt }),
    );
    expect(await world.keys()).toEqual(['locks/one.json']);
    expect(await world.json('locks/one.json')).toMatchObject({
      owner: 'one',
      holder: 'a test',
      term_seconds: TERM_SECONDS,
      renewed_at_utc: '2026-01-31T20:30:00.000Z',
    });
  });

  test('a released lease is free at once, and releasing twice or without having it harms nobody', async () => {
    const world = worldOf();
    const one = leaseOf(world, 'one');
    await one.release();
    await one.acquire();
    await one.release();
    expect(await world.keys()).toEqual([]);
    const two = leaseOf(world, 'two');
    expect(await isHeldBy(two)).toBe(true);
    await one.release();
    expect(await world.keys()).toEqual(['locks/two.json']);
    expect((await two.ensureHeld()).ok).toBe(true);
  });

  test('I1 of runs that start at the same moment, at most one stays', async () => {
    for (const runs of [2, 3, 5]) {
      const world = worldOf();
      const held = await Promise.all(
        Array.from({ length: runs }, (_, index) => isHeldBy(leaseOf(world, `run-${index}`))),
      );
      expect(held.filter(Boolean).length, `${runs} runs`).toBeLessThanOrEqual(1);
      expect(await world.keys(), 'a ticket for the one that holds it').toHaveLength(
        held.filter(Boolean).length,
      );
    }
  });

  test('I1 a ticket that appears between the two looks makes the later run withdraw', async () => {
    const world = worldOf();
    let puts = 0;
    const store = wrappedStore(world.store, {
      put: async (key, source, options) => {
        const put = await world.store.put(key, source, options);
        puts += 1;
        if (puts === 1) await isHeldBy(leaseOf(world, 'quicker'));
        return put;
      },
    });
    // The quicker one saw this run's ticket and yielded; or it stayed, and this one yields. Never both.
    const late = await isHeldBy(leaseOf(world, 'late', { store }));
    expect(await world.keys('locks/')).toEqual(late ? ['locks/late.json'] : []);
  });

  test('I4 a dead run is waited for as long as its ticket may count, then its ticket is swept', async () => {
    const world = worldOf();
    await leaseOf(world, 'dead').acquire();
    await world.clock.sleep(LIFE - 1);
    expect(await isHeldBy(leaseOf(world, 'early'))).toBe(false);
    await world.clock.sleep(2);
    expect(await isHeldBy(leaseOf(world, 'heir'))).toBe(true);
    expect(await world.keys('locks/')).toEqual(['locks/heir.json']);
  });

  test('I1 a runner whose clock is hours ahead does not take a living run for a dead one', async () => {
    const world = worldOf();
    const holder = leaseOf(world, 'holder');
    await holder.acquire();
    const ahead: Clock = {
      now: () => new Date(world.clock.now().getTime() + 10 * 3_600_000),
      monotonicSeconds: () => world.clock.monotonicSeconds(),
      sleep: (seconds) => world.clock.sleep(seconds),
    };
    expect(await isHeldBy(leaseOf(world, 'ahead', { clock: ahead }))).toBe(false);
    expect(await world.keys('locks/')).toEqual(['locks/holder.json']);
    expect((await holder.ensureHeld()).ok).toBe(true);
  });

  test('I4 a dead run’s ticket that a clock a year ahead has dated is swept at once when the clock is right', async () => {
    let ahead = 365 * 86_400;
    const world = worldOf({ now: () => new Date(world.clock.now().getTime() + ahead * 1000) });
    await leaseOf(world, 'dead').acquire();
    ahead = 0;
    expect(await isHeldBy(leaseOf(world, 'heir'))).toBe(true);
    expect(await world.keys('locks/')).toEqual(['locks/heir.json']);
  });

  test('I1 a ticket dated by a clock that is ahead by no more than clocks may be is a living run’s', async () => {
    let ahead = MOST_CLOCK_DIFFERENCE_SECONDS - 1;
    const world = worldOf({ now: () => new Date(world.clock.now().getTime() + ahead * 1000) });
    await leaseOf(world, 'holder').acquire();
    ahead = 0;
    expect(await isHeldBy(leaseOf(world, 'other'))).toBe(false);
    expect(await world.keys('locks/')).toEqual(['locks/holder.json']);
  });

  test('I1 a runner whose clock is hours behind does not take a living run for one of the future', async () => {
    const world = worldOf();
    const holder = leaseOf(world, 'holder');
    await holder.acquire();
    const behind: Clock = {
      now: () => new Date(world.clock.now().getTime() - 10 * 3_600_000),
      monotonicSeconds: () => world.clock.monotonicSeconds(),
      sleep: (seconds) => world.clock.sleep(seconds),
    };
    expect(await isHeldBy(leaseOf(world, 'behind', { clock: behind }))).toBe(false);
    expect(await world.keys('locks/')).toEqual(['locks/holder.json']);
    expect((await holder.ensureHeld()).ok).toBe(true);
  });

  test('I1 a run that slept between its ticket and its second look does not take a newer ticket for a future one', async () => {
    const world = worldOf();
    // The seconds of a machine that is suspended are not counted.
    const suspended: Clock = {
      now: () => world.clock.now(),
      monotonicSeconds: () => 0,
      sleep: () => Promise.resolve(),
    };
    const store = wrappedStore(world.store, {
      put: async (key, source, options) => {
        const put = await world.store.put(key, source, options);
        await world.clock.sleep(MOST_CLOCK_DIFFERENCE_SECONDS + 60);
        await world.put('locks/newer.json', {});
        return put;
      },
    });
    expect(await isHeldBy(leaseOf(world, 'one', { store, clock: suspended }))).toBe(false);
    expect(await world.keys('locks/')).toEqual(['locks/newer.json']);
  });

  test('I1 a run whose ticket is dated ahead and renewed between the two looks is alive', async () => {
    let ahead = 365 * 86_400;
    const world = worldOf({ now: () => new Date(world.clock.now().getTime() + ahead * 1000) });
    await leaseOf(world, 'holder').acquire();
    const store = wrappedStore(world.store, {
      put: async (key, source, options) => {
        ahead = 365 * 86_400 + 1;
        await world.put('locks/holder.json', {});
        ahead = 0;
        return world.store.put(key, source, options);
      },
    });
    ahead = 0;
    expect(await isHeldBy(leaseOf(world, 'other', { store }))).toBe(false);
    expect(await world.keys('locks/')).toEqual(['locks/holder.json']);
  });

  test('other files among the tickets are nobody’s tickets', async () => {
    const world = worldOf();
    await world.put('locks/.bzEmpty', '');
    await world.put('locks/readme.txt', 'here lie locks');
    expect(await isHeldBy(leaseOf(world, 'one'))).toBe(true);
    await world.clock.sleep(10 * LIFE);
    expect(await isHeldBy(leaseOf(world, 'two'))).toBe(true);
    expect(await world.keys('locks/')).toEqual(['locks/.bzEmpty', 'locks/readme.txt', 'locks/two.json']);
  });

  test('a store that cannot be listed gives no lease, and no ticket stays', async () => {
    const world = worldOf();
    let lists = 0;
    const store = wrappedStore(world.store, {
      async *list(prefix): AsyncGenerator<Result<ObjectInfo>> {
        lists += 1;
        if (lists === 2) yield failure('store_unavailable', 'silent', {});
        else yield* world.store.list(prefix);
      },
    });
    expect(await leaseOf(world, 'one', { store }).acquire()).toMatchObject({
      ok: false,
      failure: { code: 'store_unavailable' },
    });
    expect(await world.keys('locks/')).toEqual([]);
  });
});

describe('I1 D12 keeping the lease', () => {
  test('in the first half of the term it costs no request, then it is renewed under the same key', async () => {
    const world = worldOf();
    const lease = leaseOf(world, 'one');
    await lease.acquire();
    world.requests.length = 0;
    await world.clock.sleep(TERM_SECONDS / 2 - BOUND_SECONDS - 2);
    expect((await lease.ensureHeld()).ok).toBe(true);
    expect(world.requests).toEqual([]);
    await world.clock.sleep(4);
    expect((await lease.ensureHeld()).ok).toBe(true);
    expect(world.requests).toEqual(['put']);
    expect(await world.keys('locks/')).toEqual(['locks/one.json']);
  });

  test('I3 after each check the term lasts for the longest work, also where that is more than half of it', async () => {
    const world = worldOf();
    const settings = { termSeconds: 400, clockBoundSeconds: 30, requestSeconds: 180, workSeconds: 360 };
    const lease = leaseOf(world, 'one', { settings });
    await lease.acquire();
    for (let step = 0; step < 5; step += 1) {
      await world.clock.sleep(60);
      expect((await lease.ensureHeld()).ok).toBe(true);
      await world.clock.sleep(360);
      expect((await lease.ensureHeld()).ok, 'an answer that was paid for is kept').toBe(true);
    }
  });

  test('a run that renews in time is never taken for dead', async () => {
    const world = worldOf();
    const lease = leaseOf(world, 'one');
    await lease.acquire();
    for (let minutes = 0; minutes < 120; minutes += 5) {
      await world.clock.sleep(300);
      expect((await lease.ensureHeld()).ok).toBe(true);
      expect(await isHeldBy(leaseOf(world, 'other'))).toBe(false);
    }
  });

  test('a run that slept past its term has lost it, stops before others may begin, and does not come back', async () => {
    const world = worldOf();
    const lease = leaseOf(world, 'one');
    await lease.acquire();
    await world.clock.sleep(TERM_SECONDS - BOUND_SECONDS + 1);
    const lost = await lease.ensureHeld();
    expect(lost).toMatchObject({ ok: false, failure: { code: 'lease_lost' } });
    const words = lost.ok ? '' : describeFailure(lost.failure);
    expect(words, 'nobody took over').not.toMatch(/another|took over/i);
    expect(words).toContain('raise WORKFLOW.lease_seconds');
    // Nobody else could have had it yet: that is the margin for clocks that run unevenly.
    expect(await isHeldBy(leaseOf(world, 'two'))).toBe(false);
    expect((await lease.ensureHeld()).ok).toBe(false);
  });

  test('a renewal that fails is tried again, as long as what is sent now arrives within the term', async () => {
    const world = worldOf();
    let broken = false;
    const store = wrappedStore(world.store, {
      put: async (key, source, options) =>
        broken ? failure('store_unavailable', 'silent', { key }) : world.store.put(key, source, options),
    });
    const lease = leaseOf(world, 'one', { store });
    await lease.acquire();
    broken = true;
    await world.clock.sleep(500);
    expect((await lease.ensureHeld()).ok).toBe(true);
    broken = false;
    expect((await lease.ensureHeld()).ok).toBe(true);
    broken = true;
    await world.clock.sleep(TERM_SECONDS - BOUND_SECONDS - REQUEST_SECONDS + 1);
    expect(await lease.ensureHeld()).toMatchObject({ ok: false, failure: { code: 'lease_lost' } });
  });

  test('I1 a run that was suspended while it asked does not put a ticket that somebody may be sweeping', async () => {
    const world = worldOf();
    let suspended = false;
    const store = wrappedStore(world.store, {
      put: async (key, source, options) => {
        const put = await world.store.put(key, source, options);
        if (!suspended) await world.clock.sleep(TERM_SECONDS + BOUND_SECONDS + 1);
        suspended = true;
        return put;
      },
    });
    expect(await leaseOf(world, 'one', { store }).acquire()).toMatchObject({
      ok: true,
      value: { acquired: false },
    });
    expect(await world.keys('locks/')).toEqual([]);
  });

  test('a request fits twice into a term, whatever the settings', () => {
    expect(requestSecondsOf(900, 30)).toBe(360);
    expect(requestSecondsOf(60, 30)).toBe(15);
    expect(requestSecondsOf(60, 600)).toBe(1);
  });

  test('a renewal that arrives after the term is no renewal: it may have come after a takeover', async () => {
    const world = worldOf();
    let slow = false;
    const store = wrappedStore(world.store, {
      put: async (key, source, options) => {
        if (slow) await world.clock.sleep(TERM_SECONDS);
        return world.store.put(key, source, options);
      },
    });
    const lease = leaseOf(world, 'one', { store });
    await lease.acquire();
    await world.clock.sleep(600);
    slow = true;
    expect(await lease.ensureHeld()).toMatchObject({ ok: false, failure: { code: 'lease_lost' } });
    expect(await world.keys('locks/')).toEqual([]);
  });
});

describe('I1 I3 D12 a term is counted by the clock that makes the most of it', () => {
  test('I1 I3 D12 a run whose machine was suspended has lost the lease when another may have it, and not before', async () => {
    const world = worldOf();
    const machine = machineIn(world);
    const sleeper = leaseOf(world, 'sleeper', { clock: machine.clock });
    await sleeper.acquire();
    await machine.suspend(TERM_SECONDS / 2);
    expect((await sleeper.ensureHeld()).ok).toBe(true);
    await machine.suspend(LIFE + 1);
    expect(await isHeldBy(leaseOf(world, 'heir'))).toBe(true);
    expect(await sleeper.ensureHeld()).toMatchObject({ ok: false, failure: { code: 'lease_lost' } });
    await sleeper.release();
    expect(await world.keys('locks/')).toEqual(['locks/heir.json']);
  });

  test('I1 D12 a renewal under which the machine was suspended is no renewal', async () => {
    const world = worldOf();
    const machine = machineIn(world);
    let asleep = 0;
    const store = wrappedStore(world.store, {
      put: async (key, source, options) => {
        await machine.suspend(asleep);
        return world.store.put(key, source, options);
      },
    });
    const lease = leaseOf(world, 'one', { clock: machine.clock, store });
    await lease.acquire();
    await world.clock.sleep(600);
    asleep = TERM_SECONDS;
    expect(await lease.ensureHeld()).toMatchObject({ ok: false, failure: { code: 'lease_lost' } });
    expect(await world.keys('locks/')).toEqual([]);
  });

  test('I1 D12 a run whose machine was suspended while it asked does not put a ticket that somebody may be sweeping', async () => {
    const world = worldOf();
    const machine = machineIn(world);
    let puts = 0;
    const store = wrappedStore(world.store, {
      put: async (key, source, options) => {
        const put = await world.store.put(key, source, options);
        puts += 1;
        await machine.suspend(LIFE + 1);
        return put;
      },
    });
    expect(await isHeldBy(leaseOf(world, 'one', { clock: machine.clock, store }))).toBe(false);
    expect(puts).toBe(1);
    expect(await world.keys('locks/')).toEqual([]);
  });

  test('I1 D12 a wall clock that is set back makes no term longer, and one that is set forward ends it', async () => {
    const world = worldOf();
    const back = machineIn(world);
    const one = leaseOf(world, 'one', { clock: back.clock });
    await one.acquire();
    back.set(-3_600);
    await world.clock.sleep(TERM_SECONDS - BOUND_SECONDS + 1);
    expect(await one.ensureHeld()).toMatchObject({ ok: false, failure: { code: 'lease_lost' } });
    await world.clock.sleep(LIFE);
    const forward = machineIn(world);
    const two = leaseOf(world, 'two', { clock: forward.clock });
    await two.acquire();
    forward.set(3_600);
    expect(await two.ensureHeld()).toMatchObject({ ok: false, failure: { code: 'lease_lost' } });
  });
});
