/** `reelmill doctor`: is everything here that a run will need? */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CheckResult, Verdict } from '../../app/doctor/check-result.ts';
import { globalOptions, printJson, type Cli } from '../cli.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

const EXIT_OF: Readonly<Record<Verdict, ExitCode>> = {
  ok: EXIT.done,
  warning: EXIT.warning,
  problem: EXIT.problem,
};
const WORKFLOW = '.github/workflows/reelmill.yml';

export function addDoctor(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description('check configuration, keys, store, providers, renderer and schedule; spends nothing')
    .addHelpText(
      'after',
      `
It writes two small objects into doctor/ of the store and deletes them again, and asks each provider one question that is free.
Exit codes: 0 all is well, 8 something to look at, 9 a problem that a run will meet.

Examples:
  reelmill doctor
  reelmill --env-file other.env doctor
  reelmill doctor --json | jq '.findings[] | select(.verdict != "ok")'`,
    )
    .action(async (_flags: unknown, command: Command) => {
      await doctor(cli, command);
    });
}

async function doctor(cli: Cli, command: Command): Promise<void> {
  const options = globalOptions(command);
  const [{ openEnvironment }, { loadConfig }, { runDoctor }, { worstOf }] = await Promise.all([
    import('../channel.ts'),
    import('../../config/load.ts'),
    import('../../app/doctor/run-doctor.ts'),
    import('../../app/doctor/check-result.ts'),
  ]);
  const environment = openEnvironment(cli, options);
  const path = options.config ?? (environment.ok ? environment.value.configPath : null) ?? 'config.json';
  const loaded = await loadConfig(path);
  const silent = options.json === true || options.quiet === true;
  const results = await runDoctor({
    loaded,
    environment,
    workflow: await readFile(WORKFLOW, 'utf8').catch(() => null),
    now: () => new Date(),
    onResult: silent ? () => {} : (result) => printResult(cli, result),
  });
  const verdict = worstOf(results);
  cli.setExitCode(EXIT_OF[verdict]);
  if (options.json === true) return printJson(cli, { ok: verdict === 'ok', verdict, findings: results });
  if (options.quiet === true) {
    for (const result of results) if (result.verdict !== 'ok') printResult(cli, result);
    return;
  }
  cli.print(`\n${conclusion(results)}`);
}

function printResult(cli: Cli, { check, evidence, remedy, verdict }: CheckResult): void {
  const { colors } = cli;
  const mark = { ok: colors.green('●'), warning: colors.yellow('▲'), problem: colors.red('✖') }[verdict];
  // Colour says it on a terminal; elsewhere a word has to.
  const word = verdict === 'ok' ? '' : `${verdict}: `;
  cli.print(`${mark} ${colors.bold(check.padEnd(16))} ${word}${evidence}`);
  if (remedy !== null) cli.print(`${' '.repeat(19)}→ ${remedy}`);
}

function conclusion(results: readonly CheckResult[]): string {
  const count = (verdict: Verdict): number => results.filter((result) => result.verdict === verdict).length;
  const problems = count('problem');
  const warnings = count('warning');
  if (problems + warnings === 0) return `All ${results.length} checks are well.`;
  const told = [
    ...(problems > 0 ? [`${problems} ${problems === 1 ? 'problem' : 'problems'}`] : []),
    ...(warnings > 0 ? [`${warnings} to look at`] : []),
  ];
  return `${results.length} checks: ${told.join(', ')}.`;
}
