import { expect, test } from 'vitest';
import { checkConfig } from './check.ts';
import { interpretConfig } from './load.ts';
import type { ConfigProblem } from './problem.ts';
import { leaseTimesOf } from './resolved.ts';
import { configSchema, defaultConfig } from './schema.ts';
import { describeNote, describeProblem } from './problem.ts';

function problemsOf(raw: unknown): readonly ConfigProblem[] {
  const report = checkConfig(typeof raw === 'string' ? raw : JSON.stringify(raw));
  return report.ok ? [] : report.problems;
}

function notesOf(raw: unknown): readonly string[] {
  const report = checkConfig(JSON.stringify(raw));
  if (!report.ok) throw new Error(report.problems.map(describeProblem).join('\n'));
  return report.notes.map(describeNote);
}

test.each([
  [{ WORKFLOW: { max_tasks_per_run: '2' } }, 'WORKFLOW.max_tasks_per_run', 'without quotes: `2`'],
  [{ WORKFLOW: { max_tasks_per_run: 0 } }, 'WORKFLOW.max_tasks_per_run', 'from 1 to 20'],
  [{ WORKFLOW: { mj_timeout_seconds: 1.5 } }, 'WORKFLOW.mj_timeout_seconds', 'a whole number from 60'],
  [{ WORKFLOW: { runway_polling_interval: 4 } }, 'WORKFLOW.runway_polling_interval', 'from 5 to 600'],
  [
    { WORKFLOW: { runway_polling_interval: 60, runway_polling_timeout: 30 } },
    'WORKFLOW.runway_polling_interval',
    'at most 30',
  ],
  [
    { WORKFLOW: { replace_mock_with_late_result: 'True' } },
    'WORKFLOW.replace_mock_with_late_result',
    '`true` without quotes',
  ],
  [{ IMAGE_GENERATION: { process_mode: 'fats' } }, 'IMAGE_GENERATION.process_mode', 'Did you mean `fast`'],
  [{ IMAGE_GENERATION: { output_size: '1281x721' } }, 'IMAGE_GENERATION.output_size', '`1282x722`'],
  [{ IMAGE_GENERATION: { output_size: 'HD' } }, 'IMAGE_GENERATION.output_size', '`1280x720`'],
  [{ FILE_PATHS: { folder_555: '666' } }, 'FILE_PATHS.folder_555', 'a place of its own'],
  [{ FILE_PATHS: { archive_folder: '666/old' } }, 'FILE_PATHS.archive_folder', 'a place of its own'],
  [{ FILE_PATHS: { config_gen: '666/state.json' } }, 'FILE_PATHS.config_gen', 'a place of its own'],
  [{ FILE_PATHS: { config_gen: '../other.json' } }, 'FILE_PATHS.config_gen', 'in that form'],
  [
    { API_KEYS: { midjourney: { endpoint: 'http://example.com/' } } },
    'API_KEYS.midjourney.endpoint',
    'in that form',
  ],
  [{ CONTENT: { text: 'on' } }, 'CONTENT.text', 'an object'],
  [
    { CONTENT: { text: { prompt_template: '' } } },
    'CONTENT.text.prompt_template',
    'of 1 to 20000 characters',
  ],
  [{ creative_prompts: [] }, 'creative_prompts', '1 to 500 entries'],
  [{ creative_prompts: ['a', 5] }, 'creative_prompts[1]', 'a text'],
  [
    { VISUAL_ANALYSIS: { image_selection_criteria: [{ name: 'Light' }] } },
    'VISUAL_ANALYSIS.image_selection_criteria[0].weight',
    'a number from 0',
  ],
  [{ VIDEO: { placeholder_bg_color: '#fff' } }, 'VIDEO.placeholder_bg_color', 'in that form'],
  [{ SCHEDULE: { timezone: 'Mars/Base' } }, 'SCHEDULE.timezone', 'in that form'],
  [{ BUDGET: { per_day_usd: -1 } }, 'BUDGET.per_day_usd', 'a number from 0'],
  // A ceiling on spending that is misspelt would be none.
  [{ BUDGET: { per_mounth_usd: 20 } }, 'BUDGET.per_mounth_usd', 'Did you mean `per_month_usd`'],
  [{ BUDGTE: { per_month_usd: 20 } }, 'BUDGTE', 'Did you mean `BUDGET`'],
  [
    { PRICES: { openai: { 'gpt-4o': { input_per_million_usd: 'x' } } } },
    'PRICES.openai.gpt-4o.input_per_million_usd',
    'a number from 0',
  ],
])('S6 %j is refused at its path with a remedy', (raw, path, suggestion) => {
  const found = problemsOf(raw).find((problem) => problem.path === path);
  expect(found?.suggestion).toContain(suggestion);
  expect(found?.message).not.toBe('');
});

