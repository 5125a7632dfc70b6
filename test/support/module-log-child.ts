/** Loaded with `--import` before a program: writes the address of every module that it loads to the file named in REELMILL_TEST_LOADED. */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const file = process.env['REELMILL_TEST_LOADED'];

registerHooks({
  load(url, context, next) {
    if (file !== undefined) appendFileSync(file, `${url}\n`);
    return next(url, context);
  },
});
