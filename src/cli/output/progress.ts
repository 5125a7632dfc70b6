/**
 * Shows what a run is doing: a spinner with a stopwatch on a terminal; elsewhere lines of the run's log, so that whoever
 * reads or parses that has lines of one kind.
 */
import yoctoSpinner, { type Spinner } from 'yocto-spinner';
import type { RunEvent } from '../../runtime/run-channel.ts';
import type { Channel } from '../channel.ts';
import type { Cli, GlobalOptions } from '../cli.ts';
import { ACTION_TEXTS, duration, type ActionType } from './texts.ts';

type Log = Channel['surroundings']['log'];

export interface Progress {
  readonly observe: (event: RunEvent) => void;
  /** Ends a spinner that still turns. */
  readonly close: () => void;
}

/** Actions whose beginning is worth a line of its own where no spinner turns: they take long. */
const LONG: ReadonlySet<ActionType> = new Set([
  'write-content',
  'choose-picture',
  'await-video',
  'make-mock',
  'make-mock-video',
]);

/** `log`: of the channel; without one, what is not shown on a terminal is told in plain lines. */
export function createProgress(cli: Cli, options: GlobalOptions, log: Log | null): Progress {
  const silent = options.quiet === true || (options.json === true && (cli.live || log === null));
  if (silent) return { observe: () => {}, close: () => {} };
  if (cli.live) return spinningProgress(cli);
  return log === null ? plainProgress(cli) : loggedProgress(log);
}

function spinningProgress(cli: Cli): Progress {
  let spinner: Spinner | null = null;
  let timer: NodeJS.Timeout | undefined;
  const close = (): void => {
    clearInterval(timer);
    spinner?.stop();
    spinner = null;
  };
  return {
    close,
    observe(event) {
      const { action } = event;
      if (action.type === 'stop') return;
      close();
      if (event.type === 'action-started') {
        const since = Date.now();
        const text = (): string =>
          `${title(action.type)}  ${cli.colors.dim(duration((Date.now() - since) / 1000))}`;
        // Its own handler would end the process at once, with the channel locked behind it.
        spinner = yoctoSpinner({ text: text(), handleSignals: false }).start();
        timer = setInterval(() => {
          if (spinner) spinner.text = text();
        }, 500);
        timer.unref();
      } else {
        const mark = event.failure === null ? cli.colors.green('✔') : cli.colors.yellow('▲');
        cli.tell(`${mark} ${ended(event)}`);
      }
    },
  };
}

function plainProgress(cli: Cli): Progress {
  return {
    close: () => {},
    observe(event) {
      const { action } = event;
      if (action.type === 'stop') return;
      if (event.type === 'action-started') {
        if (LONG.has(action.type)) cli.tell(`  ...   ${title(action.type)}`);
      } else cli.tell(`  ${event.failure === null ? 'ok  ' : 'FAIL'}  ${ended(event)}`);
    },
  };
}

function loggedProgress(log: Log): Progress {
  return {
    close: () => {},
    observe(event) {
      const { action } = event;
      // What was noted and what failed is in the log by itself.
      if (action.type === 'stop' || action.type === 'record') return;
      const fields = event.id === null ? {} : { id: event.id };
      if (event.type === 'action-started') {
        if (LONG.has(action.type)) log.info(`Begun: ${title(action.type)}`, fields);
      } else if (event.failure === null) log.info(`Done: ${ended(event)}`, fields);
    },
  };
}

function title(action: ActionType): string {
  const { doing, provider } = ACTION_TEXTS[action];
  return provider === '' ? doing : `${doing} (${provider})`;
}

function ended(event: Extract<RunEvent, { type: 'action-ended' }>): string {
  const { action } = event;
  if (action.type === 'stop') return '';
  const note = event.failure === null ? outcome(event) : `: ${event.failure.message}`;
  const time = event.seconds >= 0.05 ? `  ${duration(event.seconds)}` : '';
  return `${action.type === 'record' ? `Noted: ${action.why}` : title(action.type)}${note}${time}`;
}

/** What an action found out, where its title does not say it. */
function outcome(event: Extract<RunEvent, { type: 'action-ended' }>): string {
  switch (event.action.type) {
    case 'check-image':
      return event.event === null ? ': not ready yet' : ': the answer is here';
    case 'check-late':
      return event.event === 'late-result' ? ': one came after all' : ': none came';
    default:
      return '';
  }
}
