import { expect, test } from 'vitest';

import { worldOf, type World } from '../../test/support/runtime-parts.ts';
import { wrappedStore } from '../../test/support/wrapped-store.ts';
import { ALERTS_KEY, type AlertMessage } from '../domain/alerts.ts';
import { failure, success, type FailureCode } from '../domain/failure.ts';
import type { MemoryStoreOptions } from '../adapters/memory/memory-store.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Readiness, RunObservation } from '../workflow/alerts.ts';
import { AlertKeeper } from './alert-keeper.ts';

class Phone implements Notifier {
  readonly name: string;
  readonly got: AlertMessage[] = [];
  broken = false;

  constructor(name: string) {
    this.name = name;
  }

  send(message: AlertMessage) {
    if (this.broken) return Promise.resolve(failure('provider_unavailable', 'nobody there'));
    this.got.push(message);
    return Promise.resolve(success(undefined));
  }
}

interface Office {
  readonly world: World;
  readonly phones: readonly [Phone, Phone];
  /** A run of a process of its own, as schedulers make them. */
  settle(run: RunObservation): Promise<void>;
  keeper(store?: ObjectStore): AlertKeeper;
  readiness: Readiness | null;
}

function office(options: MemoryStoreOptions = {}): Office {
  const world = worldOf(options);
  const phones = [new Phone('telegram'), new Phone('email')] as const;
  const made: Office = {
    world,
    phones,
    readiness: null,
    settle: (run) => made.keeper().settle(run),
    keeper: (store = world.store) =>
      new AlertKeeper({
        store,
        clock: world.clock,
        log: world.log,
        redact: (text) => text.replaceAll('hunter2', '[redacted]'),
        notifiers: phones,
        channel: 'clocks',
        deadline:
          made.readiness === null
            ? null
            : { text: '08:00 UTC', ask: () => Promise.resolve(made.readiness ?? 'unknown') },
      }),
  };
  return made;
}

const good: RunObservation = {
  mode: 'main',
  stop: 'task-done',
  id: '20260131-2030',
  failure: null,
  bug: null,
  failedAction: null,
  interrupted: false,
  actions: [],
  lateFor: [],
};
const idle: RunObservation = { ...good, mode: 'check', stop: 'nothing-active', id: null };
const bad = (code: FailureCode, message = 'It said no'): RunObservation => ({
  ...good,
  stop: 'failed',
  failure: failure(code, message, { provider: 'openai' }).failure,
  failedAction: 'write-content',
});
const heard = (phone: Phone): string[] => phone.got.map(({ title }) => title);

test('a week of the same failure is one alert, and its end another', async () => {
  const { phones, settle, world } = office();
  for (let day = 0; day < 7; day += 1) {
    await settle(bad('provider_denied'));
    await settle(idle);
    await world.clock.sleep(86_400);
  }
  await settle(good);
  await settle(good);
  for (const phone of phones)
    expect(heard(phone)).toEqual(['The channel needs a hand', 'Over: the channel needs a hand']);
  expect(phones[0].got[1]).toMatchObject({
    channel: 'clocks',
    recovered: true,
    since_utc: '2026-01-31T20:30:00.000000+00:00',
    at_utc: '2026-02-07T20:30:00.000000+00:00',
  });
});

test('nothing to say costs one request and no write, whether something lies open or not', async () => {
  const { settle, world } = office();
  await settle(idle);
  expect(world.requests).toEqual(['get']);
  await settle(bad('provider_denied'));
  world.requests.length = 0;
  await settle(idle);
  await settle(bad('provider_denied'));
  expect(world.requests).toEqual(['get', 'get']);
});

test('who could not be reached is told by the next run, and nobody twice', async () => {
  const { phones, settle } = office();
  phones[1].broken = true;
  await settle(bad('provider_denied'));
  await settle(idle);
  phones[1].broken = false;
  await settle(idle);
  await settle(idle);
  expect(heard(phones[0])).toEqual(['The channel needs a hand']);
  expect(heard(phones[1])).toEqual(['The channel needs a hand']);
});

test('the end is never heard before the beginning', async () => {
  const { phones, settle } = office();
  phones[1].broken = true;
  await settle(bad('provider_denied'));
  phones[1].broken = false;
  await settle(good);
  expect(heard(phones[1])).toEqual(['The channel needs a hand', 'Over: the channel needs a hand']);
});

test('I6 a message that nobody takes is tried five times and dropped, and the log says so', async () => {
  const { phones, settle, world } = office();
  for (const phone of phones) phone.broken = true;
  await settle(bad('provider_denied'));
  for (let run = 0; run < 10; run += 1) await settle(idle);
  expect(world.warnings.filter((line) => line === 'An alert could not be sent')).toHaveLength(2 * 5);
  expect(world.warnings).toContain('An alert reached nobody and is dropped');
  expect((await world.json(ALERTS_KEY)).unsent).toEqual([]);
});

test('I8 no secret reaches a message or the stored document', async () => {
  const { phones, settle, world } = office();
  phones[1].broken = true;
  await settle(bad('provider_refused', 'the key hunter2 is not ours'));
  expect(phones[0].got[0]?.text).toContain('the key [redacted] is not ours');
  expect(JSON.stringify(await world.json(ALERTS_KEY))).not.toContain('hunter2');
});

test('the dead man’s alert is told once, and its end', async () => {
  const made = office();
  made.readiness = 'late';
  await made.settle(idle);
  await made.settle(idle);
  made.readiness = 'ready';
  await made.settle(idle);
  expect(heard(made.phones[0])).toEqual(['No post is ready', 'Over: no post is ready']);
});

