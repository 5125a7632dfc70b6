/** The log that the command line opens; kept here because only `app` may reach adapters. */
export { createLog } from '../adapters/system/log.ts';
