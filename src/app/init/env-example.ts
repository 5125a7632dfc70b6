/** `.env.example`: every variable with what it is, so that nobody has to look for a name, and no value ever stands in it. */
import { ENVIRONMENT_VARIABLES } from '../../config/variables.ts';
import type { Language } from './channel-page.ts';
import { ENV_TEXTS, ownersVariables, type OwnersVariable } from './env-texts.ts';

/** The secrets that a run needs, by where the posts are kept. */
export function neededSecrets(store: 'bucket' | 'folder'): readonly OwnersVariable[] {
  return ownersVariables().filter((name) => {
    const { secret, neededBy } = ENVIRONMENT_VARIABLES[name];
    return secret && neededBy.length > 0 && (store === 'bucket' || !name.startsWith('B2_'));
  });
}

/** `store`: the value of REELMILL_STORE, or null for the bucket of the configuration. */
export function renderEnvExample(store: string | null, language: Language): string {
  const { describe, head, rest } = ENV_TEXTS[language];
  const needed = neededSecrets(store === null ? 'bucket' : 'folder');
  const parts = [`# ${head}\n`];
  for (const name of needed) parts.push(`# ${describe(name)}\n${name}=\n`);
  if (store !== null) parts.push(`# ${describe('REELMILL_STORE')}\nREELMILL_STORE=${store}\n`);
  const others = ownersVariables().filter(
    (name) => !needed.includes(name) && !(store !== null && isOfStore(name)),
  );
  parts.push(`# ${rest}\n`);
  for (const name of others) parts.push(`# ${describe(name)}\n# ${name}=\n`);
  return parts.join('\n');
}

function isOfStore(name: string): boolean {
  return name.startsWith('B2_') || name === 'REELMILL_STORE';
}
