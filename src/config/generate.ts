/**
 * `npm run generate` writes the files that are made from the schema; with `--check` it writes nothing and fails when
 * one of them is out of date, which is how the gate keeps docs and code together.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildJsonSchema } from './json-schema.ts';
import { renderExample, renderReference } from './reference.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Path in the repository and content of every generated file. */
export function generatedFiles(): readonly (readonly [string, string])[] {
  return [
    ['schema/config.schema.json', `${JSON.stringify(buildJsonSchema(), null, 2)}\n`],
    ['docs/configuration.md', renderReference()],
    ['config.example.json', renderExample()],
  ];
}

/** The generated files that differ from what the schema says today, or are missing. */
export async function staleFiles(root: string = ROOT): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const [path, content] of generatedFiles()) {
    const existing = await readFile(join(root, path), 'utf8').catch(() => null);
    if (existing !== content) stale.push(path);
  }
  return stale;
}

async function main(isCheck: boolean): Promise<void> {
  const stale = await staleFiles();
  if (isCheck) {
    if (stale.length === 0) return;
    process.stderr.write(`Out of date: ${stale.join(', ')}. Run \`npm run generate\`.\n`);
    process.exitCode = 1;
    return;
  }
  for (const [path, content] of generatedFiles().filter(([path]) => stale.includes(path))) {
    await mkdir(dirname(join(ROOT, path)), { recursive: true });
    await writeFile(join(ROOT, path), content);
    process.stdout.write(`${path}\n`);
  }
}

if (import.meta.main) await main(process.argv.includes('--check'));
