/**
 * The store, by doing what a run does to it: one small object is written, read, listed, copied and deleted again. What a
 * vendor promises and what a key may really do are only known after that.
 */
import { randomUUID } from 'node:crypto';
import { failure, FAILURES, success, type Result } from '../../domain/failure.ts';
import { collectList, type ObjectStore, type StoreCapabilities } from '../../ports/object-store.ts';
import type { LifecycleRule } from '../../adapters/s3/lifecycle.ts';
import { failed, fine, problem, warning, type CheckResult } from './check-result.ts';

/** No folder of a channel, so that no run ever sees what lies here. */
const FOLDER = 'doctor/';
const MOST_BYTES = 10_000;
const CONTENT_TYPE = 'text/plain';
/** No object has it. */
const NO_ETAG = '00000000000000000000000000000000';
const PERMISSIONS =
  'Let the key list, read, write and delete in this bucket; docs/object-stores.md has the list.';

export interface StoreLifecycle {
  readonly read: () => Promise<Result<readonly LifecycleRule[]>>;
  /** The folder of published posts, which an owner may let go after a while. */
  readonly archive: string;
}

interface Step {
  readonly name: string;
  readonly act: () => Promise<Result<unknown>>;
  /** What it shows when it goes well. */
  readonly shows: (value: unknown) => string;
}

interface Tried {
  readonly store: ObjectStore;
  readonly key: string;
  readonly copy: string;
  readonly bytes: Uint8Array;
}

export async function checkStore(
  store: ObjectStore,
  lifecycle: StoreLifecycle | null,
): Promise<readonly CheckResult[]> {
  const mark = randomUUID();
  const tried: Tried = {
    store,
    key: `${FOLDER}${mark}.txt`,
    copy: `${FOLDER}${mark}-copy.txt`,
    bytes: new TextEncoder().encode(`Reelmill tries this store (${mark}).\n`),
  };
  const results: CheckResult[] = [];
  for (const { act, name, shows } of steps(tried)) {
    const done = await act();
    results.push(done.ok ? fine(`store.${name}`, shows(done.value)) : refused(name, done));
    if (done.ok) continue;
    // Whatever could be written should not stay.
    await store.delete(tried.copy);
    await store.delete(tried.key);
    return results;
  }
  const capabilities = await store.capabilities();
  if (!capabilities.ok) return [...results, failed('store.versions', capabilities.failure)];
  results.push(versionsResult(capabilities.value));
  if (lifecycle === null) return results;
  const { archive, read } = lifecycle;
  return [...results, lifecycleResult(await read(), capabilities.value.versions, archive)];
}

function steps(tried: Tried): readonly Step[] {
  const { bytes, copy, key, store } = tried;
  return [
    { name: 'list', shows: () => `The key may list ${store.description}`, act: () => lists(tried, []) },
    {
      name: 'write',
      shows: () => 'A small object was written',
      act: () => store.put(key, { bytes }, { contentType: CONTENT_TYPE }),
    },
    { name: 'read', shows: () => 'It was read back, byte for byte', act: () => readsBack(store, key, bytes) },
    {
      name: 'copy',
      shows: () => 'It was copied, and a listing names both at once',
      act: async () => {
        const copied = await store.copy(key, copy);
        if (!copied.ok) return copied;
        if (copied.value === null)
          return failure('store_invalid', 'The object just written could not be found for a copy', { key });
        const read = await readsBack(store, copy, bytes);
        return read.ok ? lists(tried, [key, copy]) : read;
      },
    },
    {
      name: 'conditions',
      shows: (refusing) =>
        refusing === true
          ? 'Two conflicting writes were tried and refused: runs cannot overwrite each other'
          : 'This store takes conflicting writes, as was tried; runs take turns by tickets and listings instead',
      act: () => refusesConflicts(tried),
    },
    { name: 'delete', shows: () => 'Both were deleted again', act: () => deletes(store, [copy, key]) },
  ];
}

async function lists({ key, store }: Tried, wanted: readonly string[]): Promise<Result<unknown>> {
  const listed = await collectList(store, key.slice(0, key.lastIndexOf('.')), 10);
  if (!listed.ok) return listed;
  const keys = new Set(listed.value.map((object) => object.key));
  const missing = wanted.filter((one) => !keys.has(one));
  return missing.length === 0
    ? success(null)
    : failure('store_invalid', `A listing right after a write lacks ${missing.join(', ')}`);
}

