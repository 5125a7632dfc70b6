/**
 * What is written for people is true: links lead somewhere, and commands, options and scripts exist. A reader who copies
 * a line that does not work believes nothing else on the page.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Cli } from '../src/cli/cli.ts';
import { buildProgram } from '../src/cli/main.ts';
import { faultRuleSchema, faultRulesSchema, OPERATIONS } from '../src/sandbox/faults.ts';
import { markdownTable } from './support/markdown-table.ts';

const ROOT = path.join(import.meta.dirname, '..');
const PAGES = globSync(['*.md', 'docs/**/*.md', 'src/**/*.md'], { cwd: ROOT }).sort();
const { scripts } = z
  .looseObject({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(read('package.json')));

function read(page: string): string {
  return readFileSync(path.join(ROOT, page), 'utf8');
}

function program(): Command {
  const cli: Cli = {
    variables: {},
    print: () => {},
    tell: () => {},
    colors: pc.createColors(false),
    live: false,
    signal: new AbortController().signal,
    setExitCode: () => {},
  };
  return buildProgram(cli);
}

/** Relative targets of links and pictures; code is no text, so that an example of a link counts for nothing. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^(https?|mailto):/.test(target));
}

/** As GitHub makes the anchor of a heading. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}

function linkProblem(page: string, link: string): string | null {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : path.posix.join(path.posix.dirname(page), decodeURI(file));
  if (!existsSync(path.join(ROOT, target))) return `${page}: ${link} leads nowhere`;
  if (anchor === undefined || !target.endsWith('.md')) return null;
  return anchorsOf(read(target)).has(anchor) ? null : `${page}: ${link} names no heading`;
}

/** Lines of code blocks and code spans. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/^[ ]*```[^\n]*\n([\s\S]*?)^[ ]*```/gm)].flatMap(([, body = '']) =>
    body.split('\n').map((line) => line.trim()),
  );
  const spans = text.replaceAll(/^[ ]*```[\s\S]*?^[ ]*```/gm, '').matchAll(/`([^`\n]+)`/g);
  return [...blocks, ...[...spans].map(([, span = '']) => span)];
}

/** The words after each `reelmill` of a line, up to what ends a shell command. */
function callsOf(line: string): string[][] {
  return [...line.matchAll(/(?:^|\s)reelmill((?:\s+[^\s|&;>#▶─…]+)+)/g)].map(([, words = '']) =>
    words.trim().split(/\s+/),
  );
}

function allOptions(command: Command): string[] {
  const own = command.options
    .flatMap(({ long, short }) => [long, short])
    .filter((name) => name !== undefined);
  return [...own, ...command.commands.flatMap(allOptions)].filter((name) => name !== null);
}

/** How many words stand before the command: options of the program itself, with their values. */
function leadingOptions(root: Command, words: readonly string[]): number {
  let count = 0;
  for (;;) {
    const word = words[count];
    const option = root.options.find(({ long, short }) => word !== undefined && [long, short].includes(word));
    if (option === undefined) return count;
    count += option.required ? 2 : 1;
  }
}

function callProblem(words: readonly string[]): string | null {
  const root = program();
  let command = root;
  for (const word of words.slice(leadingOptions(root, words))) {
    if (word.startsWith('-')) break;
    const next: Command | undefined = command.commands.find((known) => known.name() === word);
    if (next === undefined) {
      if (command.commands.length > 0 && word !== 'help') return `there is no command ${word}`;
      break;
    }
    command = next;
  }
  const known = new Set(['--help', '-h']);
  for (const holder of [root, command])
    for (const { long, short } of holder.options) for (const name of [long, short]) known.add(name ?? '');
  const unknown = words.find((word) => /^--?[a-z]/.test(word) && !known.has(word.replace(/[=\])].*$/, '')));
  return unknown === undefined ? null : `${command.name()} has no option ${unknown}`;
}

test('there are pages to check', () => {
  expect(PAGES.length).toBeGreaterThan(15);
});

describe.each(PAGES)('%s', (page) => {
  const text = read(page);

  test('every relative link leads to a file, and to a heading of it', () => {
    expect(
      linksOf(text)
        .map((link) => linkProblem(page, link))
        .filter((problem) => problem !== null),
    ).toEqual([]);
  });

  test('every command and option exists', () => {
    const calls = codeOf(text).flatMap(callsOf);
    const problems = calls.map((words) => [words.join(' '), callProblem(words)]);
    expect(problems.filter(([, problem]) => problem !== null)).toEqual([]);
  });

  test('every option that is named alone belongs to some command', () => {
    const known = new Set(['--help', ...allOptions(program())]);
    const named = codeOf(text).flatMap((line) => /^--[a-z][\w-]*/.exec(line)?.[0] ?? []);
    expect(named.filter((option) => !known.has(option))).toEqual([]);
  });

  test('every npm script exists', () => {
    const named = codeOf(text)
      .join('\n')
      .matchAll(/npm run (?:--silent )?([\w:-]+)/g);
    expect([...named].map(([, name = '']) => name).filter((name) => !(name in scripts))).toEqual([]);
  });
});

test('the checks themselves tell right from wrong', () => {
  expect(callProblem(['run', '--check'])).toBeNull();
  expect(callProblem(['config', 'check', '--json'])).toBeNull();
  expect(callProblem(['--env-file', '.env', 'run', '--check'])).toBeNull();
  expect(callProblem(['--env-file', '.env', 'walk'])).toBe('there is no command walk');
  expect(callProblem(['run', '--chekc'])).toBe('run has no option --chekc');
  expect(callProblem(['fly'])).toBe('there is no command fly');
  expect(callProblem(['config', 'fly'])).toBe('there is no command fly');
  expect(linkProblem('README.md', 'docs/nothing.md')).toContain('leads nowhere');
  expect(linkProblem('README.md', 'docs/architecture.md#nothing')).toContain('names no heading');
  expect(linkProblem('README.md', 'docs/architecture.md#layers')).toBeNull();
  expect(callsOf('npx reelmill run --check | jq .stop')).toEqual([['run', '--check']]);
  expect(codeOf('a\n```sh\nreelmill x\n```\n`y`')).toEqual(['reelmill x', '', 'y']);
});

test.each(['README.md', 'README.ru.md'])('%s names every command', (page) => {
  const code = new Set(
    codeOf(read(page))
      .flatMap(callsOf)
      .flatMap(([first = '']) => first),
  );
  const commands = program().commands.map((command) => command.name());
  expect(commands.filter((name) => name !== 'help' && !code.has(name))).toEqual([]);
});

test('both READMEs lead to the same places and name the same commands', () => {
  const [english, russian] = [read('README.md'), read('README.ru.md')];
  const places = (text: string) =>
    linksOf(text)
      .filter((link) => !link.startsWith('README'))
      .sort();
  const calls = (text: string) =>
    codeOf(text)
      .flatMap(callsOf)
      .map((words) => words.join(' '))
      .filter((words) => words !== 'run')
      .sort();
  expect(places(russian)).toEqual(places(english));
  expect(calls(russian)).toEqual(calls(english));
});

describe('docs/sandbox.md', () => {
  const page = new URL('../docs/sandbox.md', import.meta.url);
  const cell = (text = '') => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

  test('each example of faults is one that the sandbox takes', () => {
    const examples = [...readFileSync(page, 'utf8').matchAll(/^```json faults\n([\s\S]*?)^```/gm)];
    expect(examples.length).toBeGreaterThan(2);
    for (const [, rules = ''] of examples) faultRulesSchema.parse(JSON.parse(rules));
  });

  test('operations and actions are those of the code', () => {
    const operations = markdownTable(page, 'Provider', 'Operations').map((row) => [
      cell(row['Provider'])[0],
      cell(row['Operations']),
    ]);
    expect(Object.fromEntries(operations)).toEqual(OPERATIONS);
    const actions = markdownTable(page, 'Action', 'For').flatMap((row) => cell(row['Action']));
    expect(actions).toEqual(faultRuleSchema.shape.action.options.map(({ shape }) => shape.type.value));
  });

  test('keys of a rule are those of the code', () => {
    const keys = markdownTable(page, 'Key', '').flatMap((row) => cell(row['Key']));
    expect(keys).toEqual(Object.keys(faultRuleSchema.shape));
  });
});
