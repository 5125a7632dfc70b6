/** Questions at a terminal. Whoever closes it, or presses Ctrl-C, has answered nothing: no default is taken for an answer. */
import { createInterface } from 'node:readline/promises';
import { failure, FailureError } from '../domain/failure.ts';
import type { Cli } from './cli.ts';

/** What is wrong with an answer; null when nothing is. */
export type Judge = (answer: string) => string | null | Promise<string | null>;

export interface Questions {
  /** A text; Enter takes `usual`. Asked again, with the reason, while `problem` finds one. */
  text(question: string, usual: string, problem?: Judge): Promise<string>;
  /** One of several, by number, or by its label or value where somebody types that instead. */
  choose<T>(question: string, options: readonly (readonly [label: string, value: T])[]): Promise<T>;
  /** Enter means no. */
  agree(question: string): Promise<boolean>;
}

/** What is said beside the questions themselves. */
export interface QuestionWords {
  readonly wrongNumber: (most: number) => string;
  readonly unanswered: (question: string) => string;
  readonly yesOrNo: string;
  readonly empty: string;
}

export const ENGLISH_WORDS: QuestionWords = {
  wrongNumber: (most) => `Answer with a number from 1 to ${most}.`,
  unanswered: (question) => `No usable answer to “${question}”`,
  yesOrNo: '(y/N)',
  empty: 'Please write something.',
};

const MOST_TRIES = 5;

/** Null where nobody can answer. */
export function createQuestions(cli: Cli, words: QuestionWords): Questions | null {
  const { ask, colors } = cli;
  if (ask === undefined) return null;
  const text: Questions['text'] = async (question, usual, problem = () => null) => {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const shown = usual === '' ? '' : ` ${colors.dim(`[${usual}]`)}`;
      const answer = (await ask(`${colors.bold(question)}${shown} `)).trim() || usual;
      const wrong = await problem(answer);
      if (wrong === null) return answer;
      cli.tell(`  ${wrong}`);
    }
    throw new FailureError(failure('usage', words.unanswered(question)).failure);
  };
  return {
    text,
    async choose(question, options) {
      options.forEach(([label], index) => cli.tell(`  ${index + 1}  ${label}`));
      const named = (answer: string): (typeof options)[number] | undefined =>
        /^\d{1,2}$/.test(answer)
          ? options[Number(answer) - 1]
          : options.find((option) =>
              option.some((word) => String(word).toLowerCase() === answer.toLowerCase()),
            );
      const answer = await text(question, '1', (given) =>
        named(given) === undefined ? words.wrongNumber(options.length) : null,
      );
      const chosen = named(answer);
      if (chosen === undefined) throw new Error('a checked answer names no option');
      return chosen[1];
    },
    async agree(question) {
      return /^(y|yes|д|да)$/iu.test(await text(`${question} ${words.yesOrNo}`, ''));
    },
  };
}

/** One line from the terminal; a `FailureError` when there is none to come. */
export async function askTerminal(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  terminal.once('close', () => ended.abort());
  // The first Ctrl-C belongs to the question, which swallows the signal.
  terminal.once('SIGINT', () => ended.abort());
  try {
    return await terminal.question(question, { signal: AbortSignal.any([signal, ended.signal]) });
  } catch {
    throw new FailureError(
      failure('usage', 'The questions were not answered', {}, { advice: 'Nothing was written.' }).failure,
    );
  } finally {
    terminal.close();
  }
}
