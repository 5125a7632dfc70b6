import { expect, test } from 'vitest';

import { readEnvironment } from '../../config/environment.ts';
import { configSchema } from '../../config/schema.ts';
import { checkEnvironment } from './setup.ts';

test('S6 of missing keys doctor says where they go, on GitHub and on a machine of one’s own', () => {
  const found = checkEnvironment(readEnvironment({ REELMILL_STORE: 'folder:posts' }), configSchema.parse({}));
  expect(found).toMatchObject({
    verdict: 'problem',
    evidence: expect.stringContaining('OPENAI_API_KEY'),
    remedy: expect.stringMatching(/secrets of the repository.*`\.env` beside the configuration/),
  });
});
