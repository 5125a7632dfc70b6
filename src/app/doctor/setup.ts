/** The configuration and the environment: what a run would refuse at its start, and what it would silently take otherwise. */
import type { Environment } from '../../config/environment.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { describeNote } from '../../config/problem.ts';
import { missingVariables } from '../../config/resolved.ts';
import type { Config } from '../../config/schema.ts';
import type { Result } from '../../domain/failure.ts';
import { costNotes } from '../cost-notes.ts';
import { failed, fine, problem, warning, type CheckResult } from './check-result.ts';

const SHOWN_NOTES = 3;

export function checkConfigFile(loaded: Result<LoadedConfig>): CheckResult {
  if (!loaded.ok) return failed('config', loaded.failure);
  const { config, path } = loaded.value;
  const warnings = [...loaded.value.warnings, ...costNotes(config)];
  if (warnings.length === 0) return fine('config', `${path} can be used as it is`);
  const shown = warnings.slice(0, SHOWN_NOTES).map(describeNote).join(' ');
  const more = warnings.length > SHOWN_NOTES ? ` And ${warnings.length - SHOWN_NOTES} more.` : '';
  const remedy = 'Run `reelmill config check`; `reelmill init --from` brings an old file up to date.';
  return warning('config', `${path} can be used, but: ${shown}${more}`, remedy);
}

export function checkEnvironment(environment: Result<Environment>, config: Config): CheckResult {
  if (!environment.ok) return failed('environment', environment.failure);
  const missing = missingVariables(config, environment.value);
  if (missing.length === 0) return fine('environment', 'every variable that a run needs is set');
  return problem(
    'environment',
    `Not set: ${missing.join(', ')}`,
    'Set them where the run is scheduled: as secrets of the repository, or on this machine in the file `.env` beside the configuration (a copy of .env.example).',
  );
}
