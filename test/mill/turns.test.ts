/** I6: how often a run goes round. */
import { expect, test } from 'vitest';
import { Mill, PUBLIC } from '../support/mill.ts';

const AT_ONCE = { imageSeconds: 0, videoSeconds: 0 };

test('I6 a run ends after 40 turns for each post that it may finish, and the next one goes on from there', async () => {
  await using mill = await Mill.start({ sandbox: AT_ONCE });
  // A tenth of a post: four turns, long before anything is finished.
  const cut = await mill.run({
    zeroDelay: true,
    change: (parts) => ({ ...parts, policy: { ...parts.policy, maxTasksPerRun: 0.1 } }),
  });
  expect(cut.actions).toHaveLength(4);
  expect(cut).toMatchObject({
    stop: 'turn-limit',
    failure: {
      code: 'state_conflict',
      message: 'The run took 4 turns without an end',
      // Nobody else has changed anything, which is what the advice of this code says otherwise.
      advice: expect.stringContaining('This is a bug of Reelmill; please report it') as unknown,
    },
  });
  expect((await mill.state()).public.processing_lock).toBe(false);
  expect(await mill.run({ zeroDelay: true })).toMatchObject({ stop: 'task-done', id: cut.id });
});

test('M3 I6 a run that may finish many posts is not taken for one that goes round in a circle', async () => {
  await using mill = await Mill.start({ sandbox: AT_ONCE, config: { WORKFLOW: { max_tasks_per_run: 6 } } });
  const report = await mill.run({
    zeroDelay: true,
    // A publisher who takes each post as soon as it is ready.
    onAction: async (type) => {
      if (type !== 'tidy') return;
      const ready = (await mill.objects('666/')).filter((key) => key.endsWith('.mp4'));
      const ids = ready.map((key) => key.slice('666/'.length, -'.mp4'.length));
      await mill.put(PUBLIC, { ...(await mill.json(PUBLIC)), generation_id: ids });
    },
  });
  expect(report).toMatchObject({ stop: 'task-done', failure: null, tasksProcessed: 6 });
  expect(report.actions.length).toBeGreaterThan(40);
});
