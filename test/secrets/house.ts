/** The channel whose secrets are marked: its bucket, its services, its processes, and everything that comes out of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

import { createS3Store } from '../../src/adapters/s3/s3-store.ts';
import { collectList } from '../../src/ports/object-store.ts';
import type { Sandbox } from '../../src/sandbox/options.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { startS3, type RunningS3 } from '../conformance/s3-process.ts';
import { smallMedia, valueOf } from '../support/mill.ts';
import { formsOf, MARKS } from './marks.ts';
import { startParrot, type Parrot } from './parrot.ts';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'bin/reelmill.js');
const MOST_BYTES = 10_000_000;
/** A picture is painted until the test says so. */
const IMAGE_SECONDS = 3_600;

/** Over those of the house; `undefined` takes one away. */
export type Variables = Readonly<Record<string, string | undefined>>;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly told: string;
}

export class House implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly parrot: Parrot;
  /** What was printed and written, by where. */
  readonly collected = new Map<string, string>();
  /** While false, the mail server repeats the password and refuses it. */
  mailIsKind = true;
  /** What the mail server was sent, and whether it has repeated the password. */
  readonly mails: string[] = [];
  mailHasRepeated = false;
  readonly #bucket: RunningS3;
  readonly #mail: SMTPServer;
  readonly #folder: string;
  #started = 0;

  private constructor(sandbox: Sandbox, parrot: Parrot, bucket: RunningS3, folder: string) {
    this.sandbox = sandbox;
    this.parrot = parrot;
    this.#bucket = bucket;
    this.#folder = folder;
    this.#mail = new SMTPServer({
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) => {
        if (this.mailIsKind) return done(null, { user: username });
        this.mailHasRepeated ||= password === MARKS.SMTP_PASSWORD;
        done(new Error(`No: ${formsOf(password ?? '').join(' ')}`));
      },
      onData: (stream, _session, done) => {
        void text(stream)
          .then((mail) => this.mails.push(mail.replaceAll(/=\r?\n/g, '')))
          .finally(() => done());
      },
    });
    this.#mail.on('error', () => {});
  }

  static async open(): Promise<House> {
    const [sandbox, bucket, folder] = await Promise.all([
      startSandbox({ media: smallMedia(), imageSeconds: IMAGE_SECONDS, videoSeconds: 0 }),
      startS3('fauxqs'),
      mkdtemp(join(tmpdir(), 'reelmill-secrets-')),
    ]);
    const parrot = await startParrot(new URL(sandbox.urls.openai).origin);
    const house = new House(sandbox, parrot, bucket, folder);
    house.#mail.listen(0, '127.0.0.1');
    await once(house.#mail.server, 'listening');
    await Promise.all(['home', 'tmp', 'report', 'given'].map((name) => mkdir(join(folder, name))));
    await house.write('given/config.json', JSON.stringify(house.#config(), null, 2));
    return house;
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  async write(name: string, content: string): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
  }

  reelmill(words: readonly string[], variables: Variables = {}): Promise<Ended> {
    return this.#start(process.execPath, [PROGRAM, ...words], variables);
  }

  /** As the step of the GitHub action does it, with the job page and the report that are kept. */
  action(mode: 'main' | 'check' | 'doctor', variables: Variables = {}): Promise<Ended> {
    const report = join(this.#folder, 'report', `${this.#started}`);
    return this.#start('bash', [join(ROOT, 'scripts/action-run.sh')], {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTION_PATH: ROOT,
      GITHUB_OUTPUT: join(this.#folder, 'report/output'),
      GITHUB_STEP_SUMMARY: join(this.#folder, 'report/job-page.md'),
      REELMILL_ACTION_MODE: mode,
      REELMILL_ACTION_CONFIG: this.path('given/config.json'),
      REELMILL_ACTION_REPORT: report,
      ...variables,
    });
  }

  /** The environment under which everything is asked of the parrot, and the bucket is the real one. */
  variables(): Readonly<Record<string, string>> {
    const { origin } = this.parrot;
    return {
      B2_ENDPOINT: this.#bucket.options.endpoint,
      B2_BUCKET_NAME: this.#bucket.options.bucket,
      B2_ACCESS_KEY: MARKS.B2_ACCESS_KEY,
      B2_SECRET_KEY: MARKS.B2_SECRET_KEY,
      OPENAI_API_KEY: MARKS.OPENAI_API_KEY,
      MIDJOURNEY_API_KEY: MARKS.MIDJOURNEY_API_KEY,
      RUNWAY_API_KEY: MARKS.RUNWAY_API_KEY,
      MIDJOURNEY_WEBHOOK_SECRET: MARKS.MIDJOURNEY_WEBHOOK_SECRET,
      TELEGRAM_BOT_TOKEN: MARKS.TELEGRAM_BOT_TOKEN,
      ALERT_WEBHOOK_URL: `${origin}/hook?from=mill&token=${encodeURIComponent(MARKS.ALERT_WEBHOOK_URL)}`,
      ALERT_SLACK_URL: `${origin}/services/T0AB1CD2E/B0AB1CD2E/${MARKS.ALERT_SLACK_URL}`,
      ALERT_DISCORD_URL: `${origin}/api/webhooks/123456789012345678/${MARKS.ALERT_DISCORD_URL}`,
      SMTP_PASSWORD: MARKS.SMTP_PASSWORD,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${origin}/otlp/v1/traces?key=${encodeURIComponent(MARKS.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)}`,
      OTEL_EXPORTER_OTLP_HEADERS: `x-team=mill,x-key=${MARKS.OTEL_EXPORTER_OTLP_HEADERS}`,
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: `x-team=mill,authorization=${encodeURIComponent(`Bearer ${MARKS.OTEL_EXPORTER_OTLP_TRACES_HEADERS}`)}`,
      REELMILL_OPENAI_BASE_URL: `${origin}/openai/v1`,
      REELMILL_PIAPI_BASE_URL: `${origin}/piapi`,
      REELMILL_RUNWAY_BASE_URL: `${origin}/runway`,
      REELMILL_CONFIG: this.path('given/config.json'),
      REELMILL_ALLOW_LOOPBACK: '1',
      REELMILL_LOG_LEVEL: 'debug',
      // Whatever the libraries below would print by themselves.
      DEBUG: '*',
      OPENAI_LOG: 'debug',
      RUNWAYML_LOG: 'debug',
      OTEL_LOG_LEVEL: 'ALL',
    };
  }

  /** Every object of the bucket and every file that the processes have left. */
  async collect(): Promise<void> {
    const after = `after process ${this.#started}`;
    const store = await createS3Store(this.#bucket.options);
    for (const { key } of valueOf(await collectList(store, ''))) {
      const object = valueOf(await store.get(key, MOST_BYTES));
      this.collected.set(`object ${key} ${after}`, Buffer.from(object?.body ?? []).toString('latin1'));
    }
    for (const place of ['tmp', 'report', 'home']) {
      const entries = await readdir(join(this.#folder, place), { recursive: true, withFileTypes: true });
      for (const entry of entries.filter((one) => one.isFile() && one.parentPath !== this.path('given'))) {
        const file = join(entry.parentPath, entry.name);
        this.collected.set(
          `file ${file.slice(this.#folder.length)} ${after}`,
          await readFile(file, 'latin1'),
        );
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.sandbox.close(),
      this.parrot[Symbol.asyncDispose](),
      this.#bucket.close(),
      new Promise<void>((resolve) => this.#mail.close(() => resolve())),
    ]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #config(): unknown {
    const { origin } = this.parrot;
    const { port } = this.#mail.server.address() as AddressInfo;
    return {
      API_KEYS: {
        openai: { api_key: MARKS['API_KEYS.openai.api_key'] },
        midjourney: {
          api_key: MARKS['API_KEYS.midjourney.api_key'],
          webhook_url: `${origin}/webhooks/piapi?token=${MARKS['API_KEYS.midjourney.webhook_url']}`,
        },
      },
      CONTENT: { focuses: ['Clocks'] },
      IMAGE_GENERATION: { output_size: '128x72' },
      VIDEO: { runway_duration: 2, mock_duration: 1, mock_fps: 8 },
      WORKFLOW: { retry_backoff_seconds: 0, runway_polling_timeout: 10, runway_polling_interval: 5 },
      ALERTS: {
        telegram: { chat_id: -100_123, api_url: `${origin}/telegram` },
        email: {
          host: '127.0.0.1',
          port,
          user: 'mill@example.com',
          to: ['owner@example.com'],
          password: MARKS['ALERTS.email.password'],
        },
      },
    };
  }

  #start(program: string, words: readonly string[], variables: Variables): Promise<Ended> {
    this.#started += 1;
    const where = `${this.#started}: ${words.slice(1).join(' ') || (variables['REELMILL_ACTION_MODE'] ?? '')}`;
    const child = spawn(program, words, {
      cwd: join(this.#folder, 'home'),
      env: {
        PATH: process.env['PATH'],
        HOME: join(this.#folder, 'home'),
        TMPDIR: join(this.#folder, 'tmp'),
        NODE_COMPILE_CACHE: join(this.#folder, 'compile-cache'),
        ...this.variables(),
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, told] = ['', ''];
    child.stdout.on('data', (chunk) => (out += String(chunk)));
    child.stderr.on('data', (chunk) => (told += String(chunk)));
    return new Promise((resolve) =>
      child.on('close', (code) => {
        this.collected.set(`output of ${where}`, out);
        this.collected.set(`log of ${where}`, told);
        resolve({ code, out, told });
      }),
    );
  }
}
