/**
 * Where this copy of Reelmill comes from, so that the workflow can name exactly the code that the owner has just tried.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ACTION_PLACEHOLDER } from './workflow-file.ts';

const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

export interface ActionSource {
  /** For `uses:`. */
  readonly reference: string;
  /** False: it could not be found out, and a placeholder stands in its place. */
  readonly certain: boolean;
}

/** What `npm install` takes to have this copy in another folder: a checkout's own place, else the released version. */
export function installSource(root: string = PACKAGE): string {
  const checkout = existsSync(path.join(root, 'src', 'cli', 'main.ts'));
  return checkout ? path.resolve(root) : `reelmill@${packageFacts(root).version}`;
}

/** From a clone: its GitHub repository, pinned to the commit that is checked out. */
export async function actionSource(root: string = PACKAGE): Promise<ActionSource> {
  const { version } = packageFacts(root);
  // Only a repository of its own: node_modules often lies inside somebody else's.
  if (existsSync(`${root}/.git`)) {
    const [origin, head] = await Promise.all([
      git(root, 'remote', 'get-url', 'origin'),
      git(root, 'rev-parse', 'HEAD'),
    ]);
    const repository = githubRepository(origin);
    if (repository !== null && /^[0-9a-f]{40}$/.test(head))
      return { reference: `${repository}@${head} # v${version}`, certain: true };
  }
  return { reference: ACTION_PLACEHOLDER, certain: false };
}

/** `owner/name` of a GitHub address, or null. */
export function githubRepository(address: string): string | null {
  const match =
    /^(?:https:\/\/(?:[^@/]+@)?|ssh:\/\/git@|git@)github\.com[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(
      address.trim(),
    );
  return match?.[1] ?? null;
}

async function git(root: string, ...words: string[]): Promise<string> {
  try {
    const { stdout } = await run('git', ['-C', root, ...words], { timeout: 10_000 });
    return stdout.trim();
  } catch {
    return '';
  }
}

function packageFacts(root: string): { readonly version: string } {
  const parsed: unknown = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
  const version: unknown =
    typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'version') : undefined;
  return { version: typeof version === 'string' ? version : '0.0.0' };
}
