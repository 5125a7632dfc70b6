import { expect, test } from 'vitest';

import { configSchema } from '../../config/schema.ts';
import { ACTION_PLACEHOLDER, renderWorkflow } from '../init/workflow-file.ts';
import { checkAction } from './action.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const COMMIT = 'a'.repeat(40);
const workflowWith = (action: string): string =>
  renderWorkflow({
    config: configSchema.parse({}),
    action,
    configPath: 'config.json',
    secrets: [],
    now: NOW,
  });

test('R1 a workflow that names no place of Reelmill, or a tag that can be moved, is warned of', () => {
  expect(checkAction(workflowWith(ACTION_PLACEHOLDER))).toMatchObject({
    check: 'action',
    verdict: 'warning',
    evidence: expect.stringContaining(`${ACTION_PLACEHOLDER} where the place of Reelmill`),
    remedy: expect.stringContaining('40 digits'),
  });
  for (const moving of ['me/mill@v1', 'me/mill@main', `me/mill@${'a'.repeat(7)}`, 'me/mill'])
    expect(checkAction(workflowWith(moving))).toMatchObject({
      verdict: 'warning',
      evidence: expect.stringContaining('not pinned'),
    });
  for (const fixed of [`me/mill@${COMMIT}`, `me/mill@${COMMIT} # v1.2.3`, './mill'])
    expect(checkAction(workflowWith(fixed))).toMatchObject({ verdict: 'ok' });
});

test('R1 what others fetch with is not taken for Reelmill', () => {
  expect(checkAction('jobs: {a: {steps: []}}')).toBeNull();
  const steps = `steps:\n  - uses: actions/checkout@v6\n  - name: Mill\n    uses: "me/mill@${COMMIT}"\n    with:\n      mode: main\n`;
  expect(checkAction(steps)).toMatchObject({ verdict: 'ok' });
});
