/** PiAPI's reports to `reelmill serve`, by configuration and environment together: half of the settings asks for none. */
import type { Environment } from './environment.ts';
import type { Config } from './schema.ts';

/** What is missing, in a sentence; null when both are there, or neither. */
export function missingForReports(
  { API_KEYS: { midjourney } }: Config,
  { midjourneyWebhookSecret: secret }: Environment,
): string | null {
  if (midjourney.webhook_url !== null && secret === null)
    return 'API_KEYS.midjourney.webhook_url is set, but MIDJOURNEY_WEBHOOK_SECRET is not: PiAPI is asked for no reports.';
  if (midjourney.webhook_url === null && secret !== null)
    return 'MIDJOURNEY_WEBHOOK_SECRET is set, but API_KEYS.midjourney.webhook_url is not: PiAPI is asked for no reports.';
  return null;
}
