/**
 * PiAPI's report that a picture is finished. It is a knock and nothing more: a body that anybody could have written must
 * not decide what is stored or downloaded, so the run that it wakes asks PiAPI itself.
 *
 * Source: PiAPI's documentation of webhooks: `POST {timestamp, data}`, where `data` is the task as its GET shows it; the
 * header `x-webhook-secret` repeats the secret of the order; nothing is signed.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

import type { Secret } from '../../domain/secret.ts';
import type { Route } from '../http/listener.ts';

export const WEBHOOK_PATH = '/webhooks/piapi';
/** A finished task with its pictures comes to about five thousand bytes. */
const MOST_BYTES = 256 * 1024;

const reportSchema = z.looseObject({
  timestamp: z.union([z.number(), z.string().max(100)]).optional(),
  data: z.looseObject({ task_id: z.string().min(1).max(300), status: z.string().max(100).optional() }),
});

/** Without the secret nothing of the body is read. `onReport` is told of every report that has it and the right shape. */
export function piapiWebhook(secret: Secret, onReport: () => void): Route {
  return {
    method: 'POST',
    path: WEBHOOK_PATH,
    async answer({ header, readJson }) {
      if (!isSame(header('x-webhook-secret') ?? '', secret.reveal()))
        return { status: 401, json: { error: 'wrong secret' } };
      const body = await readJson(MOST_BYTES);
      if (body === null || !reportSchema.safeParse(body.json).success)
        return { status: 400, json: { error: 'not a report of a task' } };
      onReport();
      return { status: 202, json: { accepted: true } };
    },
  };
}

/** Takes as long for a wrong secret as for the right one, whatever its length. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
