/** P6, I4: a mock that cannot be rendered is refused beforehand, with what can be. */
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { frameCount, h264Level, missesLength } from '../domain/video-limits.ts';
import { checkConfig } from './check.ts';
import type { ConfigProblem } from './problem.ts';
import { outputSize } from './resolved.ts';

interface Mock {
  readonly output_size: string;
  readonly mock_fps: number;
  readonly mock_duration: number;
}

function checked({ output_size, ...video }: Mock) {
  return checkConfig(JSON.stringify({ IMAGE_GENERATION: { output_size }, VIDEO: video }));
}

/** With the value that the first problem advises to write. */
function advised(mock: Mock, [problem]: readonly ConfigProblem[]): Mock {
  const value = /^Write `([^`]+)`/.exec(problem?.suggestion ?? '')?.[1] ?? '';
  const name = problem?.path.split('.').at(-1) ?? '';
  return { ...mock, [name]: name === 'output_size' ? value : Number(value) };
}

test.each([
  ['3840x3840', 24, 10, 'IMAGE_GENERATION.output_size', '`3072x3072`'],
  ['3840x2400', 60, 10, 'VIDEO.mock_fps', '`57`'],
  ['3840x2160', 60, 60, 'VIDEO.mock_duration', '`15`'],
  ['1280x720', 1, 1.4, 'VIDEO.mock_duration', '`1`'],
  ['1280x720', 3, 1.5, 'VIDEO.mock_duration', '`1.667`'],
])('P6 I4 S6 a mock of %s at %i fps for %f s is refused at %s, with the nearest that works', (...given) => {
  const [output_size, mock_fps, mock_duration, path, nearest] = given;
  const report = checked({ output_size, mock_fps, mock_duration });
  expect(report.ok ? [] : report.problems).toMatchObject([
    { path, suggestion: expect.stringContaining(nearest) },
  ]);
});

test.each([
  ['3840x2160', 24, 10],
  ['3840x2160', 30, 10],
  ['3840x2160', 60, 10],
  ['1920x1080', 60, 60],
  ['2560x1440', 30, 60],
  ['3072x3072', 24, 10],
  ['1280x720', 5, 1.5],
  ['1280x720', 1, 60],
  ['64x3840', 60, 60],
] as const)('P6 S6 a mock of %s at %i fps for %f s is accepted', (output_size, mock_fps, mock_duration) => {
  expect(checked({ output_size, mock_fps, mock_duration })).toMatchObject({ ok: true });
});

test('P6 I4 S6 what is accepted has a level and a length in whole frames; what is refused is accepted as advised', () => {
  const side = fc.integer({ min: 32, max: 1920 }).map((half) => half * 2);
  const mock = fc.record({
    output_size: fc.tuple(side, side).map(([width, height]) => `${width}x${height}`),
    mock_fps: fc.integer({ min: 1, max: 60 }),
    mock_duration: fc.integer({ min: 10, max: 600 }).map((tenths) => tenths / 10),
  });
  fc.assert(
    fc.property(mock, (first) => {
      let wanted = first;
      let report = checked(wanted);
      // Three settings, each of which may have to be lowered once.
      for (let advice = 0; !report.ok && advice < 3; advice += 1) {
        wanted = advised(wanted, report.problems);
        report = checked(wanted);
      }
      if (!report.ok) throw new Error(JSON.stringify(report.problems));
      const { mock_duration: duration, mock_fps: fps } = report.config.VIDEO;
      expect(h264Level(outputSize(report.config), fps)).not.toBeNull();
      expect(missesLength(frameCount(duration, fps) / fps, duration)).toBe(false);
    }),
  );
});

test('S6 a setting that is wrong in itself is told once', () => {
  const report = checkConfig(JSON.stringify({ VIDEO: { mock_fps: 0, mock_duration: 1.4 } }));
  expect(report.ok ? [] : report.problems.map(({ path }) => path)).toEqual(['VIDEO.mock_fps']);
});
