/**
 * The real process under SIGKILL: real `reelmill run` processes work on one channel, are killed at random moments, and
 * then a few clean runs must bring the channel to rest. Judged by the providers' ledger and by what lies in the store.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import {
  generationDocumentSchema,
  imageDocumentSchema,
  publishedIds,
} from '../../src/domain/channel-state.ts';
import { isGenerationId } from '../../src/domain/generation-id.ts';
import { LEDGER_FOLDER, ledgerSchema, type LedgerCall } from '../../src/domain/ledger.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';
import { diceOf } from '../../src/sandbox/digest.ts';
import { restProblems } from '../../src/workflow/invariants.ts';
import { GENERATION, IMAGE, PUBLIC, valueOf } from '../support/mill.ts';
import { auditPayments, rememberOwner, type PaymentsAudit } from './audit-payments.ts';
import { FOLDERS, Observer } from './observer.ts';
import { EXPIRY_MILLISECONDS, LEASE, openPlace, type Place, type StoreKind } from './place.ts';
import { runProcess, type EndedRun, type KillPlan, type RunPlan, type Workshop } from './processes.ts';
import { JUDGE_WORD, startProviders, VIDEO_SECONDS } from './providers.ts';

export interface SoakOptions {
  readonly seed: number;
  readonly store: StoreKind;
  readonly kills: number;
  /** Waits for the first dead lease to expire in real time, six minutes, instead of making it look old. */
  readonly realExpiry: boolean;
  /** Calm runs after the channel is ready again, each with a publication before it. */
  readonly calmRuns: number;
  readonly tell: (line: string) => void;
}

export interface SoakReport {
  readonly problems: readonly string[];
  readonly processes: number;
  readonly kills: number;
  readonly killedAt: Readonly<Record<string, number>>;
  /** State of the channel as killed processes left it. */
  readonly phases: Readonly<Record<string, number>>;
  readonly stops: Readonly<Record<string, number>>;
  readonly paidCalls: number;
  readonly repeated: PaymentsAudit['repeated'];
  readonly posts: number;
  readonly published: number;
  readonly runsUntilReady: number;
  readonly seconds: number;
}

const MAX_RETRIES = 1;
/** I4: so many calm runs are enough, whatever was left lying. */
const RUNS_UNTIL_READY = 7;
const MOST_ROUNDS_PER_KILL = 8;
const NOTE = { note: 'kept' };
const MOST_BYTES = 10_000_000;

const CONFIG = {
  CONTENT: { focuses: Array.from({ length: 30 }, (_, index) => `Clocks of kind ${index + 1}`) },
  IMAGE_GENERATION: { output_size: '128x72' },
  VISUAL_ANALYSIS: { image_selection_prompt: `${JUDGE_WORD}: judge for '{prompt}' by {criteria}.` },
  VIDEO: { runway_duration: VIDEO_SECONDS, mock_duration: 1, mock_fps: 8 },
  WORKFLOW: {
    mj_timeout_seconds: 60,
    runway_polling_timeout: 10,
    runway_polling_interval: 5,
    max_retries: MAX_RETRIES,
    retry_backoff_seconds: 0,
    ...LEASE,
  },
};

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const temporary = await mkdtemp(join(tmpdir(), 'reelmill-soak-'));
  const work = join(temporary, 'tmp');
  await mkdir(work);
  const configPath = join(temporary, 'config.json');
  await writeFile(configPath, JSON.stringify(CONFIG));
  await using providers = await startProviders(options.seed);
  const place = await openPlace(options.store);
  let clean = false;
  try {
    const workshop = { place, providers, configPath, temporary: work };
    const report = await new Life(options, workshop, await Observer.open(place.store)).live();
    clean = report.problems.length === 0;
    return report;
  } finally {
    if (!clean) options.tell(`Kept for a look: ${temporary} and ${place.store.description}`);
    await place.close(!clean);
    if (clean) await rm(temporary, { recursive: true, force: true });
  }
}

