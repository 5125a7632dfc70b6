/** Opens the channel that the options and the environment name: configuration, secrets, log. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { readEnvironment, type Environment, type LogLevel } from '../config/environment.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import { channelRedactor, secretsOfAddresses } from '../config/channel-redactor.ts';
import { secretsAmong } from '../config/secrets.ts';
import { createLog } from '../app/log.ts';
import { failure, success, type Result } from '../domain/failure.ts';
import type { Surroundings } from '../app/compose.ts';
import type { Cli, GlobalOptions } from './cli.ts';

export interface Channel {
  readonly loaded: LoadedConfig;
  readonly environment: Environment;
  /** What `composeRun` takes. */
  readonly surroundings: Surroundings;
}

const DEFAULT_CONFIG = 'config.json';

/** `config_invalid`, with every problem, when the file or a variable is wrong. */
export async function openChannel(cli: Cli, options: GlobalOptions): Promise<Result<Channel>> {
  const environment = openEnvironment(cli, options);
  if (!environment.ok) return environment;
  const loaded = await loadConfig(configPathOf(options, environment.value));
  if (!loaded.ok) return loaded;
  const { config } = loaded.value;
  cli.hide?.(secretsOfAddresses(config));
  const redact = channelRedactor(config, environment.value);
  const log = createLog({ level: logLevel(cli, environment.value), format: logFormat(cli, options), redact });
  const { store } = environment.value;
  // A slip in the path would pass for a healthy channel that has not begun yet.
  if (store.kind === 'folder' && !existsSync(store.path)) {
    caution(
      cli,
      log,
      `There is no folder ${store.path} yet; a run creates it and begins a new channel there`,
    );
  }
  return success({
    loaded: loaded.value,
    environment: environment.value,
    surroundings: {
      config,
      environment: environment.value,
      log,
      signal: cli.signal,
      holder: `${hostname()} (process ${process.pid})`,
    },
  });
}

/** To whoever sits before it; off a terminal one line of the log, like all others. */
export function caution(cli: Cli, log: Surroundings['log'], message: string): void {
  if (cli.live) cli.tell(`${message}.`);
  else log.warn(message);
}

export function configPathOf(options: GlobalOptions, environment: Environment): string {
  return options.config ?? environment.configPath ?? DEFAULT_CONFIG;
}

export function openEnvironment(cli: Cli, options: GlobalOptions): Result<Environment> {
  // First, so that its secrets are known before anything is said.
  const filed = options.envFile === undefined ? besideConfig(cli, options) : fileVariables(options.envFile);
  if (!filed.ok) return filed;
  cli.hide?.(secretsAmong(filed.value));
  const chosen = storeVariables(options.store);
  if (!chosen.ok) return chosen;
  return readEnvironment({ ...filed.value, ...cli.variables, ...chosen.value });
}

/**
 * `.env` beside the configuration, so that no channel gets another one's keys. Nobody has named it: where it is no file,
 * or not for this user to read, as when systemd has read it before, the environment has to do.
 */
function besideConfig(cli: Cli, options: GlobalOptions): Result<NodeJS.Dict<string>> {
  const config = options.config ?? cli.variables['REELMILL_CONFIG'] ?? DEFAULT_CONFIG;
  const file = join(dirname(config), '.env');
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return success({});
  const read = fileVariables(file);
  return read.ok ? read : success({});
}

const LARGEST_ENV_FILE = 64 * 1024;

/** `NAME=value` lines, as Docker and systemd write them. */
function fileVariables(file: string | undefined): Result<NodeJS.Dict<string>> {
  if (file === undefined) return success({});
  try {
    if (statSync(file).size > LARGEST_ENV_FILE)
      return failure(
        'config_invalid',
        `The file of variables ${file} is larger than ${LARGEST_ENV_FILE} bytes`,
      );
    // The mark that Windows editors put first would become part of the first name, and that variable be missing.
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    return success(withPlace(parseEnv(text), dirname(resolve(file))));
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    const advice = { advice: 'Copy .env.example to .env and fill it in.' };
    return failure(
      'config_invalid',
      `The file of variables ${file} could not be read: ${reason}`,
      {},
      advice,
    );
  }
}

/** A relative folder in the file is one beside the file: from elsewhere it would be another channel, with a budget of its own. */
function withPlace(variables: NodeJS.Dict<string>, place: string): NodeJS.Dict<string> {
  const folder = /^folder:(.+)$/.exec(variables['REELMILL_STORE'] ?? '')?.[1];
  return folder === undefined
    ? variables
    : { ...variables, REELMILL_STORE: `folder:${resolve(place, folder)}` };
}

/** `--store` is a short way to say what two variables say. */
function storeVariables(store: string | undefined): Result<Record<string, string>> {
  if (store === undefined) return success({});
  if (/^folder:./.test(store)) return success({ REELMILL_STORE: store });
  const bucket = /^s3:\/\/([^/]+)\/?$/.exec(store)?.[1];
  if (bucket !== undefined) return success({ REELMILL_STORE: 'bucket', B2_BUCKET_NAME: bucket });
  return failure(
    'usage',
    `--store ${store} is neither folder:PATH nor s3://BUCKET`,
    {},
    { advice: 'A folder inside a bucket is set as API_KEYS.b2.prefix in the configuration.' },
  );
}

/** On a terminal the progress is shown anyway, so that the log says only what went wrong, unless it is asked for more. */
function logLevel(cli: Cli, environment: Environment): LogLevel {
  const asked = (cli.variables['REELMILL_LOG_LEVEL'] ?? '') !== '';
  return cli.live && !asked ? 'error' : environment.logLevel;
}

function logFormat(cli: Cli, options: GlobalOptions): 'pretty' | 'json' | 'quiet' {
  if (options.quiet === true) return 'quiet';
  if (cli.live) return 'pretty';
  // The log of a CI job is read by people, any other off a terminal by programs.
  return options.json === true || !cli.variables['CI'] ? 'json' : 'pretty';
}
