/** Nothing is left untranslated: each text of a table is in its own language. */
import { expect, test } from 'vitest';

import { ENV_TEXTS, ownersVariables } from '../../app/init/env-texts.ts';
import { INIT_TEXTS } from './texts.ts';

/** Every text of a table; what takes facts is given none of its own language. */
function textsIn(part: unknown): string[] {
  if (typeof part === 'string') return [part];
  if (typeof part === 'function') return [String(Reflect.apply(part, undefined, ['1', '2']))];
  return Object.values(part as Readonly<Record<string, unknown>>).flatMap(textsIn);
}

test('S6 every text of init, and every variable that .env.example explains, is there in Russian', () => {
  const names = ownersVariables();
  const explained = (language: 'en' | 'ru'): string[] => names.map(ENV_TEXTS[language].describe);
  const russian = [...textsIn(INIT_TEXTS.ru), ENV_TEXTS.ru.head, ENV_TEXTS.ru.rest, ...explained('ru')];
  for (const text of russian) expect(text).toMatch(/\p{Script=Cyrillic}/u);
  const english = [...textsIn(INIT_TEXTS.en), ENV_TEXTS.en.head, ENV_TEXTS.en.rest, ...explained('en')];
  for (const text of english) expect(text).not.toMatch(/\p{Script=Cyrillic}/u);
  expect(russian).toHaveLength(english.length);
  expect(names).toContain('B2_ACCESS_KEY');
});
