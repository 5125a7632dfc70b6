/** One simulated channel: its bucket, its providers, the real runtime on top of them, and the others who write into the bucket. */
import type { ChannelSettings } from '../../src/domain/settings.ts';
import { NO_BUDGETS, type Budgets } from '../../src/domain/budget.ts';
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
import type { Policy } from '../../src/workflow/policy.ts';
import { Bucket, type BucketKind } from './bucket.ts';
import { Providers, simulatedRenderer, simulatedWorkspace, type ProviderMood } from './providers.ts';
import { CALM, Process, World, type FaultRates } from './world.ts';

export const SETTINGS: ChannelSettings = {
  folders: { fresh: '666/', middle: '555/', front: '444/', archive: 'archive/' },
  documents: {
    public: 'config/config_public.json',
    generation: 'config/config_gen.json',
    image: 'config/config_midjourney.json',
    topicsTracker: 'data/topics_tracker.json',
  },
  content: {
    focuses: ['bread', 'rivers', 'clocks (т)', 'lamps', 'bridges'],
    topic: {
      enabled: true,
      prompt: 'topic {focus_areas} {exclusions}',
      maxCharacters: 200,
      temperature: 0.7,
    },
    text: { enabled: true, prompt: 'text {topic}', maxCharacters: 800, temperature: 0.7 },
    tragicText: { enabled: true, prompt: 'tragic {topic}', maxCharacters: 800, temperature: 0.7 },
    maxTextTokens: 500,
    comment: {
      enabled: true,
      prompt: 'comment {text}',
      temperature: 0.7,
      tragicPrompt: 'quiet {text}',
      tragicTemperature: 0.5,
      maxTokens: 100,
    },
    poll: {
      enabled: true,
      prompt: 'poll {text}',
      temperature: 0.7,
      tragicPrompt: 'quiet {text}',
      tragicTemperature: 0.5,
      maxTokens: 100,
    },
    scene: {
      prompt: 'scene {topic} {restriction}',
      maxTokens: 500,
      temperature: 0.7,
      creativePrompts: ['as a dream'],
      restrictions: ['in fog'],
    },
    answerRetries: 2,
  },
  picture: {
    width: 1280,
    height: 720,
    aspectRatio: '16:9',
    version: '7.0',
    style: null,
    judge: {
      enabled: true,
      prompt: '{prompt} {criteria}',
      criteria: [{ name: 'Light', weight: 1 }],
      maxTokens: 300,
    },
  },
  video: {
    duration: 10,
    ratio: '1280:720',
    pollSeconds: 15,
    timeoutSeconds: 300,
    mock: { duration: 10, fps: 24, codec: 'libx264' },
    placeholder: { backgroundColor: 'cccccc', textColor: '333333' },
  },
};

export const POLICY: Policy = {
  imageTimeoutSeconds: 18_000,
  maxRetries: 3,
  retryBackoffSeconds: 600,
  videoTimeoutSeconds: 300,
  maxTasksPerRun: 1,
  replaceMockWithLateResult: true,
};
const LEASE = { termSeconds: 900, clockBoundSeconds: 30, pauseSeconds: 0.2 };
const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export interface FinishedRun {
  readonly process: Process;
  readonly options: RunOptions;
  readonly startedAt: number;
  report: RunReport | null;
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
  log: Log = SILENT;
  /** Read at the start of each run, like a configuration. */
  budgets: Budgets = NO_BUDGETS;
  /** Replaces the lease, so that a deliberately broken one can be shown to be caught. */
  makeLease: (process: Process) => Lease = (process) => this.ticketLease(process);
  #processes = 0;

  constructor(seed: number, kind: BucketKind, mood: ProviderMood, start = new Date('2026-03-01T12:00:00Z')) {
    this.world = new World(seed, start);
    this.bucket = new Bucket(this.world, kind);
    this.providers = new Providers(this.world, mood, () => {
      const id = this.bucket.json(SETTINGS.documents.generation)['generation_id'];
      return typeof id === 'string' ? id : null;
    });
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
    const run: FinishedRun = { process, options, startedAt: this.world.time, report: null, crash: null };
    this.runs.push(run);
    runChannel(this.#compose(process), options).then(
      (report) => (run.report = report),
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

  /** What the publisher does: takes a ready post from the front and marks it, reading and writing the document as it stands. */
  publish(id: string): void {
    const key = SETTINGS.documents.public;
    const document = this.bucket.json(key);
    const listed = Array.isArray(document['generation_id']) ? (document['generation_id'] as unknown[]) : [];
    if (!listed.includes(id))
      this.bucket.write(
        'publisher',
        key,
        new TextEncoder().encode(JSON.stringify({ ...document, generation_id: [...listed, id] })),
      );
    this.published.push(id);
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
    const { log, providers } = this;
    const context = {
      settings: SETTINGS,
      prices: defaultPrices('fast'),
      store,
      journal,
      payments: createPayments({
        journal,
        ledger: createLedgerStore(store),
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
      renderer: simulatedRenderer(process),
      workspace: simulatedWorkspace(process),
      clock,
      random,
      log,
      keepLease: () => lease.ensureHeld(),
      signal: new AbortController().signal,
    };
    const lock = new ChannelLock({
      lease,
      state,
      clock,
      log,
      leaseSeconds: LEASE.termSeconds,
      staleSeconds: 21_600,
    });
    return { context, lock, state, policy: POLICY };
  }

  #clock(process: Process): Clock {
    return {
      now: () => new Date((this.world.time + process.skewSeconds) * 1000),
      monotonicSeconds: () => this.world.time,
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
