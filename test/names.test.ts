import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..');
/** What is run or installed; documents may name the old scripts, to help people move over. */
const CODE = ['src/**/*', 'bin/*', 'samples/**/*', 'schema/*', 'package.json', 'config.example.json'];
const OLD_NAMES =
  /b2_storage_manager|generate_content\.py|generate_media\.py|workspace_media|fetch_media|B2_Content_Download|ConfigManager/i;

test('D1 the product is Reelmill and its command reelmill; no code bears the name of an old script', () => {
  const { bin, name } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  expect(name).toBe('reelmill');
  expect(Object.keys(bin)).toEqual(['reelmill']);
  const files = CODE.flatMap((pattern) => globSync(pattern, { cwd: ROOT, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  expect(files.length).toBeGreaterThan(100);
  const named = files.filter((file) => OLD_NAMES.test(file) || OLD_NAMES.test(readFileSync(file, 'utf8')));
  expect(named).toEqual([]);
});
