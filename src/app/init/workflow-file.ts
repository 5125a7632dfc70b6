/**
 * The workflow by which a channel's repository runs on GitHub Actions. It names what may touch the secrets, so that file
 * is made here, whole, and a test checks what is written rather than a template.
 */
import type { Config } from '../../config/schema.ts';
import { shiftTimeOfDay } from '../daily-times.ts';

export interface WorkflowFacts {
  readonly config: Config;
  /** `owner/repository@ref`, optionally with ` # a comment`. */
  readonly action: string;
  /** Path of the configuration in the repository. */
  readonly configPath: string;
  /** Names of the repository's secrets that become variables of the run. */
  readonly secrets: readonly string[];
  readonly now: Date;
}

/**
 * Stands where nobody knows yet where Reelmill lies. No account of GitHub can have such a name, so that a run which is
 * started all the same ends before it has fetched anything, and no stranger's code ever sees the secrets.
 */
export const ACTION_PLACEHOLDER = '<OWNER>/<REPOSITORY>@<COMMIT>';

const PLACEHOLDER_NOTE = `      # Replace this by the place of Reelmill on GitHub: owner/repository@ and the 40 digits of a commit. Until then no run begins.
`;

/** The SHA that the tag `v6.0.2` of actions/checkout names. */
const CHECKOUT = 'actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2';

/** Cron lines for a scheduler in `zone`; the offsets between zones are those of `now`. */
export function cronLines(
  config: Config,
  now: Date,
  zone = 'UTC',
): { readonly main: string; readonly checks: string[] } {
  const { checks, main, ready_by: readyBy, timezone } = config.SCHEDULE;
  // Somebody has to look at that hour whether a post is ready.
  const looks = readyBy === null ? checks : [...checks, readyBy];
  const cron = (time: string): string => {
    const there = shiftTimeOfDay(time, timezone, zone, now);
    const [hours, minutes] = there.split(':').map(Number);
    return `${minutes} ${hours} * * *`;
  };
  const first = cron(main);
  return { main: first, checks: [...new Set(looks.map(cron))].filter((line) => line !== first) };
}

export function renderWorkflow(facts: WorkflowFacts): string {
  const { main, checks } = cronLines(facts.config, facts.now);
  const cron = (line: string, note: string): string => `    - cron: '${line}' # ${note}\n`;
  const config =
    facts.configPath === 'config.json' ? '' : `          config: ${JSON.stringify(facts.configPath)}\n`;
  return `# Written by \`reelmill init\`. Times are UTC; GitHub starts scheduled runs up to an hour late.
name: Reelmill
on:
  schedule:
${cron(main, 'main run')}${checks.map((line) => cron(line, 'check')).join('')}  workflow_dispatch:
    inputs:
      mode: { type: choice, options: [doctor, dry-run, check, main], default: doctor, description: only main starts posts }
permissions: { contents: read }
concurrency: { group: reelmill, cancel-in-progress: false } # one run at a time; a second one waits
jobs:
  run:
    runs-on: ubuntu-24.04
    timeout-minutes: 45
    steps:
      - uses: ${CHECKOUT}
        with: { persist-credentials: false }
${facts.action === ACTION_PLACEHOLDER ? PLACEHOLDER_NOTE : ''}      - uses: ${facts.action}
        with:
          mode: \${{ inputs.mode || (github.event.schedule == '${main}' && 'main' || 'check') }}
${config}        env: # what alerts and others need goes here too; .env.example names it
${facts.secrets.map((name) => `          ${name}: \${{ secrets.${name} }}\n`).join('')}`;
}
