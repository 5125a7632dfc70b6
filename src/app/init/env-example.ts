/** `.env.example`: every variable with what it is, so that nobody has to look for a name, and no value ever stands in it. */
import { ENVIRONMENT_VARIABLES, type VariableName } from '../../config/variables.ts';

/** For the sandbox and for tests; they would only confuse an owner. */
const UNUSUAL: ReadonlySet<string> = new Set([
  'REELMILL_ALLOW_LOOPBACK',
  'REELMILL_OPENAI_BASE_URL',
  'REELMILL_PIAPI_BASE_URL',
  'REELMILL_RUNWAY_BASE_URL',
]);

/** The secrets that a run needs, by where the posts are kept. */
export function neededSecrets(store: 'bucket' | 'folder'): readonly VariableName[] {
  return names().filter((name) => {
    const { secret, neededBy } = ENVIRONMENT_VARIABLES[name];
    return secret && neededBy.length > 0 && (store === 'bucket' || !name.startsWith('B2_'));
  });
}

/** `store`: the value of REELMILL_STORE, or null for the bucket of the configuration. */
export function renderEnvExample(store: string | null): string {
  const needed = neededSecrets(store === null ? 'bucket' : 'folder');
  const parts = ['# Copy this file to .env and fill it in. Never commit .env: it holds your keys.\n'];
  for (const name of needed) parts.push(`# ${describe(name)}\n${name}=\n`);
  if (store !== null) parts.push(`# ${describe('REELMILL_STORE')}\nREELMILL_STORE=${store}\n`);
  const others = names().filter(
    (name) => !needed.includes(name) && !UNUSUAL.has(name) && !(store !== null && isOfStore(name)),
  );
  parts.push('# The rest is only needed where it differs from config.json.\n');
  for (const name of others) parts.push(`# ${describe(name)}\n# ${name}=\n`);
  return parts.join('\n');
}

function isOfStore(name: string): boolean {
  return name.startsWith('B2_') || name === 'REELMILL_STORE';
}

function describe(name: VariableName): string {
  return ENVIRONMENT_VARIABLES[name].description.replaceAll('`', '');
}

function names(): VariableName[] {
  return Object.keys(ENVIRONMENT_VARIABLES).filter((name): name is VariableName =>
    Object.hasOwn(ENVIRONMENT_VARIABLES, name),
  );
}
