#!/usr/bin/env node
// Runs on any Node from 20: the mill itself needs 24, which the package brings along.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const root = new URL('../', import.meta.url);
const words = process.argv.slice(2);

if (words.length === 1 && ['--version', '-v', '-V'].includes(words[0])) {
  process.stdout.write(`${JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version}\n`);
} else {
  // A checkout runs from source, whatever a build left in dist/; the package carries built files and no source.
  const source = new URL('src/cli/main.ts', root);
  const main = existsSync(source) ? source : new URL('dist/cli/main.js', root);
  if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
    const { start } = await import(main.href);
    await start(words);
  } else await runOnOwnNode(fileURLToPath(main));
}

async function runOnOwnNode(main) {
  const { spawn } = await import('node:child_process');
  const { createRequire } = await import('node:module');
  const { constants } = await import('node:os');
  let node;
  try {
    node = createRequire(import.meta.url).resolve('node/bin/node');
  } catch {
    process.stderr.write(
      `reelmill needs Node ${NEEDED}; this is ${process.version}, and the Node of the package is missing. Install it again.\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [main, ...words], { stdio: 'inherit' });
  // A terminal signals the whole group; a scheduler signals only this process.
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
}
