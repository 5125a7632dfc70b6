import type { AlertMessage } from '../domain/alerts.ts';
import type { Result } from '../domain/failure.ts';

/** One way to reach a person. */
export interface Notifier {
  /** `telegram`, `webhook`, `slack`, `discord` or `email`. */
  readonly name: string;
  /** One attempt, bounded in time. A message whose fate is unknown counts as failed: twice is better than never. */
  send(message: AlertMessage): Promise<Result<void>>;
}
