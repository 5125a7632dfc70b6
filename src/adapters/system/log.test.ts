import { expect, test } from 'vitest';

import { createLog, type LogFormat, type LogLevel } from './log.ts';

const SECRET = 'sk-live-0123456789abcdef';

function recorded(format: LogFormat, level: LogLevel = 'debug') {
  const lines: string[] = [];
  const log = createLog({
    level,
    format,
    redact: (text) => text.replaceAll(SECRET, '[redacted]'),
    destination: { write: (line) => lines.push(line) },
  });
  return { log, lines, text: () => lines.join('') };
}

test.each(['pretty', 'json'] as const)(
  'I8 no secret reaches a %s line, however deep it is hidden',
  (format) => {
    const { log, text } = recorded(format);
    const cause = new TypeError(`the cause ${SECRET}`);
    const error = Object.assign(new Error(`refused ${SECRET}`, { cause }), {
      requestHeaders: { key: SECRET },
    });
    log.error(`Failed with ${SECRET}`, {
      err: error,
      nested: [{ deep: { deeper: `Bearer ${SECRET}` } }],
      map: new Map([[SECRET, new Set([SECRET])]]),
      headers: new Headers({ authorization: 'Bearer other' }),
      [SECRET]: 1,
      custom: { toJSON: () => SECRET },
      bytes: Buffer.from(SECRET),
    });
    expect(text()).not.toContain(SECRET);
    expect(text()).not.toContain('Bearer other');
    expect(text()).toContain('refused [redacted]');
    expect(text()).toContain('the cause [redacted]');
    expect(text()).not.toContain('requestHeaders');
  },
);

test('I8 circular, huge and hostile values stay small and never throw', () => {
  const { log, lines } = recorded('json');
  const circular: Record<string, unknown> = { name: 'loop' };
  circular['self'] = circular;
  const hostile = {
    get trap(): string {
      throw new Error('looked at');
    },
  };
  let deep: unknown = 'bottom';
  for (let level = 0; level < 1000; level += 1) deep = { deep };
  const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, [index]]));
  log.info('x'.repeat(1_000_000), {
    circular,
    hostile,
    deep,
    wide,
    list: Array(10_000).fill('y'.repeat(5000)),
  });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    circular: { name: 'loop', self: '(circular)' },
    hostile: '(unreadable)',
  });
  expect(lines[0]?.length).toBeLessThan(200_000);
});

test('a message cannot forge a line or steer a terminal', () => {
  const { log, lines } = recorded('pretty');
  log.info('first\n[00:00:00] ERROR: forged \u001B[31mred', { field: 'a\r\nb' });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toMatch(/[\n\r]/);
  expect(lines[0]).not.toContain('\u001B');
  expect(lines[0]).toContain('first\\n[00:00:00]');
});

test('levels below the chosen one and the quiet format write nothing', () => {
  const warned = recorded('json', 'warn');
  warned.log.info('no');
  warned.log.warn('yes', { level: 'mine', time: 1 });
  expect(warned.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ level: 40, msg: 'yes', field_level: 'mine', field_time: 1 }),
  ]);
  const quiet = recorded('quiet');
  quiet.log.error('no');
  expect(quiet.lines).toEqual([]);
});
