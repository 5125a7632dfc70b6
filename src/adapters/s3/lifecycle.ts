/**
 * What a bucket removes by itself. A rule that expires present objects would one night take the state or the archive
 * away; the lack of one lets old versions of the state pile up for ever. Only `doctor` asks.
 */
import type * as Sdk from '@aws-sdk/client-s3';

import { failure, success, type Result } from '../../domain/failure.ts';
import { openRequests, type S3Options } from './s3-client.ts';
import { isNotOffered, s3Failure } from './s3-errors.ts';

export interface LifecycleRule {
  /** Keys below the channel's own prefix that it is about, `''` for all of them. */
  readonly prefix: string;
  /** Days after which present objects go; null: never. */
  readonly expiresAfterDays: number | null;
  /** Days after which overwritten and deleted versions go; null: never. */
  readonly forgetsAfterDays: number | null;
}

/** Enabled rules that reach the channel. `provider_refused`: this store does not tell, or not this key. */
export async function readLifecycle(options: S3Options): Promise<Result<readonly LifecycleRule[]>> {
  const [sdk, requests] = await Promise.all([import('@aws-sdk/client-s3'), openRequests(options)]);
  const { bucket: Bucket } = options;
  const asked = await requests.ask('lifecycle', (abortSignal) =>
    requests.client.send(new sdk.GetBucketLifecycleConfigurationCommand({ Bucket }), { abortSignal }),
  );
  if (!asked.ok) {
    const { trouble } = asked;
    if (trouble.name === 'NoSuchLifecycleConfiguration') return success([]);
    if (isNotOffered(trouble) || trouble.status === 403 || trouble.status === 404)
      return failure('provider_refused', `the store answers ${trouble.status} ${trouble.name}`);
    return s3Failure(trouble, 'GetBucketLifecycleConfiguration', '', `s3 bucket ${Bucket}`);
  }
  const rules = asked.value.Rules ?? [];
  return success(rules.flatMap((rule) => readRule(rule, options.prefix ?? '')));
}

function readRule(rule: Sdk.LifecycleRule, channel: string): LifecycleRule[] {
  const { Expiration, Filter, NoncurrentVersionExpiration, Prefix, Status } = rule;
  // Our objects carry no tags.
  const forTags = Filter?.Tag !== undefined || (Filter?.And?.Tags?.length ?? 0) > 0;
  const whole = Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '';
  const reaches = whole.startsWith(channel) || channel.startsWith(whole);
  if (Status !== 'Enabled' || forTags || !reaches) return [];
  return [
    {
      prefix: whole.slice(channel.length),
      expiresAfterDays: Expiration?.Days ?? (Expiration?.Date === undefined ? null : 0),
      forgetsAfterDays: NoncurrentVersionExpiration?.NoncurrentDays ?? null,
    },
  ];
}