test('I3 I4 a lease that a run could not keep is lengthened, and its owner told; one that is long enough is not', () => {
  const lengthened = (raw: object): (string | number)[] => {
    const loaded = interpretConfig(JSON.stringify(raw), 'config.json');
    if (!loaded.ok) throw new Error(loaded.failure.message);
    const notes = loaded.value.warnings.filter(({ path }) => path === 'WORKFLOW.lease_seconds');
    return [leaseTimesOf(loaded.value.config).termSeconds, ...notes.map(({ suggestion }) => suggestion)];
  };
  expect(lengthened({})).toEqual([900]);
  expect(lengthened({ WORKFLOW: { lease_seconds: 400, clock_bound_seconds: 40 } })).toEqual([400]);
  expect(lengthened({ WORKFLOW: { lease_seconds: 60, clock_bound_seconds: 60 } })).toEqual([
    420,
    'Write 420 or more, or lower WORKFLOW.clock_bound_seconds.',
  ]);
  // Nobody who wrote only this one should find the channel stopped.
  expect(lengthened({ WORKFLOW: { clock_bound_seconds: 600 } })[0]).toBe(960);
  expect(lengthened({ OPENAI_SETTINGS: { request_timeout_seconds: 900 } })).toEqual([
    990,
    'Write 990 or more, or lower OPENAI_SETTINGS.request_timeout_seconds.',
  ]);
  // A long pause is cut, with a look at the lease after each piece.
  const slow = { lease_seconds: 400, runway_polling_interval: 600, runway_polling_timeout: 600 };
  expect(lengthened({ WORKFLOW: slow })).toEqual([400]);
});

test('S6 all problems are listed at once, each with path and suggestion', () => {
  const problems = problemsOf({
    VIDEO: { mock_fps: 0, mock_duration: 'ten' },
    SARCASM: 1,
    restrictions: {},
    OPENAI_SETTINGS: { temperature: 9 },
  });
  expect(problems.map((problem) => problem.path).sort()).toEqual([
    'OPENAI_SETTINGS.temperature',
    'SARCASM',
    'VIDEO.mock_duration',
    'VIDEO.mock_fps',
    'restrictions',
  ]);
  for (const problem of problems) expect(problem.suggestion).toMatch(/^(Write|Did|Give) .+\.$/);
});

test('S6 the shown value is cut short', () => {
  const [problem] = problemsOf({ OPENAI_SETTINGS: { model: 'long name '.repeat(100) } });
  expect(problem?.value?.length).toBeLessThan(100);
});

test('I8 a value that could be a secret is not shown', () => {
  const key = 'sk-proj-0123456789abcdef';
  const problems = problemsOf({ WORKFLOW: { max_retries: key }, OPENAI_SETTINGS: { temperature: key } });
  expect(problems).toHaveLength(2);
  expect(problems.map(describeProblem).join('\n')).not.toContain(key);
});

test('I8 a secret written into the file is pointed out and not shown', () => {
  const notes = notesOf({ API_KEYS: { openai: { api_key: 'abc123-my-very-key' } } });
  expect(notes).toEqual([expect.stringMatching(/^API_KEYS\.openai\.api_key: looks like a secret/)]);
  expect(notes.join()).not.toContain('abc123');
});

test('S6 keys with a meaning in JavaScript are refused at any depth', () => {
  const problems = problemsOf(
    '{"__proto__": {"a": 1}, "x": [{"constructor": 1}], "VIDEO": {"prototype": {}}}',
  );
  expect(problems.map((problem) => problem.path).sort()).toEqual([
    'VIDEO.prototype',
    '__proto__',
    'x[0].constructor',
  ]);
  expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
});

