/**
 * Starts the render worker and bounds it from outside: time, memory, and how much it may say. Whatever happens to it
 * (crash, hang, out of memory, nonsense on the pipe) comes back as one answer, and never as an exception or a process
 * that is left behind.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import type { WorkerAnswer, WorkerRequest } from './worker-protocol.ts';
import { workerAnswer } from './worker-protocol.ts';

export interface WorkerLimits {
  readonly timeLimitSeconds: number;
  /** Resident memory of the whole worker: JavaScript, native codecs and libvips together. */
  readonly memoryLimitMegabytes: number;
  /** The script to run; a test puts a script here that crashes or hangs. */
  readonly entry?: URL;
}

/** `.ts` when running from source, `.js` when compiled. */
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './worker-main.ts' : './worker-main.js',
  import.meta.url,
);
const ANSWER_LIMIT = 16_384;
const COMPLAINT_LIMIT = 65_536;
const MEMORY_POLL_MILLISECONDS = 100;

/** Resolves in every case, at the latest shortly after the time limit, when the process is gone. */
export async function runWorker(request: WorkerRequest, limits: WorkerLimits): Promise<WorkerAnswer> {
  let child: ChildProcess;
  try {
    child = startWorker(limits);
  } catch (error) {
    return broken(`The render worker could not start: ${String(error)}`);
  }
  let stopped: string | undefined;
  const stop = (reason: string) => {
    stopped ??= reason;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(
    () => stop(`did not finish ${request.operation} within ${limits.timeLimitSeconds} s`),
    limits.timeLimitSeconds * 1000,
  );
  const watch = setInterval(() => {
    void residentMegabytes(child.pid).then((used) => {
      if (used > limits.memoryLimitMegabytes) {
        stop(
          `used ${Math.round(used)} MB in ${request.operation}, over its ${limits.memoryLimitMegabytes} MB`,
        );
      }
    });
  }, MEMORY_POLL_MILLISECONDS);
  try {
    const ended = ending(child);
    const answer = collect(child.stdio[3], ANSWER_LIMIT, () => stop('answered more than an answer can hold'));
    const complaint = collect(child.stderr, COMPLAINT_LIMIT, () => stop('printed without end'));
    child.stdin?.on('error', () => undefined);
    child.stdin?.write(`${JSON.stringify(request)}\n`);
    const outcome = await ended;
    if (stopped !== undefined) return broken(`The render worker ${stopped} and was stopped`);
    if (outcome !== 'exit 0') {
      return broken(
        `The render worker crashed in ${request.operation} (${outcome})${lastWords(await complaint)}`,
      );
    }
    return readAnswer(await answer);
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
  }
}

/** The environment is not passed on: it holds the channel's secrets, and the worker opens other people's bytes. */
function startWorker(limits: WorkerLimits): ChildProcess {
  const heap = Math.max(64, Math.floor(limits.memoryLimitMegabytes / 2));
  return spawn(
    process.execPath,
    [
      `--max-old-space-size=${heap}`,
      // For `native-memory.ts`.
      '--expose-gc',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(limits.entry ?? ENTRY),
    ],
    {
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
      env: pick(process.env, ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LD_LIBRARY_PATH']),
      windowsHide: true,
    },
  );
}

function pick(environment: NodeJS.ProcessEnv, names: readonly string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}

/** `close` and not `exit`: only then all that the worker wrote has been read. */
function ending(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal === null ? `exit ${code}` : `signal ${signal}`));
  });
}

function collect(
  stream: ChildProcess['stdio'][number],
  limit: number,
  overflow: () => void,
): Promise<string> {
  if (!(stream instanceof Readable)) return Promise.resolve('');
  const pieces: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    stream.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > limit) overflow();
      else pieces.push(piece);
    });
    stream.on('error', () => resolve(''));
    stream.on('close', () => resolve(Buffer.concat(pieces).toString('utf8')));
  });
}

/**
 * Read from outside, so that native code which never returns to JavaScript is covered too. Only Linux has `/proc`; on
 * other systems the heap limit of the JavaScript engine and the input limits of each operation remain.
 */
async function residentMegabytes(pid: number | undefined): Promise<number> {
  if (process.platform !== 'linux' || pid === undefined) return 0;
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/mu.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function readAnswer(text: string): WorkerAnswer {
  try {
    return workerAnswer.parse(JSON.parse(text));
  } catch {
    return broken('The render worker gave no usable answer');
  }
}

/** The line that names the error, without stack or paths of ours. */
function lastWords(complaint: string): string {
  const line = complaint
    .split('\n')
    .find((text) => /^\w*Error\b|^FATAL|Assertion|terminate called/u.test(text));
  return line === undefined ? '' : `: ${line.trim().slice(0, 200)}`;
}

function broken(message: string): WorkerAnswer {
  return { ok: false, code: 'render_failed', message };
}
