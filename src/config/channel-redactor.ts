/** What a channel must not show: the secrets of its environment, and the keys that somebody wrote into an address of its file. */
import { Secret } from '../domain/secret.ts';
import { secretsOf, type Environment } from './environment.ts';
import { createRedactor } from './redaction.ts';
import type { Config } from './schema.ts';
import { credentialsIn } from './secrets.ts';

export function channelRedactor(config: Config, environment: Environment): (text: string) => string {
  return createRedactor([...secretsOf(environment), ...secretsOfAddresses(config)]);
}

/** Keys do not belong into the file, but some services want them within an address. */
export function secretsOfAddresses({ ALERTS: alerts, API_KEYS: apis }: Config): readonly Secret[] {
  const addresses = [
    apis.b2.endpoint,
    apis.midjourney.endpoint,
    apis.midjourney.task_endpoint,
    apis.midjourney.webhook_url,
    apis.openai.base_url,
    apis.runwayml.endpoint,
    alerts.telegram.api_url,
  ];
  return addresses.flatMap((address) => credentialsIn(address ?? '')).map((part) => new Secret(part));
}
