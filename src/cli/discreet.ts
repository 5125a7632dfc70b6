/**
 * The last door before a terminal, a log file of a scheduler or a job page: whatever a command prints, an answer of the
 * store, a stack of a bug or an option that was mistyped, no secret passes (I8).
 */
import { createRedactor } from '../config/redaction.ts';
import { secretsAmong } from '../config/secrets.ts';
import type { Secret } from '../domain/secret.ts';
import type { Cli } from './cli.ts';

/** The same process, whose every word is filtered. */
export function discreet(cli: Cli): Cli {
  const secrets: Secret[] = [...secretsAmong(cli.variables)];
  let filter: ((text: string) => string) | null = null;
  const redact = (text: string): string => (filter ??= createRedactor(secrets))(text);
  return {
    ...cli,
    redact,
    hide(more) {
      secrets.push(...more);
      filter = null;
      // A door around this one must know them too.
      cli.hide?.(more);
    },
    print: (line) => cli.print(redact(line)),
    tell: (line) => cli.tell(redact(line)),
  };
}
