/** Everything that can go wrong before it does: each check once, in one order, whatever became of the others. */
import { createHttp } from '../../adapters/http/http.ts';
import { channelRedactor } from '../../config/channel-redactor.ts';
import type { Environment } from '../../config/environment.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { bucketSettings } from '../../config/resolved.ts';
import { defaultConfig, type Config } from '../../config/schema.ts';
import type { Result } from '../../domain/failure.ts';
import { openStore, USER_AGENT } from '../compose.ts';
import { checkAction } from './action.ts';
import { checkAlerts, checkReports } from './alerts.ts';
import { checkClock, type TimeSource } from './clock.ts';
import { checkContents } from './contents.ts';
import { failed, type CheckResult } from './check-result.ts';
import { checkDisk, checkFonts, checkMachine, checkRenderer } from './machine.ts';
import { checkProviders, providerAddresses } from './providers.ts';
import { checkChannel, checkSchedule } from './schedule.ts';
import { checkConfigFile, checkEnvironment } from './setup.ts';
import { checkStore, type StoreLifecycle } from './store.ts';

export interface DoctorParts {
  readonly loaded: Result<LoadedConfig>;
  readonly environment: Result<Environment>;
  /** Text of `.github/workflows/reelmill.yml`, when there is one. */
  readonly workflow: string | null;
  readonly now: () => Date;
  /** Told of each result, in order, as soon as it and those before it are known. */
  readonly onResult: (result: CheckResult) => void;
}

/** Where the configuration or the environment cannot be read, what depends on them is left out: there is nothing to try. */
export async function runDoctor(parts: DoctorParts): Promise<readonly CheckResult[]> {
  const { environment, loaded, now, workflow } = parts;
  const config = loaded.ok ? loaded.value.config : defaultConfig();
  const redact = environment.ok ? channelRedactor(config, environment.value) : (text: string) => text;
  const groups: Promise<readonly CheckResult[]>[] = [
    Promise.resolve([checkConfigFile(loaded), checkEnvironment(environment, config)]),
  ];
  if (loaded.ok && environment.ok) groups.push(...outside(config, environment.value, redact, now));
  const folder =
    environment.ok && environment.value.store.kind === 'folder' ? environment.value.store.path : null;
  groups.push(
    here(config, folder),
    Promise.resolve(loaded.ok ? [checkSchedule(config, workflow, now())] : []),
    Promise.resolve(workflow === null ? [] : actionOf(workflow)),
    Promise.resolve(loaded.ok && environment.ok ? listeners(config, environment.value) : []),
  );
  // A group that ends early waits for its turn; one that fails by a bug must not go unheard meanwhile.
  for (const group of groups) group.catch(() => {});
  const results: CheckResult[] = [];
  for (const group of groups) {
    for (const result of await group) {
      const clean = { ...result, evidence: redact(result.evidence) };
      results.push(clean);
      parts.onResult(clean);
    }
  }
  return results;
}

function outside(
  config: Config,
  environment: Environment,
  redact: (text: string) => string,
  now: () => Date,
): Promise<readonly CheckResult[]>[] {
  const { allowLoopback } = environment;
  const http = createHttp({ allowLoopback, userAgent: USER_AGENT, redact });
  const sources: TimeSource[] = Object.entries(providerAddresses(config, environment)).map(([name, url]) => ({
    name,
    url,
  }));
  const endpoint = environment.b2Endpoint ?? config.API_KEYS.b2.endpoint;
  if (environment.store.kind === 'bucket' && endpoint !== null)
    sources.unshift({ name: 'the store', url: endpoint });
  return [
    checkClock(sources, config.WORKFLOW.clock_bound_seconds, now).then((result) => [result]),
    storeAndChannel(config, environment, now),
    checkProviders({ config, environment, http }),
  ];
}

async function storeAndChannel(
  config: Config,
  environment: Environment,
  now: () => Date,
): Promise<readonly CheckResult[]> {
  const store = await openStore(config, environment);
  if (!store.ok) return [failed('store', store.failure)];
  const results = await checkStore(store.value, lifecycleOf(config, environment));
  if (results.some(({ verdict }) => verdict === 'problem')) return results;
  const channel = await checkChannel(config, store.value, now());
  return [...results, ...channel, await checkContents(config, store.value, now())];
}

function actionOf(workflow: string): readonly CheckResult[] {
  const found = checkAction(workflow);
  return found === null ? [] : [found];
}

/** Who is told of trouble, and, where it was set up, who tells us of pictures. */
function listeners(config: Config, environment: Environment): readonly CheckResult[] {
  const reports = checkReports(config, environment);
  return [checkAlerts(config, environment), ...(reports === null ? [] : [reports])];
}

/** Null for a folder, which has no such rules. */
function lifecycleOf(config: Config, environment: Environment): StoreLifecycle | null {
  if (environment.store.kind === 'folder') return null;
  const bucket = bucketSettings(config, environment);
  if (!bucket.ok) return null;
  const { accessKey, secretKey, ...rest } = bucket.value;
  const read = async () => {
    const { readLifecycle } = await import('../../adapters/s3/lifecycle.ts');
    const keys = { accessKeyId: accessKey.reveal(), secretAccessKey: secretKey.reveal() };
    const redact = channelRedactor(config, environment);
    return readLifecycle({ ...rest, ...keys, redact, userAgent: USER_AGENT });
  };
  return { read, archive: config.FILE_PATHS.archive_folder };
}

/** One after the other: measuring two at once would measure neither. */
async function here(config: Config, folder: string | null): Promise<readonly CheckResult[]> {
  const room = [checkMachine(), await checkDisk(folder), await checkFonts()];
  return [...room, await checkRenderer(config)];
}