class Life {
  readonly #options: SoakOptions;
  readonly #workshop: Workshop;
  readonly #observer: Observer;
  readonly #dice: () => number;
  readonly #runs: EndedRun[] = [];
  readonly #published = new Set<string>();
  readonly #problems: string[] = [];
  /** Keys of the tickets that were made to expire; no later run uses such a key again. */
  readonly #expired = new Set<string>();
  #kills = 0;
  #waited = false;

  constructor(options: SoakOptions, workshop: Workshop, observer: Observer) {
    this.#options = options;
    this.#workshop = workshop;
    this.#observer = observer;
    this.#dice = diceOf(options.seed);
  }

  async live(): Promise<SoakReport> {
    const started = performance.now();
    for (const key of [PUBLIC, GENERATION, IMAGE]) await putJson(this.#place.store, key, NOTE);
    const most = this.#options.kills * MOST_ROUNDS_PER_KILL;
    for (let round = 0; this.#kills < this.#options.kills; round += 1) {
      if (round === most) throw new Error(`only ${this.#kills} processes could be killed in ${most} rounds`);
      await this.#round();
    }
    const runsUntilReady = await this.#calmDown();
    const payments = await this.#audit();
    return this.#report(payments, runsUntilReady, (performance.now() - started) / 1000);
  }

  get #place(): Place {
    return this.#workshop.place;
  }

