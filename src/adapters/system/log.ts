/**
 * The run's log. Secrets are removed here, before the logging library sees a message or a field, so that no transport,
 * format or error serialiser can let one through (I8).
 */
import { createRequire } from 'node:module';
import type * as Pino from 'pino';
import type * as PinoPretty from 'pino-pretty';

import type { Log } from '../../ports/log.ts';
import { plainText, plainValue } from './plain-value.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** `pretty`: a line for a person, in colour only on a terminal. `json`: one object a line. `quiet`: nothing. */
export type LogFormat = 'pretty' | 'json' | 'quiet';

/** Takes whole lines. */
export interface LogDestination {
  write(line: string): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly redact: (text: string) => string;
  /** Default: standard error, so that a command's own output stays clean. */
  readonly destination?: LogDestination;
}

const STANDARD_ERROR = 2;
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** Names that pino writes itself. */
const RESERVED = new Set(['level', 'time', 'pid', 'hostname', 'msg']);

/** Writes synchronously, so that a line is out before a crash. pino is loaded with the first line that is really written. */
export function createLog(options: LogOptions): Log {
  let logger: Pino.Logger | null = null;
  const write = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    if (options.format === 'quiet' || LEVELS.indexOf(level) < LEVELS.indexOf(options.level)) return;
    logger ??= openLogger(options);
    logger[level](fieldsOf(fields, options.redact), plainText(message, options.redact));
  };
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
  };
}

function fieldsOf(fields: object, redact: (text: string) => string): Record<string, unknown> {
  const shown = plainValue(fields, redact);
  if (typeof shown !== 'object' || shown === null) return { fields: shown };
  return Object.fromEntries(
    Object.entries(shown).map(([name, value]) => [RESERVED.has(name) ? `field_${name}` : name, value]),
  );
}

function openLogger(options: LogOptions): Pino.Logger {
  const require = createRequire(import.meta.url);
  const { pino }: typeof Pino = require('pino');
  const target = options.destination ?? standardError(pino);
  const stream = options.format === 'pretty' ? prettyStream(require, target, options) : target;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (value: unknown) => value },
    },
    stream,
  );
}

function standardError(pino: typeof Pino.pino): LogDestination {
  const target = pino.destination({ dest: STANDARD_ERROR, sync: true });
  // A closed pipe (`reelmill run | head`) must not end the run.
  target.on('error', () => {});
  return target;
}

function prettyStream(require: NodeJS.Require, target: LogDestination, options: LogOptions): LogDestination {
  const { prettyFactory }: typeof PinoPretty = require('pino-pretty');
  const onTerminal =
    options.destination === undefined && process.stderr.isTTY && process.env['NO_COLOR'] === undefined;
  const format = prettyFactory({
    colorize: onTerminal,
    singleLine: true,
    // A file of cron's holds many days.
    translateTime: onTerminal ? 'UTC:HH:MM:ss' : 'UTC:yyyy-mm-dd HH:MM:ss',
    errorLikeObjectKeys: [],
  });
  return { write: (line) => target.write(format(line) ?? '') };
}
