/**
 * What an S3 server or the way to it says when something fails, in our words. One reading of each error decides whether
 * it is tried again and whether the effect may have happened, so that no caller ever looks at a message's text.
 */
import { failure, type EffectCertainty, type FailureCode, type Result } from '../../domain/failure.ts';
import { errorCode } from '../../domain/store-failures.ts';
import { shortReason, type Redact } from '../http/reason.ts';

type Failed = Extract<Result<never>, { readonly ok: false }>;

export interface S3Trouble {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** S3's error code, such as `NoSuchKey`, or the system's, such as `ECONNRESET`. */
  readonly name: string;
  readonly reason: string;
  /** Whether the same request may well succeed a moment later. */
  readonly transient: boolean;
  readonly effect: EffectCertainty;
  /** Seconds, as the server asked. */
  readonly retryAfterSeconds: number | null;
}

/** The bytes that came are not those that were announced, or the answer lacks what every S3 server sends. */
export class BrokenAnswer extends Error {
  override readonly name = 'BrokenAnswer';
}

/** Nothing moved for too long, in either direction. */
export class NoProgress extends Error {
  override readonly name = 'NoProgress';
}

/** The server did not even take the connection. */
const NEVER_REACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);
const REFUSED_FOR_NOW = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
  'RequestLimitExceeded',
  'BandwidthLimitExceeded',
  // AWS: two conditional writes of one key at the same moment; neither has been decided.
  'ConditionalRequestConflict',
  'OperationAborted',
  // The library corrects its clock by the answer.
  'RequestTimeTooSkewed',
]);
const TRANSIENT_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/;

const UNREADABLE = 'UnreadableAnswer';
/** Plain http where https is spoken, or a page for people where S3 would send XML: most often a wrong endpoint or port. */
const NO_S3 = new Set(['EPROTO', UNREADABLE]);

/** There was an answer, and no part of it told the SDK which error it is. Gateways in trouble send pages too. */
function isUnreadable(error: unknown, status: number): boolean {
  const answered = property(error, '$response') !== undefined && property(error, '$fault') === undefined;
  // An answer that broke off has a code, or a name of its own.
  const isNamed = errorCode(error) !== '' || !(error instanceof Error && error.name === 'Error');
  return answered && status > 0 && status < 500 && !isNamed;
}

/** Reads what the SDK threw. A server may repeat the key in its words, and in what it calls the error. */
export function readTrouble(error: unknown, redact: Redact): S3Trouble {
  const status = statusOf(error);
  const name = isUnreadable(error, status) ? UNREADABLE : nameOf(error, redact);
  const reason = NO_S3.has(name)
    ? 'this address does not speak S3 over https'
    : shortReason(error instanceof Error ? error.message : String(error), redact);
  const header = headerOf(error, 'retry-after');
  const seconds = header === null ? Number.NaN : Number(header);
  return {
    status,
    name,
    reason,
    retryAfterSeconds: Number.isFinite(seconds) && seconds >= 0 ? seconds : null,
    ...outlook(status, name),
  };
}

function outlook(status: number, name: string): Pick<S3Trouble, 'transient' | 'effect'> {
  if (NEVER_REACHED.has(name)) return { transient: true, effect: 'refused' };
  if (CERTIFICATE.test(name)) return { transient: false, effect: 'refused' };
  if (REFUSED_FOR_NOW.has(name) || status === 429) return { transient: true, effect: 'refused' };
  // An answer that is no XML, or a success that is none, comes from something on the way.
  if (status < 300) return { transient: true, effect: 'unknown' };
  if (TRANSIENT_STATUS.has(status)) return { transient: true, effect: 'unknown' };
  return { transient: false, effect: status >= 500 && status !== 501 ? 'unknown' : 'refused' };
}

export function isMissingObject({ status, name }: S3Trouble): boolean {
  return status === 404 && name !== 'NoSuchBucket';
}

