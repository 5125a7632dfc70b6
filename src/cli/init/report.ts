/** What `reelmill init` has made, and what its owner does next. */
import { join, resolve } from 'node:path';
import type { InitAnswers, InitPlan } from '../../app/init/plan.ts';
import { PUSH_LINES } from '../../app/init/push-lines.ts';
import { shellWord } from '../../app/init/shell-word.ts';
import { ACTION_PLACEHOLDER } from '../../app/init/workflow-file.ts';
import type { Cli } from '../cli.ts';
import { INIT_TEXTS } from './texts.ts';

/** Columns of a command before what it does. */
const COMMAND_WIDTH = 14;
/** Under the text of a numbered step. */
const STEP_INDENT = ' '.repeat(5);

export function printPlan(
  cli: Cli,
  folder: string,
  answers: InitAnswers,
  plan: InitPlan,
  warnings: readonly string[],
): void {
  const { colors } = cli;
  const texts = INIT_TEXTS[plan.language];
  for (const { kind, path, was, now, why } of plan.changes) {
    const values = now === null ? (was ?? '') : was === null ? now : `${was} → ${now}`;
    cli.print(`${colors.dim(kind.padEnd(8))} ${path} ${colors.dim(values)}  ${why}`);
  }
  if (plan.changes.length > 0) cli.print('');
  for (const { path } of plan.files) cli.print(`${colors.green('●')} ${join(folder, path)}`);
  for (const warning of warnings) cli.print(`${colors.yellow('▲')} ${warning}`);
  const { config } = plan;
  const { per_month_usd: limit } = config.BUDGET;
  const made = texts.made({
    texts: config.OPENAI_SETTINGS.model ?? 'gpt-4o',
    pictures: config.IMAGE_GENERATION.process_mode,
    videos: config.API_KEYS.runwayml.model_name,
    limit: limit === null ? texts.noLimit : texts.limit(`$${limit.toFixed(Number.isInteger(limit) ? 0 : 2)}`),
  });
  cli.print(`\n${made}`);
  cli.print(`\n${texts.next}`);
  for (const [index, step] of nextSteps(folder, answers, plan).entries())
    cli.print(`  ${index + 1}. ${step}`);
}

function nextSteps(folder: string, { action, configName, store }: InitAnswers, plan: InitPlan): string[] {
  const { steps } = INIT_TEXTS[plan.language];
  const secrets = plan.secrets.join(', ');
  const enter = folder === resolve('.') ? '' : `cd ${shellWord(folder)} && `;
  if (store.kind === 'bucket') {
    const push = [`${enter}${PUSH_LINES[0] ?? ''}`, ...PUSH_LINES.slice(1)].map((line) => `  ${line}`);
    return [
      ...(action === ACTION_PLACEHOLDER ? [steps.action(ACTION_PLACEHOLDER)] : []),
      [steps.repository(folder), ...push, steps.ignored].join(`\n${STEP_INDENT}`),
      steps.secrets(secrets),
      steps.workflow,
      steps.page,
    ];
  }
  const config = configName === 'config.json' ? '' : ` --config ${configName}`;
  const command = (words: string, effect: string): string =>
    `npx reelmill${config} ${words.padEnd(COMMAND_WIDTH)}  ${effect}`;
  return [
    `${enter}${plan.install}`,
    steps.fillIn(secrets),
    command('doctor', steps.doctor),
    command('run --dry-run', steps.dryRun),
    command('run', steps.run),
    steps.localPage,
  ];
}
