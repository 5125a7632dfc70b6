/** The only place that builds adapters from a configuration. Heavy ones are loaded when they are first needed, so that a run with nothing to do starts at once. */
import { createDownloads } from '../adapters/http/downloads.ts';
import { createHttp } from '../adapters/http/http.ts';
import { createSystemClock } from '../adapters/system/clock.ts';
import { createSystemRandom } from '../adapters/system/random.ts';
import { createWorkspace } from '../adapters/system/workspace.ts';
import { channelRedactor } from '../config/channel-redactor.ts';
import type { Environment } from '../config/environment.ts';
import {
  addresses,
  bucketSettings,
  leaseTimesOf,
  runwayRequest,
  textModel,
  visionModel,
} from '../config/resolved.ts';
import type { Config } from '../config/schema.ts';
import { success, type Result } from '../domain/failure.ts';
import { DOWNLOAD_SECONDS } from '../domain/request-limits.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Random } from '../ports/random.ts';
import { ChannelLock } from '../runtime/channel-lock.ts';
import { fenceStore } from '../runtime/fenced-store.ts';
import { createJournalStore } from '../runtime/journal-store.ts';
import { createLedgerStore } from '../runtime/ledger-store.ts';
import { createPayments } from '../runtime/payments.ts';
import type { RunParts } from '../runtime/run-channel.ts';
import { StateStore } from '../runtime/state-store.ts';
import { createTicketLease, requestSecondsOf } from '../runtime/ticket-lease.ts';
import type { StepContext } from '../steps/context.ts';
import { lazyProviders } from './providers.ts';
import { budgetsOf, channelSettings, policyOf, pricesOf } from './settings.ts';

/** Between a lease ticket's put and the second look; longer than a store takes to show a write. */
const LEASE_PAUSE_SECONDS = 0.2;
export const USER_AGENT = 'reelmill';
/** Midjourney’s grids are below 10 MB; ten seconds of Runway’s best are below 100 MB. */
const DOWNLOAD_BYTES = { picture: 50_000_000, video: 500_000_000 };

export interface Surroundings {
  readonly config: Config;
  readonly environment: Environment;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Which machine and program holds the lease, for people who look into the bucket. */
  readonly holder: string;
  /** Replaces the system's clock: the demo runs a whole day in seconds. */
  readonly clock?: Clock;
  /** Replaces the system's randomness, so that a test can be repeated exactly. */
  readonly random?: Random;
  /** Replaces the store that the environment names. */
  readonly store?: ObjectStore;
  /** Told of each request to the object store. */
  readonly onRequest?: (operation: string) => void;
}

export async function openStore(
  config: Config,
  environment: Environment,
  onRequest?: (operation: string) => void,
): Promise<Result<ObjectStore>> {
  const counting = onRequest ? { onRequest } : {};
  if (environment.store.kind === 'folder') {
    const { createFolderStore } = await import('../adapters/folder/folder-store.ts');
    return success(createFolderStore(environment.store.path, counting));
  }
  const bucket = bucketSettings(config, environment);
  if (!bucket.ok) return bucket;
  const { createS3Store } = await import('../adapters/s3/s3-store.ts');
  const { accessKey, secretKey, ...rest } = bucket.value;
  const { clockBoundSeconds, termSeconds } = leaseTimesOf(config);
  return success(
    await createS3Store({
      ...rest,
      accessKeyId: accessKey.reveal(),
      secretAccessKey: secretKey.reveal(),
      redact: channelRedactor(config, environment),
      userAgent: USER_AGENT,
      requestLimitSeconds: requestSecondsOf(termSeconds, clockBoundSeconds),
      ...counting,
    }),
  );
}

function storeOf({ config, environment, onRequest, store }: Surroundings): Promise<Result<ObjectStore>> {
  return store ? Promise.resolve(success(store)) : openStore(config, environment, onRequest);
}

/** What whoever changes a channel needs: its store, the lease on it, and its state through the fence of that lease. */
export async function composeChannel(surroundings: Surroundings) {
  const { config, log } = surroundings;
  const raw = await storeOf(surroundings);
  if (!raw.ok) return raw;
  const clock = surroundings.clock ?? createSystemClock();
  const random = surroundings.random ?? createSystemRandom();
  const settings = channelSettings(config);
  const times = leaseTimesOf(config);
  const lease = createTicketLease({
    store: raw.value,
    clock,
    random,
    holder: surroundings.holder,
    settings: {
      ...times,
      requestSeconds: requestSecondsOf(times.termSeconds, times.clockBoundSeconds),
      pauseSeconds: LEASE_PAUSE_SECONDS,
    },
  });
  const store = fenceStore(raw.value, lease);
  const state = new StateStore(store, settings.documents, clock);
  const lock = new ChannelLock({
    lease,
    state,
    clock,
    log,
    leaseSeconds: times.termSeconds,
    staleSeconds: config.WORKFLOW.lock_stale_seconds,
  });
  return success({ raw: raw.value, clock, random, settings, lease, store, state, lock });
}

/** Everything that a run needs. Fails only when the store cannot be opened; a provider without a key fails when it is asked. */
export async function composeRun(surroundings: Surroundings): Promise<Result<RunParts>> {
  const { config, environment, log, signal } = surroundings;
  const channel = await composeChannel(surroundings);
  if (!channel.ok) return channel;
  const { clock, lease, lock, random, settings, state, store } = channel.value;
  const redact = channelRedactor(config, environment);
  const journal = createJournalStore(store, clock, redact);
  const ledger = createLedgerStore(store);
  const runs: RunParts['runs'] = {
    addRun: ({ failure, ...run }) =>
      ledger.addRun({
        ...run,
        failure: failure && { code: failure.code, message: redact(failure.message) },
      }),
  };
  const http = createHttp({ allowLoopback: environment.allowLoopback, userAgent: USER_AGENT, redact });
  const context: StepContext = {
    settings,
    prices: pricesOf(config),
    store,
    journal,
    payments: createPayments({
      journal,
      ledger,
      budgets: budgetsOf(config),
      lease,
      clock,
      random,
      log,
    }),
    ...lazyProviders({
      config,
      environment,
      http,
      redact,
      addresses: addresses(config, environment),
      models: { text: textModel(config), vision: visionModel(config), video: runwayRequest(config).model },
    }),
    downloads: createDownloads({
      allowLoopback: environment.allowLoopback,
      userAgent: USER_AGENT,
      timeoutSeconds: DOWNLOAD_SECONDS,
      maxBytes: DOWNLOAD_BYTES,
    }),
    workspace: createWorkspace(),
    clock,
    random,
    log,
    seenPosts: new Map(),
    isMarked: (id) => state.isMarked(id),
    keepLease: () => lease.ensureHeld(),
    signal,
  };
  return success({ context, lock, state, policy: policyOf(config), runs });
}
