/**
 * Data goes one way (docs/architecture.md). This is the authority on what may import what: a forbidden import would make
 * the pure core depend on the world, and nobody would notice until a test needs the network.
 */
import { readFileSync, globSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';
import { expect, test } from 'vitest';
import { markdownTable } from './support/markdown-table.ts';

const ROOT = path.join(import.meta.dirname, '..');

/** By folder under `src/`: the folders it may import from, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  workflow: ['domain'],
  ports: ['domain'],
  steps: ['domain', 'ports'],
  runtime: ['domain', 'workflow', 'steps', 'ports'],
  config: ['domain'],
  sandbox: ['domain', 'adapters/http'],
  adapters: ['domain', 'ports', 'adapters/http'],
  app: ['domain', 'workflow', 'steps', 'ports', 'runtime', 'config', 'sandbox', 'adapters'],
  // What it shows, it gets from `app`; `runtime` and `workflow` give it the types of what is shown.
  cli: ['domain', 'config', 'app', 'runtime', 'workflow', 'sandbox'],
};
/** No I/O, no clock, no chance, no library but the schema one. */
const PURE = new Set(['domain', 'workflow', 'ports']);
const PURE_PACKAGES = new Set(['zod']);
const MOST_LINES = 400;
const MOST_PORT_LINES = 120;

interface Import {
  readonly file: string;
  readonly target: string;
}

function sources(): string[] {
  return globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const { errors, module } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message}`);
  const fixed = [
    ...module.staticImports.map((entry) => entry.moduleRequest.value),
    ...module.staticExports.flatMap((entry) =>
      entry.entries.flatMap(({ moduleRequest }) => (moduleRequest ? [moduleRequest.value] : [])),
    ),
  ];
  const dynamic = module.dynamicImports.map(({ moduleRequest }) =>
    text.slice(moduleRequest.start + 1, moduleRequest.end - 1),
  );
  return [...fixed, ...dynamic].map((target) => ({ file, target }));
}

/** `adapters/http` for files there, else the first folder. */
function layerOf(file: string): string {
  const [, first = '', second = ''] = file.split('/');
  return first === 'adapters' ? `adapters/${second}` : first;
}

function isAllowed(from: string, to: string): boolean {
  if (from === to) return true;
  const allowed = ALLOWED[from.split('/')[0] ?? ''] ?? [];
  return (
    allowed.includes(to) ||
    allowed.includes(to.split('/')[0] === 'adapters' && !from.startsWith('adapters') ? 'adapters' : to)
  );
}

function problemOf({ file, target }: Import): string | null {
  const from = layerOf(file);
  if (!target.startsWith('.')) {
    if (!PURE.has(from)) return null;
    return PURE_PACKAGES.has(target) ? null : `${file} imports ${target}: ${from} is pure`;
  }
  const resolved = path.posix.join(path.posix.dirname(file), target);
  if (!resolved.startsWith('src/')) return `${file} imports ${resolved}, outside of src`;
  const to = layerOf(resolved);
  return isAllowed(from, to) ? null : `${file} imports ${resolved}: ${from} may not know ${to}`;
}

test('data goes one way: every import is one that its folder may have', () => {
  const imports = sources().flatMap(importsOf);
  expect(imports.length).toBeGreaterThan(500);
  expect(imports.map(problemOf).filter((problem) => problem !== null)).toEqual([]);
});

test('the check itself tells a forbidden import from an allowed one', () => {
  const check = (file: string, target: string): boolean => problemOf({ file, target }) === null;
  expect(check('src/workflow/decide.ts', '../domain/failure.ts')).toBe(true);
  expect(check('src/workflow/decide.ts', '../ports/clock.ts')).toBe(false);
  expect(check('src/domain/money.ts', 'node:fs')).toBe(false);
  expect(check('src/domain/money.ts', 'zod')).toBe(true);
  expect(check('src/steps/check-image.ts', '../runtime/tidy.ts')).toBe(false);
  expect(check('src/adapters/piapi/piapi-tasks.ts', '../http/http.ts')).toBe(true);
  expect(check('src/adapters/piapi/piapi-tasks.ts', '../runway/runway-tasks.ts')).toBe(false);
  expect(check('src/runtime/tidy.ts', '../adapters/s3/s3-store.ts')).toBe(false);
  expect(check('src/sandbox/server.ts', '../adapters/render/scene.ts')).toBe(false);
  expect(check('src/cli/main.ts', '../adapters/system/clock.ts')).toBe(false);
});

test('every folder under src has its rule', () => {
  const folders = new Set(sources().map((file) => file.split('/')[1] ?? ''));
  expect([...folders].sort()).toEqual(Object.keys(ALLOWED).sort());
});

test('docs/architecture.md shows these very rules', () => {
  const page = new URL('../docs/architecture.md', import.meta.url);
  const names = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
  const shown = markdownTable(page, 'Folder', 'What lives there', 'May import').map((row) => [
    names(row['Folder'])[0],
    names(row['May import']),
  ]);
  expect(Object.fromEntries(shown)).toEqual(ALLOWED);
});

test('no step knows the coordinator (requirements, “The four programs”)', () => {
  const known = sources()
    .filter((file) => file.startsWith('src/steps/'))
    .flatMap(importsOf)
    .filter(({ target }) => /runtime|app|cli/.test(target));
  expect(known).toEqual([]);
});

test('files stay small', () => {
  const lines = (file: string): number => readFileSync(path.join(ROOT, file), 'utf8').split('\n').length - 1;
  const long = sources().filter(
    (file) => lines(file) > (file.startsWith('src/ports/') ? MOST_PORT_LINES : MOST_LINES),
  );
  expect(long).toEqual([]);
});
