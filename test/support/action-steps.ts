/**
 * Runs the shell steps of `action.yml` as GitHub's runner would: bash with its flags, a file for outputs and one for the
 * job page, expressions filled in before. Only what our action uses is known here; anything else is an error, so that a
 * new construct cannot be skipped in silence.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const stepSchema = z.strictObject({
  id: z.string().optional(),
  name: z.string(),
  if: z.string().optional(),
  'continue-on-error': z.literal(true).optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  shell: z.literal('bash').optional(),
  env: z.record(z.string(), z.string()).optional(),
  run: z.string().optional(),
});
const actionSchema = z.looseObject({
  inputs: z.record(z.string(), z.looseObject({ default: z.string().optional() })),
  outputs: z.record(z.string(), z.looseObject({ value: z.string() })),
  runs: z.strictObject({ using: z.literal('composite'), steps: z.array(stepSchema) }),
});

export type ActionStep = z.infer<typeof stepSchema>;
export type Action = z.infer<typeof actionSchema>;

export function readAction(text: string): Action {
  return actionSchema.parse(parse(text));
}

export interface ActionRun {
  /** What the steps that ran printed, both streams. */
  readonly log: string;
  /** The job page. */
  readonly summary: string;
  /** Name of the step that failed, or null. */
  readonly failed: string | null;
  readonly outputs: Readonly<Record<string, string>>;
  /** What each `uses` step was given, by its name. */
  readonly used: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Folder of log and report. */
  readonly report: string;
}

export interface ActionWorld {
  /** The checkout of the channel's repository. */
  readonly workspace: string;
  /** Where the action itself lies. */
  readonly actionPath: string;
  /** Empty folder for the runner's own files. */
  readonly temporary: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Names of steps that are left out, because another test runs them. */
  readonly without?: readonly string[];
  /** Secrets and whatever else the workflow passes as `env`. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** What a `uses` step leaves as outputs, by the action's name. */
const OUTPUTS_OF_ACTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'actions/cache': { 'cache-hit': 'false' },
  'actions/upload-artifact': { 'artifact-url': 'https://github.com/o/r/actions/runs/1/artifacts/2' },
};

export async function runAction(action: Action, world: ActionWorld): Promise<ActionRun> {
  await mkdir(world.temporary, { recursive: true });
  const summaryFile = path.join(world.temporary, 'summary');
  await writeFile(summaryFile, '');
  const inputs = Object.fromEntries(
    Object.entries(action.inputs).map(([name, { default: usual = '' }]) => [
      name,
      world.inputs[name] ?? usual,
    ]),
  );
  const steps: Record<string, Readonly<Record<string, string>>> = {};
  const used: Record<string, Readonly<Record<string, string>>> = {};
  const github = { run_id: '1', run_attempt: '1' };
  let log = '';
  let failed: string | null = null;
  for (const [index, step] of action.runs.steps.entries()) {
    if (world.without?.includes(step.name) === true) continue;
    if (!isDue(step, failed !== null, steps)) continue;
    const fill = (text: string): string => filled(text, { inputs, steps, github });
    let outputs: Readonly<Record<string, string>> = {};
    if (step.uses !== undefined) {
      used[step.name] = Object.fromEntries(
        Object.entries(step.with ?? {}).map(([name, value]) => [name, fill(String(value))]),
      );
      outputs = OUTPUTS_OF_ACTIONS[step.uses.replace(/@.*/s, '')] ?? {};
    } else {
      const files = { outputs: path.join(world.temporary, `output-${index}`), summary: summaryFile };
      const ended = await shell(step, fill, world, files);
      log += ended.log;
      outputs = readOutputs(await readFile(files.outputs, 'utf8'));
      if (ended.code !== 0 && step['continue-on-error'] !== true) failed ??= step.name;
    }
    if (step.id !== undefined) steps[step.id] = outputs;
  }
  const outputs = Object.fromEntries(
    Object.entries(action.outputs).map(([name, { value }]) => [
      name,
      filled(value, { inputs, steps, github }),
    ]),
  );
  const summary = await readFile(summaryFile, 'utf8');
  return { log, summary, failed, outputs, used, report: steps['prepare']?.['report'] ?? '' };
}

type Contexts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** `${{ inputs.mode }}`, `${{ steps.prepare.outputs.report }}`, `${{ github.run_id }}`; nothing else. */
function filled(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{\s*([^}]*?)\s*\}\}/g, (_, expression: string) => {
    const [, context = '', name = '', output = ''] =
      /^(inputs|steps|github)\.([\w-]+)(?:\.outputs\.([\w-]+))?$/.exec(expression) ?? [];
    if (context === '') throw new Error(`the harness does not know the expression ${expression}`);
    const value = contexts[context]?.[name];
    const found = context === 'steps' ? Reflect.get(Object(value), output) : value;
    return typeof found === 'string' ? found : '';
  });
}

/** `always() && steps.x.outputs.y != ''`, or nothing, which means: as long as nothing failed. */
function isDue(step: ActionStep, hasFailed: boolean, steps: Contexts[string] & object): boolean {
  if (step.if === undefined) return !hasFailed;
  const match = /^always\(\) && steps\.([\w-]+)\.outputs\.([\w-]+) != ''$/.exec(step.if);
  if (match === null) throw new Error(`the harness does not know the condition ${step.if}`);
  const [, id = '', output = ''] = match;
  const value: unknown = Reflect.get(Object(steps[id]), output);
  return typeof value === 'string' && value !== '';
}

async function shell(
  step: ActionStep,
  fill: (text: string) => string,
  world: ActionWorld,
  files: { readonly outputs: string; readonly summary: string },
): Promise<{ readonly code: number | null; readonly log: string }> {
  if (step.shell === undefined || step.run === undefined)
    throw new Error(`step ${step.name} has no shell or no run`);
  await writeFile(files.outputs, '');
  const script = `${files.outputs}.sh`;
  await writeFile(script, fill(step.run));
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION_PATH: world.actionPath,
    GITHUB_WORKSPACE: world.workspace,
    GITHUB_OUTPUT: files.outputs,
    GITHUB_STEP_SUMMARY: files.summary,
    RUNNER_TEMP: world.temporary,
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: 'X64',
    ...world.variables,
    ...Object.fromEntries(Object.entries(step.env ?? {}).map(([name, value]) => [name, fill(value)])),
  };
  // As the runner starts `shell: bash`.
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
    cwd: world.workspace,
    env,
  });
  let log = '';
  child.stdout.on('data', (chunk) => (log += String(chunk)));
  child.stderr.on('data', (chunk) => (log += String(chunk)));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, log })));
}

function readOutputs(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`not an output: ${line}`);
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
