/**
 * One request to the sandbox and its answer, before anything goes over the wire. Providers only say what they would answer;
 * whether that answer arrives is decided in one place, so that every provider can be made to fail in the same ways.
 */
import type { IncomingHttpHeaders } from 'node:http';

import type { FaultAction } from './faults.ts';
import type { PaidKind } from './ledger.ts';

export interface Call {
  readonly method: string;
  /** Without the provider's prefix, decoded: `/v1/tasks/abc`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed; undefined when there is no body or it is no JSON. */
  readonly json: unknown;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body:
    | { readonly json: unknown }
    | { readonly text: string; readonly type: string }
    | { readonly file: string; readonly type: string }
    | null;
}

/** What the ledger should know about a paid call. */
export interface PaidCall {
  readonly kind: PaidKind;
  readonly model: string;
  readonly prompt: string;
}

export interface Outcome {
  readonly reply: Reply;
  readonly taskId?: string;
  readonly costUsd?: number;
  /** The task is taken, but will never give a file. */
  readonly endsEmpty?: boolean;
  /** An error although its status says success. */
  readonly refused?: boolean;
}

/** What a request asks for. Nothing has happened yet; `run` makes it happen. */
export interface Operation {
  /** The name that fault rules use. */
  readonly name: string;
  readonly paid: PaidCall | null;
  /** `fault`: one that only the provider itself can act out, such as a task that will fail. */
  run(fault: FaultAction | null): Promise<Outcome> | Outcome;
}

export interface Vendor {
  /** A reply when the request is refused at the door: a wrong key, an unknown address. */
  open(call: Call): Operation | Reply;
  /** An error in this vendor's own shape. */
  error(status: number, message?: string, code?: string): Reply;
}

export function jsonReply(
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, headers, body: { json } };
}

/** The words of an error whose cause is a fault rule that names none. */
export function standardMessage(status: number): string {
  if (status === 401 || status === 403) return 'The API key is not valid.';
  if (status === 402) return 'The account has no credit left.';
  if (status === 404) return 'Not found.';
  if (status === 429) return 'Rate limit reached. Please try again later.';
  if (status >= 500) return 'The server had an error while processing your request.';
  return 'The request is not valid.';
}