  async #round(): Promise<void> {
    const plans = [this.#plan(), ...(this.#dice() < 0.2 ? [this.#plan()] : [])];
    const publishing = this.#dice() < 0.5 ? this.#publishDuring() : Promise.resolve();
    // A store that cannot compare is only written while nobody else writes: nothing could protect the id.
    if (this.#place.kind === 's3') await publishing;
    const ended = await Promise.all(
      plans.map(async (plan, index) => {
        await wait(index * this.#dice() * 1_000);
        return this.#start(plan);
      }),
    );
    await publishing;
    const killed = ended.some((run) => run.killed);
    this.#kills += ended.filter((run) => run.killed).length;
    await this.#observer.look(killed);
    if (killed) await this.#letLeasesExpire();
  }

  /** The lease of a killed process keeps others out until it expires. */
  async #letLeasesExpire(): Promise<void> {
    const tickets = await this.#observer.tickets();
    // A run that is killed before it has swept leaves an older one's expired ticket behind, which keeps nobody out.
    const live = tickets.filter(({ key }) => !this.#expired.has(key));
    if (live.length === 0) return;
    for (const { key } of live) this.#expired.add(key);
    if (this.#dice() < 0.1 || (this.#options.realExpiry && !this.#waited)) {
      const shutOut = await this.#start({ mode: 'main', kill: { at: 'never' } });
      if (shutOut.stop !== 'locked')
        this.#problems.push(
          `I1 run ${shutOut.number} ended as ${shutOut.stop} while a lease had not expired`,
        );
    }
    if (this.#options.realExpiry && !this.#waited) {
      this.#waited = true;
      await wait(EXPIRY_MILLISECONDS);
    } else await this.#place.age();
  }

  #plan(): RunPlan {
    return { mode: this.#dice() < 0.75 ? 'main' : 'check', kill: this.#killPlan() };
  }

  #killPlan(): KillPlan {
    const chance = this.#dice();
    // Small numbers more often than large ones: most processes do little.
    const most = (count: number): number => 1 + Math.floor(this.#dice() * this.#dice() * count);
    if (chance < 0.1) return { at: 'never' };
    if (chance < 0.45)
      return { at: 'paid call', count: most(8), milliseconds: this.#dice() < 0.5 ? 0 : this.#dice() * 60 };
    if (chance < 0.75 && this.#place.writes !== null) return { at: 'write', count: most(60) };
    return { at: 'time', milliseconds: 300 + this.#dice() * this.#dice() * 4_500 };
  }

  async #start(plan: RunPlan): Promise<EndedRun> {
    const number = this.#runs.length + 1;
    rememberOwner(number);
    // Its place in the list is taken before it ends: two may run at once.
    const run = runProcess(this.#workshop, number, plan);
    this.#runs.push({ number, plan, killed: false, exitCode: null, stop: null, errors: '', milliseconds: 0 });
    const ended = await run;
    this.#runs[number - 1] = ended;
    this.#options.tell(
      `run ${number} ${plan.mode}: ${ended.killed ? `killed at ${describe(plan.kill)}` : `${ended.stop} (exit ${ended.exitCode})`}, ${Math.round(ended.milliseconds)} ms; ${this.#kills} kills before`,
    );
    if (!ended.killed && (ended.exitCode === 1 || ended.exitCode === -1 || ended.stop === null))
      this.#problems.push(
        `I6 run ${number} ended with code ${ended.exitCode}: ${ended.errors.slice(-2_000)}`,
      );
    return ended;
  }

  /** The publisher takes a ready post from the front and appends its id. */
  async #publishDuring(): Promise<void> {
    if (this.#place.kind === 'folder') await wait(this.#dice() * 3_000);
    const ready = await this.#observer.groups(FOLDERS.front, true);
    const id = ready.find((known) => !this.#published.has(known));
    if (id === undefined) return;
    await appendId(this.#place, id);
    this.#published.add(id);
  }

  /** Faults stop and nobody is killed any more. Gives how many runs it took until a ready post lay in 666. */
  async #calmDown(): Promise<number> {
    this.#workshop.providers.sandbox.setFaults([]);
    let needed = 0;
    while ((await this.#observer.groups(FOLDERS.fresh, true)).length === 0) {
      if (needed === RUNS_UNTIL_READY) {
        this.#problems.push(`I4 no ready post in 666 within ${RUNS_UNTIL_READY} calm runs`);
        break;
      }
      needed += 1;
      await this.#calmRun();
    }
    for (let run = 0; run < this.#options.calmRuns; run += 1) {
      await this.#publishDuring();
      await this.#calmRun();
    }
    return needed;
  }

  async #calmRun(): Promise<void> {
    await this.#start({ mode: 'main', kill: { at: 'never' } });
    await this.#observer.look(false);
    // A picture takes a second.
    await wait(1_100);
  }

  async #audit(): Promise<PaymentsAudit> {
    const observer = this.#observer;
    await observer.lookAtRest();
    this.#problems.push(
      ...(await this.#lost()),
      ...(await this.#notAtRest()),
      ...(await this.#leftRunning()),
    );
    const books: LedgerCall[] = [];
    for (const { key } of await observer.list(LEDGER_FOLDER))
      books.push(...ledgerSchema.parse(await observer.json(key)).calls);
    const journals = await observer.journals();
    const settled = journals.flatMap(({ entries }) =>
      entries.flatMap((entry) =>
        entry.type === 'settled' && entry.task_id !== undefined ? [entry.task_id] : [],
      ),
    );
    return auditPayments({
      entries: this.#workshop.providers.sandbox.ledger.entries(),
      journals,
      books,
      tasks: new Set([...observer.tasks, ...settled]),
      runs: this.#runs,
      maxRetries: MAX_RETRIES,
    });
  }

  /** I2 */
  async #lost(): Promise<string[]> {
    const problems: string[] = [];
    const places = new Map<string, string[]>();
    const whole = new Map<string, string[]>();
    for (const folder of Object.values(FOLDERS)) {
      for (const id of await this.#observer.groups(folder, false))
        places.set(id, [...(places.get(id) ?? []), folder]);
      for (const id of await this.#observer.groups(folder, true))
        whole.set(id, [...(whole.get(id) ?? []), folder]);
    }
    const active = (await this.#observer.json(GENERATION))?.generation_id;
    for (const id of this.#observer.texts) {
      if (places.get(id)?.length !== 1)
        problems.push(`I2 ${id} lies in ${places.get(id)?.join(' and ') ?? 'no folder'}`);
      if (!whole.has(id) && id !== active) problems.push(`I2 ${id} is incomplete and nobody works on it`);
    }
    const listed = publishedIds((await this.#observer.json(PUBLIC)) ?? { generation_id: null });
    for (const id of this.#published) {
      if (whole.get(id)?.join() !== FOLDERS.archive)
        problems.push(`I2 ${id} was published and is not archived whole`);
      if (listed.ids.some((entry) => entry === id)) problems.push(`I2 ${id} is archived and still listed`);
    }
    for (const id of places.keys()) {
      if (places.get(id)?.includes(FOLDERS.archive) && !this.#published.has(id))
        problems.push(`I2 ${id} was archived, but nobody has published it`);
    }
    return problems;
  }

  /** I5 */
  async #notAtRest(): Promise<string[]> {
    const observer = this.#observer;
    const image = imageDocumentSchema.parse(await observer.json(IMAGE));
    const generation = generationDocumentSchema.parse(await observer.json(GENERATION));
    const problems = restProblems(image, generation as never).map((text) => `I5 ${text}`);
    for (const key of [PUBLIC, GENERATION, IMAGE])
      if ((await observer.json(key))?.note !== NOTE.note) problems.push(`I5 the key note of ${key} was lost`);
    if ((await observer.json(PUBLIC))?.processing_lock !== false) problems.push('I5 the lock was left held');
    const tickets = await observer.tickets();
    for (const { key, lastModified } of tickets)
      problems.push(
        `I5 the lease ticket ${JSON.stringify(await observer.json(key))} of ${lastModified.toISOString()} was left behind`,
      );
    return problems;
  }

  /** A killed run must not leave a render worker behind that works for nobody. Only Linux can be asked. */
  async #leftRunning(): Promise<string[]> {
    const names = await readdir('/proc').catch(() => []);
    const left: string[] = [];
    for (const name of names.filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)) {
      const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
      if (environment.includes(`TMPDIR=${this.#workshop.temporary}\0`)) left.push(name);
    }
    return left.length === 0 ? [] : [`P8 processes ${left.join(', ')} of killed runs still run`];
  }

  #report({ problems, repeated }: PaymentsAudit, runsUntilReady: number, seconds: number): SoakReport {
    const count = (names: readonly string[]): Record<string, number> =>
      Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
    const entries = this.#workshop.providers.sandbox.ledger.entries();
    return {
      problems: [...this.#problems, ...this.#observer.problems, ...problems],
      processes: this.#runs.length,
      kills: this.#kills,
      killedAt: count(this.#runs.filter(({ killed }) => killed).map(({ plan }) => plan.kill.at)),
      phases: this.#observer.phases,
      stops: count(this.#runs.flatMap(({ stop }) => (stop === null ? [] : [stop]))),
      paidCalls: entries.filter(({ outcome }) => outcome !== 'refused').length,
      repeated,
      posts: this.#observer.texts.size,
      published: this.#published.size,
      runsUntilReady,
      seconds,
    };
  }
}

function describe(kill: KillPlan): string {
  switch (kill.at) {
    case 'never':
      return 'no moment';
    case 'time':
      return `${Math.round(kill.milliseconds)} ms`;
    case 'write':
      return `write ${kill.count}`;
    case 'paid call':
      return `paid call ${kill.count} + ${Math.round(kill.milliseconds)} ms`;
  }
}

async function putJson(store: ObjectStore, key: string, value: unknown): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  valueOf(await store.put(key, { bytes }, { contentType: 'application/json' }));
}

/** As a careful publisher does it: where the store can compare, it compares. */
async function appendId({ kind, store }: Place, id: string): Promise<void> {
  for (;;) {
    const stored = valueOf(await store.get(PUBLIC, MOST_BYTES));
    const document = stored === null ? {} : JSON.parse(new TextDecoder().decode(stored.body));
    const listed = [document.generation_id ?? []].flat().filter((entry: unknown) => isGenerationId(entry));
    const bytes = new TextEncoder().encode(JSON.stringify({ ...document, generation_id: [...listed, id] }));
    const onlyIf = kind === 'folder' ? { onlyIf: stored?.etag ?? null } : {};
    const put = await store.put(PUBLIC, { bytes }, { contentType: 'application/json', ...onlyIf });
    if (put.ok) return;
    if (put.failure.code !== 'state_conflict') throw new Error(put.failure.message);
  }
}