test.each([
  ['of a wrong form', '{"version":1,"open":"many"}'],
  ['cut', '{"version":1,"op'],
  ['empty', ''],
])(
  'I4 a memory that is %s heals with the next run: a lasting cause is told once more, and no more',
  async (_how, body) => {
    const { phones, settle, world } = office();
    await settle(bad('provider_denied'));
    await world.put(ALERTS_KEY, body);
    for (let run = 0; run < 3; run += 1) await settle(bad('provider_denied'));
    expect(heard(phones[0])).toEqual(['The channel needs a hand', 'The channel needs a hand']);
    expect(world.warnings).toEqual(['What was told before is damaged and begun anew']);
    await settle(good);
    expect(heard(phones[0]).at(-1)).toBe('Over: the channel needs a hand');
  },
);

test('I4 a damaged memory heals also while there is nothing to tell', async () => {
  const { settle, world } = office();
  await world.put(ALERTS_KEY, '{"version":1,"open":"many"}');
  await settle(idle);
  expect(await world.json(ALERTS_KEY)).toEqual({ version: 1, open: [], unsent: [] });
});

test('I4 damage that another run has healed meanwhile is not overwritten', async () => {
  const { keeper, settle, world } = office();
  await world.put(ALERTS_KEY, '[]');
  let once = true;
  const store = wrappedStore(world.store, {
    put: async (...call) => {
      if (once) {
        once = false;
        await settle(bad('provider_throttled'));
      }
      return world.store.put(...call);
    },
  });
  await keeper(store).settle(bad('provider_denied'));
  expect((await world.json(ALERTS_KEY)).open).toHaveLength(2);
});

test('S1 unknown keys of the document are kept', async () => {
  const { settle, world } = office();
  await world.put(ALERTS_KEY, { version: 1, note: 'mine', open: [], unsent: [] });
  await settle(bad('provider_denied'));
  expect(await world.json(ALERTS_KEY)).toMatchObject({
    note: 'mine',
    open: [{ cause: 'provider_denied:openai' }],
  });
});

test('a bucket that is down: one process tells it once, and the end when it is back', async () => {
  const { keeper, phones, world } = office();
  let down = true;
  const refused = () => Promise.resolve(failure('store_unavailable', 'The bucket does not answer'));
  const store = wrappedStore(world.store, {
    get: (...call) => (down ? refused() : world.store.get(...call)),
    put: (...call) => (down ? refused() : world.store.put(...call)),
  });
  const serving = keeper(store);
  const failed = { ...bad('store_unavailable'), failedAction: null };
  for (let run = 0; run < 3; run += 1) await serving.settle(failed);
  expect(heard(phones[0])).toEqual(['A run failed']);
  down = false;
  await serving.settle(good);
  expect(heard(phones[0])).toEqual(['A run failed', 'Over: a run failed']);
  expect(await world.keys('journal/')).toEqual([ALERTS_KEY]);
});

test.each([true, false])(
  'two runs that end at once: where the store compares, no cause is lost (compares: %s)',
  async (conditionalWrites) => {
    const { keeper, settle, world } = office({ conditionalWrites });
    let once = true;
    const store = wrappedStore(world.store, {
      put: async (...call) => {
        // The other one writes between our read and our write.
        if (once) {
          once = false;
          await settle(bad('provider_throttled'));
        }
        return world.store.put(...call);
      },
    });
    await keeper(store).settle(bad('provider_denied'));
    const open = (await world.json(ALERTS_KEY)).open.map(({ cause }: { cause: string }) => cause);
    expect(open.sort()).toEqual(
      conditionalWrites
        ? ['provider_denied:openai', 'provider_throttled:openai']
        : ['provider_denied:openai'],
    );
  },
);

test('a notifier with a bug harms nobody', async () => {
  const { keeper, phones, world } = office();
  phones[0].send = () => {
    throw new Error('a bug');
  };
  await keeper().settle(bad('provider_denied'));
  expect(world.warnings).toContain('The alerts could not be worked out; please report it');
});

test('I4 runs that lose their lease day after day are one alert with its end; one alone is remembered and forgotten', async () => {
  const { phones, settle, world } = office();
  const lost = (key: string): RunObservation => ({
    ...good,
    stop: 'failed',
    failure: failure('lease_lost', 'The lease ran out', { key }).failure,
    failedAction: 'choose-picture',
  });
  const open = async (): Promise<unknown> => (await world.json(ALERTS_KEY)).open;
  await settle(lost('locks/a.json'));
  expect(await open()).toMatchObject([{ cause: 'lease_lost', quiet: true }]);
  await settle(good);
  expect(await open()).toEqual([]);
  expect(heard(phones[0])).toEqual([]);
  for (const key of ['locks/b.json', 'locks/c.json', 'locks/d.json']) {
    await settle(lost(key));
    await settle(idle);
    await world.clock.sleep(86_400);
  }
  expect(heard(phones[0])).toEqual(['A run failed']);
  expect(phones[0].got[0]).toMatchObject({
    cause: 'lease_lost',
    since_utc: '2026-01-31T20:30:00.000000+00:00',
  });
  expect(await open()).toMatchObject([{ cause: 'lease_lost' }]);
  await settle(good);
  expect(heard(phones[0])).toEqual(['A run failed', 'Over: a run failed']);
  expect(await open()).toEqual([]);
});