test('S6 deep nesting is refused, not followed', () => {
  const [problem] = problemsOf(`{"a": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
  expect(problem?.message).toContain('nested');
});

test.each(['[]', '5', 'null', '"text"'])('S6 %s is not a configuration', (text) => {
  expect(problemsOf(text)).toMatchObject([{ path: '', message: 'is not a JSON object' }]);
});

test('S1 unknown keys are kept, and named with the key that was probably meant', () => {
  const raw = { mine: { a: 1 }, WORKFLOW: { max_task_per_run: 2 }, Video: {}, VIDEO: { zebra: true } };
  const report = checkConfig(JSON.stringify(raw));
  expect(report).toMatchObject({ ok: true, config: raw });
  const notes = notesOf(raw);
  expect(notes).toHaveLength(4);
  expect(notes.join('\n')).toContain('Did you mean `max_tasks_per_run`?');
  expect(notes.join('\n')).toContain('Did you mean `VIDEO`?');
  expect(notes.find((note) => note.startsWith('VIDEO.zebra'))).toContain('Remove it');
});

test('S6 two letters that changed places in a short key are seen, and other short words are not guessed at', () => {
  expect(notesOf({ SCHEDULE: { mian: '20:30' } })).toEqual([
    expect.stringMatching(/^SCHEDULE\.mian.*Did you mean `main`\?$/),
  ]);
  expect(notesOf({ SCHEDULE: { mine: '20:30' } })).toEqual([expect.stringContaining('Remove it')]);
});

test('C1 no focus in the configuration is pointed out, with where they may stand else', () => {
  expect(notesOf({ CONTENT: { focuses: [] } })).toEqual([
    expect.stringMatching(/^CONTENT\.focuses.*`all_focuses` of data\/topics_tracker\.json in the store/),
  ]);
  expect(notesOf({ CONTENT: { focuses: ['Clocks'] } })).toEqual([]);
});

test('S6 a prompt without its placeholder, or with an unknown one, is pointed out', () => {
  const notes = notesOf({ CONTENT: { text: { prompt_template: 'Write about {topik}.' } } });
  expect(notes).toEqual([
    expect.stringContaining('has no {topic}'),
    expect.stringMatching(/holds \{topik\}.*This prompt fills \{topic\}\.$/),
  ]);
});

test('S6 notes stand beside problems, on everything that is not wrong itself', () => {
  const report = checkConfig(
    JSON.stringify({
      WORKFLOW: { max_task_per_run: 2 },
      VIDEO: { mock_fps: 0, runway_ratio: '1280:768' },
      SARCASM: 'yes',
      CONTENT: { focuses: { first: 'Clocks' } },
      creative_prompts: ['a', 5],
    }),
  );
  expect(report.ok ? [] : report.problems.map(({ path }) => path)).toEqual([
    'creative_prompts[1]',
    'CONTENT.focuses',
    'SARCASM',
    'VIDEO.mock_fps',
  ]);
  expect(report.ok ? [] : report.notes.map(({ path }) => path)).toEqual([
    'WORKFLOW.max_task_per_run',
    'VIDEO.runway_ratio',
  ]);
});

test('S6 an empty object is a complete configuration without notes', () => {
  expect(notesOf({})).toEqual([]);
  expect(checkConfig('{}')).toMatchObject({ ok: true, config: defaultConfig() });
});

test('S6 S1 S2 M1 R1 D4 the defaults are those of the specification', () => {
  expect(defaultConfig()).toMatchObject({
    FILE_PATHS: {
      config_public: 'config/config_public.json',
      config_gen: 'config/config_gen.json',
      config_midjourney: 'config/config_midjourney.json',
      folder_666: '666/',
      folder_555: '555/',
      folder_444: '444/',
      archive_folder: 'archive/',
    },
    WORKFLOW: { max_tasks_per_run: 1, mj_timeout_seconds: 18_000, max_retries: 3 },
    SCHEDULE: { main: '20:30', checks: ['21:30', '01:30'], timezone: 'UTC' },
  });
});

test('S6 the defaults pass their own checks', () => {
  expect(configSchema.safeParse(structuredClone(defaultConfig()))).toMatchObject({ success: true });
});

test('S2 a folder is the same with and without its closing slash', () => {
  expect(configSchema.parse({ FILE_PATHS: { folder_666: 'new' } }).FILE_PATHS.folder_666).toBe('new/');
});

test('S6 folders may not lie where Reelmill keeps its own objects', () => {
  const report = checkConfig(JSON.stringify({ FILE_PATHS: { archive_folder: 'journal/old/' } }));
  expect(report.ok ? [] : report.problems.map((problem) => problem.message)).toEqual([
    'overlaps with journal/, which Reelmill keeps for itself',
  ]);
});