/** False where the store's own probe says that it takes such writes; a failure where it promises otherwise and takes one. */
async function refusesConflicts({ bytes, key, store }: Tried): Promise<Result<boolean>> {
  const capabilities = await store.capabilities();
  if (!capabilities.ok) return capabilities;
  if (!capabilities.value.conditionalWrites) return success(false);
  for (const onlyIf of [null, NO_ETAG]) {
    const written = await store.put(key, { bytes }, { contentType: CONTENT_TYPE, onlyIf });
    if (written.ok)
      return failure(
        'store_invalid',
        'A conflicting write was taken, although the store refused one before',
        {
          key,
        },
      );
    if (written.failure.code !== 'state_conflict') return written;
  }
  return success(true);
}

async function deletes(store: ObjectStore, keys: readonly string[]): Promise<Result<unknown>> {
  for (const key of keys) {
    const deleted = await store.delete(key);
    if (!deleted.ok) return deleted;
    const left = await store.head(key);
    if (!left.ok) return left;
    if (left.value !== null) return failure('store_invalid', 'A deleted object is still there', { key });
  }
  return success(null);
}

async function readsBack(store: ObjectStore, key: string, bytes: Uint8Array): Promise<Result<unknown>> {
  const read = await store.get(key, MOST_BYTES);
  if (!read.ok) return read;
  return read.value !== null && Buffer.from(read.value.body).equals(bytes)
    ? success(null)
    : failure('store_invalid', 'The store gave back something else than was written', { key });
}

function refused(name: string, { failure: reason }: Extract<Result<unknown>, { ok: false }>): CheckResult {
  const result = failed(`store.${name}`, reason);
  // A store that knows better says so itself.
  const general = reason.code === 'store_denied' && reason.advice === FAILURES.store_denied.advice;
  return general ? { ...result, remedy: PERMISSIONS } : result;
}

function versionsResult({ conditionalWrites, versions }: StoreCapabilities): CheckResult {
  const check = 'store.versions';
  if (versions)
    return fine(check, 'Overwritten documents are kept: what a publisher writes meanwhile is found again');
  if (conditionalWrites) return fine(check, 'None are kept, and none are needed with conditional writes');
  return warning(
    check,
    'This store neither refuses conflicting writes nor keeps versions: an id that a publisher adds in the second in which a run writes can be lost',
    'Switch versions on for the bucket, or use one that refuses such writes.',
  );
}

function lifecycleResult(
  read: Result<readonly LifecycleRule[]>,
  versions: boolean,
  archive: string,
): CheckResult {
  const check = 'store.lifecycle';
  if (!read.ok) {
    const evidence = `What the bucket removes by itself could not be seen: ${read.failure.message}`;
    return versions
      ? warning(
          check,
          evidence,
          'Look in the bucket’s console: old versions should go after a week or more, present files never.',
        )
      : fine(check, `${evidence}; without versions nothing piles up`);
  }
  const expiring = read.value.find(
    ({ expiresAfterDays: days, prefix }) => days !== null && !prefix.startsWith(archive),
  );
  if (expiring !== undefined)
    return problem(
      check,
      `A rule removes present objects${expiring.prefix === '' ? '' : ` below ${expiring.prefix}`} after ${expiring.expiresAfterDays} days`,
      'Remove that rule, or keep it away from this channel’s folders.',
    );
  if (!versions) return fine(check, 'Nothing is removed by a rule, and no old versions pile up');
  const forgetting = read.value.find(({ forgetsAfterDays: days, prefix }) => days !== null && prefix === '');
  if (forgetting === undefined)
    return warning(
      check,
      'Old versions are kept for ever; they take space and are paid for',
      'Add a lifecycle rule that removes old versions after 30 days.',
    );
  const days = forgetting.forgetsAfterDays ?? 0;
  return days >= 2
    ? fine(check, `Old versions go after ${days} days, present objects stay`)
    : warning(
        check,
        `Old versions go after ${days} day`,
        'Keep them for a week or more: they are what repairs a mishap.',
      );
}
