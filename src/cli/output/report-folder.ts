/**
 * `run --report FOLDER`: what a scheduler shows and keeps of a run. Written for failures too, also of a run that could
 * not begin; a report that cannot be written is said, and changes nothing about the run.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findingsOf } from '../../app/run-findings.ts';
import type { Failure } from '../../domain/failure.ts';
import type { RunReport } from '../../runtime/run-channel.ts';
import type { Channel } from '../channel.ts';
import type { Cli } from '../cli.ts';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { exitCodeOfRun } from './run-report.ts';
import { summaryOfFailure, summaryOfRun } from './run-summary.ts';

export async function writeRunReport(
  cli: Cli,
  folder: string,
  channel: Channel,
  ended: RunReport,
  started: Date,
): Promise<void> {
  await keep(cli, folder, async () => {
    const { environment, loaded } = channel;
    const report = clean(cli, ended);
    const findings = clean(cli, await findingsOf(loaded.config, environment, report, started, folder));
    const exitCode = exitCodeOfRun(report);
    const seconds = (Date.now() - started.getTime()) / 1000;
    const facts = { ok: exitCode === EXIT.done, exitCode, startedAt: started.toISOString(), seconds };
    return {
      summary: summaryOfRun({ report, findings, seconds, exitCode }),
      report: { ...facts, ...report, findings },
    };
  });
}

export async function writeFailureReport(cli: Cli, folder: string, failed: Failure): Promise<void> {
  const failure = clean(cli, failed);
  const exitCode = exitCodeOf(failure);
  await keep(cli, folder, () =>
    Promise.resolve({
      summary: summaryOfFailure(failure, exitCode),
      report: { ok: false, exitCode, failure },
    }),
  );
}

/** Before a text becomes Markdown, in whose escapes nobody would find a secret. */
function clean<T>({ redact = String }: Cli, facts: T): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plain data, in which only texts have changed.
  return JSON.parse(
    JSON.stringify(facts, (_, value: unknown) => (typeof value === 'string' ? redact(value) : value)),
  ) as T;
}

async function keep(
  cli: Cli,
  folder: string,
  make: () => Promise<{ readonly summary: string; readonly report: unknown }>,
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const { report, summary } = await make();
    await writeFile(join(folder, 'summary.md'), summary);
    await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    cli.tell(
      `The report in ${folder} could not be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
