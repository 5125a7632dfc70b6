import { fileURLToPath } from 'node:url';

/** Where this copy of Reelmill, whether checkout or package, has the configuration of a sample channel. */
export function sampleConfigPath(language: 'en' | 'ru'): string {
  return fileURLToPath(new URL(`../../samples/${language}/config.json`, import.meta.url));
}
