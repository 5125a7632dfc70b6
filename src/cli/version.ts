import { readFileSync } from 'node:fs';

/** As package.json says; the file lies two folders up, in the sources and in the built package alike. */
export function version(): string {
  const file: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof file === 'object' && file !== null && 'version' in file ? String(file.version) : 'unknown';
}
