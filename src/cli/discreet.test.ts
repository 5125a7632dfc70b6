import pc from 'picocolors';
import { expect, test } from 'vitest';

import { Secret } from '../domain/secret.ts';
import type { Cli } from './cli.ts';
import { discreet } from './discreet.ts';

function heard(): { readonly cli: Cli; readonly lines: string[] } {
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const cli: Cli = {
    variables: { OPENAI_API_KEY: 'sk-of-the-environment' },
    print: say,
    tell: say,
    colors: pc.createColors(false),
    live: false,
    signal: new AbortController().signal,
    setExitCode: () => {},
  };
  return { cli, lines };
}

test('I8 a secret that becomes known after something was said is hidden from then on', () => {
  const { cli, lines } = heard();
  const quiet = discreet(cli);
  quiet.print('sk-of-the-environment and sk-of-the-file');
  quiet.hide?.([new Secret('sk-of-the-file')]);
  quiet.print('sk-of-the-environment and sk-of-the-file');
  quiet.tell('sk-of-the-file');
  expect(quiet.redact?.('sk-of-the-file')).toBe('[redacted]');
  expect(lines).toEqual(['[redacted] and sk-of-the-file', '[redacted] and [redacted]', '[redacted]']);
});

test('I8 a door around the door that a command was given learns its secrets too', () => {
  const { cli, lines } = heard();
  const outer = discreet(cli);
  discreet(outer).hide?.([new Secret('sk-of-the-file')]);
  outer.tell('sk-of-the-file');
  expect(lines).toEqual(['[redacted]']);
});
