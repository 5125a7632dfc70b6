/** Before each test file: fast-check draws from the one seed. */
import * as fc from 'fast-check';
import { SEED } from './random.ts';

fc.configureGlobal({ seed: SEED });
