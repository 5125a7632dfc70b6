import pc from 'picocolors';
import { expect, test } from 'vitest';

import type { GenerationId } from '../../domain/generation-id.ts';
import { createProgress } from './progress.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const listeners = () => SIGNALS.map((name) => process.listenerCount(name));

test('M2 a spinner adds no handler of signals: its own would end a run with the lock held', () => {
  const before = listeners();
  const cli = {
    variables: {},
    print: () => {},
    tell: () => {},
    colors: pc.createColors(false),
    live: true,
    signal: new AbortController().signal,
    setExitCode: () => {},
  };
  const progress = createProgress(cli, {}, null);
  const id = '20260131-2030' as GenerationId;
  progress.observe({ type: 'action-started', action: { type: 'tidy' }, id });
  expect(listeners()).toEqual(before);
  progress.close();
  expect(listeners()).toEqual(before);
});
