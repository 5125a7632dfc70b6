/**
 * `npm run build`: makes `dist/` from `src/` for publication. It starts from nothing: a file whose source was deleted
 * would otherwise stay in the package for ever.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..');

rmSync(path.join(ROOT, 'dist'), { recursive: true, force: true });
const done = spawnSync('tsc -p tsconfig.build.json', { cwd: ROOT, stdio: 'inherit', shell: true });
process.exitCode = done.status ?? 1;
