/** One simulated channel: its bucket, its providers, the real runtime on top of them, and the others who write into the bucket. */
import { NO_BUDGETS, type Budgets } from '../../src/domain/budget.ts';
import type { GenerationId } from '../../src/domain/generation-id.ts';
import { defaultPrices } from '../../src/domain/default-prices.ts';
import { ChannelLock } from '../../src/runtime/channel-lock.ts';
import { fenceStore } from '../../src/runtime/fenced-store.ts';
import { createJournalStore } from '../../src/runtime/journal-store.ts';
import { createLedgerStore } from '../../src/runtime/ledger-store.ts';
import { createPayments } from '../../src/runtime/payments.ts';
import { runChannel, type RunOptions, type RunParts, type RunReport } from '../../src/runtime/run-channel.ts';
import { StateStore } from '../../src/runtime/state-store.ts';
import { createTicketLease } from '../../src/runtime/ticket-lease.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Lease } from '../../src/ports/lease.ts';
import type { Log } from '../../src/ports/log.ts';
import { Bucket, type BucketKind } from './bucket.ts';
import { Hands } from './hands.ts';
import { simulatedRenderer, simulatedWorkspace } from './local-machine.ts';
import type { ProviderMood } from './mood.ts';
import { Providers } from './providers.ts';
import { LEASE, POLICY, SETTINGS, STALE_FLAG_SECONDS } from './settings.ts';
import { CALM, Process, World, type FaultRates } from './world.ts';

const NAMED = /"generation_id":\s*(?:"([^"]*)"|null)/;
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface FinishedRun {
  readonly process: Process;
  readonly options: RunOptions;
  readonly startedAt: number;
  /** As its configuration had them. */
  readonly budgets: Budgets;
  report: RunReport | null;
  endedAt: number | null;
  /** An exception that escaped: always a bug. */
  crash: unknown;
}

export class Channel {
  readonly world: World;
  readonly bucket: Bucket;
  readonly providers: Providers;
  readonly runs: FinishedRun[] = [];
  /** Ids that the publisher has marked, in its own memory. */
  readonly published: string[] = [];
  readonly hands = new Hands(this);
  /** When the last fault was over; `null` while there may be more. */
  calmSince: number | null = null;
  log: Log = SILENT;
  /** Read at the start of each run, like a configuration. */
  budgets: Budgets = NO_BUDGETS;
  /** Replaces the lease, so that a deliberately broken one can be shown to be caught. */
  makeLease: (process: Process) => Lease = (process) => this.ticketLease(process);
  #processes = 0;

  constructor(seed: number, kind: BucketKind, mood: ProviderMood, start = new Date('2026-03-01T12:00:00Z')) {
    this.world = new World(seed, start);
    this.bucket = new Bucket(this.world, kind);
    const { documents } = SETTINGS;
    const isSaved = (taskId: string): boolean =>
      this.bucket.history.findLast(
        ({ key, body }) =>
          key === documents.image && body !== null && new TextDecoder().decode(body).includes(`"${taskId}"`),
      ) !== undefined;
    const activePost = (): string | null => {
      const present = NAMED.exec(this.bucket.text(documents.generation) ?? '');
      if (present) return present[1] ?? null;
      // A document that somebody has just broken names the post that it named before.
      const earlier = this.bucket.history.findLast(
        ({ key, body }) =>
          key === documents.generation && NAMED.test(new TextDecoder().decode(body ?? undefined)),
      );
      return NAMED.exec(new TextDecoder().decode(earlier?.body ?? undefined))?.[1] ?? null;
    };
    this.providers = new Providers(this.world, mood, activePost, isSaved);
  }

  /** Begins a run now; it goes on whenever the world runs. */
  start(
    options: RunOptions,
    rates: FaultRates = CALM,
    skewSeconds = 0,
    prepare?: (process: Process) => void,
  ): FinishedRun {
    this.#processes += 1;
    const process = new Process(this.world, `run ${this.#processes}`, rates, skewSeconds);
    prepare?.(process);
    const run: FinishedRun = {
      process,
      options,
      startedAt: this.world.time,
      budgets: this.budgets,
      report: null,
      endedAt: null,
      crash: null,
    };
    this.runs.push(run);
    runChannel(this.#compose(process), options).then(
      (report) => {
        run.report = report;
        run.endedAt = this.world.time;
      },
      (error: unknown) => (run.crash = error),
    );
    return run;
  }

  ticketLease(process: Process): Lease {
    return createTicketLease({
      store: this.bucket.portFor(process),
      clock: this.#clock(process),
      random: this.#random(),
      holder: process.name,
      settings: LEASE,
    });
  }

  /** Ready groups of a folder, oldest first. */
  ready(folder: string): string[] {
    const ids = new Set(this.bucket.keys(folder).map((key) => key.slice(folder.length, folder.length + 13)));
    return [...ids]
      .filter((id) =>
        ['json', 'png', 'mp4'].every((part) => this.bucket.objects.has(`${folder}${id}.${part}`)),
      )
      .sort();
  }

  #compose(process: Process): RunParts {
    const clock = this.#clock(process);
    const random = this.#random();
    const lease = this.makeLease(process);
    const store = fenceStore(this.bucket.portFor(process), lease);
    const state = new StateStore(store, SETTINGS.documents, clock);
    const journal = createJournalStore(store, clock, (text) => text);
    const ledger = createLedgerStore(store);
    const { log, providers } = this;
    const context = {
      settings: SETTINGS,
      prices: defaultPrices('fast'),
      store,
      journal,
      payments: createPayments({
        journal,
        ledger,
        budgets: this.budgets,
        lease,
        clock,
        random,
        log,
      }),
      textModel: providers.textModel(process),
      imageJudge: providers.imageJudge(process),
      imageTasks: providers.imageTasks(process),
      videoTasks: providers.videoTasks(process),
      downloads: providers.downloads(process),
      renderer: simulatedRenderer(process, () => providers.mood),
      workspace: simulatedWorkspace(process),
      clock,
      random,
      log,
      seenPosts: new Map(),
      isMarked: (id: GenerationId) => state.isMarked(id),
      keepLease: () => lease.ensureHeld(),
      signal: new AbortController().signal,
    };
    const lock = new ChannelLock({
      lease,
      state,
      clock,
      log,
      leaseSeconds: LEASE.termSeconds,
      staleSeconds: STALE_FLAG_SECONDS,
    });
    return { context, lock, state, policy: POLICY, runs: ledger };
  }

  #clock(process: Process): Clock {
    return {
      now: () => new Date((this.world.time + process.skewSeconds) * 1000),
      monotonicSeconds: () => process.monotonicSeconds(),
      sleep: (seconds) => this.world.sleep(seconds),
    };
  }

  #random(): { next: () => number; identifier: () => string } {
    return {
      next: () => this.world.random(),
      identifier: () =>
        Math.floor(this.world.random() * 2 ** 48)
          .toString(16)
          .padStart(12, '0'),
    };
  }
}