export function isConflict({ status }: S3Trouble): boolean {
  return status === 412;
}

/** How servers say that they do not know a header or an operation. */
export function isNotOffered({ status, name }: S3Trouble): boolean {
  return (
    status === 501 ||
    status === 405 ||
    (status === 400 &&
      ['NotImplemented', 'InvalidArgument', 'InvalidRequest', 'UnsupportedOperation'].includes(name))
  );
}

const CODES: Readonly<Record<string, readonly [FailureCode, string]>> = {
  NoSuchBucket: ['store_denied', 'Check the bucket’s name, and that the endpoint is the one of its region.'],
  InvalidBucketName: ['store_denied', 'Check the bucket’s name.'],
  InvalidAccessKeyId: ['store_denied', 'Check the access key; it may have been deleted.'],
  SignatureDoesNotMatch: ['store_denied', 'Check the secret key.'],
  AuthorizationHeaderMalformed: ['store_denied', 'Check the region.'],
  PermanentRedirect: ['store_denied', 'Check the endpoint and the region; the bucket is elsewhere.'],
  RequestTimeTooSkewed: ['store_denied', 'Set the clock of this machine.'],
  AccessDenied: [
    'store_denied',
    'Let the key read, write, list and delete in this bucket; docs/object-stores.md has the list.',
  ],
  EntityTooLarge: ['too_large', 'The store takes no object of this size.'],
  BadDigest: [
    'store_unavailable',
    'The data was damaged on its way, or the file changed meanwhile; try again.',
  ],
  QuotaExceeded: ['store_denied', 'The account’s quota is used up.'],
};

/** The failure for a person: what was asked, of which bucket, what the server said, and what to do. */
export function s3Failure(trouble: S3Trouble, operation: string, key: string, description: string): Failed {
  const { status, name, reason, transient, effect, retryAfterSeconds } = trouble;
  const answer = status === 0 ? name : `${status} ${name}`;
  const message = `${operation} in ${description} failed: ${answer}${reason === '' || reason === name ? '' : `: ${reason}`}`;
  const [code, advice] = kindOf(trouble);
  const waits = transient && retryAfterSeconds !== null;
  return failure(
    code,
    message,
    { key },
    {
      effect,
      ...(advice === null ? {} : { advice }),
      ...(waits ? { retry: 'after' as const, retryAfterSeconds } : {}),
    },
  );
}

function kindOf({ status, name, transient }: S3Trouble): readonly [FailureCode, string | null] {
  const known = CODES[name];
  if (known) return known;
  if (CERTIFICATE.test(name))
    return ['store_denied', 'The server’s certificate is not trusted; check the endpoint.'];
  if (NO_S3.has(name))
    return [transient ? 'store_unavailable' : 'store_denied', 'Check the endpoint’s address and port.'];
  if (name === 'ENOTFOUND')
    return ['store_unavailable', 'Check the endpoint’s name and this machine’s network.'];
  if (transient || status >= 500 || status === 0) return ['store_unavailable', null];
  if (status === 401 || status === 403) return ['store_denied', null];
  return ['store_denied', 'The store refused the request; check the endpoint, the region and the bucket.'];
}

function statusOf(error: unknown): number {
  const metadata = property(error, '$metadata');
  const status = property(metadata, 'httpStatusCode') ?? property(property(error, '$response'), 'statusCode');
  return typeof status === 'number' ? status : 0;
}

function nameOf(error: unknown, redact: Redact): string {
  const code = errorCode(error);
  const name = error instanceof Error ? error.name : 'Error';
  return redact(code === '' ? name : code).slice(0, 80);
}

function headerOf(error: unknown, name: string): string | null {
  const headers = property(property(error, '$response'), 'headers');
  const found = property(headers, name);
  return typeof found === 'string' ? found : null;
}

/** A field of something that another library made; `undefined` when there is none. */
export function property(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined;
}
