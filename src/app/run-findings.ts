/** What a run left behind, looked up afterwards for its report: what it paid, and the post with its picture. */
import { join } from 'node:path';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import type { LedgerCall } from '../domain/ledger.ts';
import { CONVEYOR, partKey } from '../domain/group.ts';
import { postSchema, topicOf, type Media } from '../domain/post.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { RunReport } from '../runtime/run-channel.ts';
import { openStore } from './compose.ts';
import { costsOf } from './costs.ts';
import type { CostReport } from './cost-report.ts';
import { channelSettings } from './settings.ts';

export interface RunFindings {
  /** Null: the ledger could not be read. */
  readonly costs: { readonly calls: readonly LedgerCall[]; readonly month: CostReport } | null;
  /** Null: the run worked on no post, or its text is not written yet. */
  readonly post: {
    readonly topic: string;
    readonly media: Media | null;
    /** Name of the picture's file in the report's folder, when the run finished the post. */
    readonly picture: string | null;
  } | null;
}

const MOST_TEXT_BYTES = 1_000_000;
const MOST_PICTURE_BYTES = 50_000_000;

/** Reads only, and never fails: a report with a gap is better than none. `folder` takes the picture of a finished post. */
export async function findingsOf(
  config: Config,
  environment: Environment,
  report: RunReport,
  since: Date,
  folder: string,
): Promise<RunFindings> {
  const costs = await costsOf(config, environment, null, new Date());
  const store = report.id === null ? null : await openStore(config, environment);
  const post = store?.ok === true ? await postOf(config, store.value, report, folder) : null;
  if (!costs.ok) return { costs: null, post };
  const calls = costs.value.calls.filter(({ at_utc: at }) => new Date(at).getTime() >= since.getTime());
  return { costs: { calls, month: costs.value.report }, post };
}

async function postOf(
  config: Config,
  store: ObjectStore,
  { id, stop }: RunReport,
  folder: string,
): Promise<RunFindings['post']> {
  const { folders } = channelSettings(config);
  for (const place of id === null ? [] : CONVEYOR) {
    if (id === null) break;
    const prefix = folders[place];
    const stored = await store.get(partKey(prefix, id, 'json'), MOST_TEXT_BYTES);
    if (!stored.ok || stored.value === null) continue;
    const post = postSchema.safeParse(parsed(stored.value.body));
    if (!post.success) return null;
    const name = `${id}.png`;
    const copied =
      stop === 'task-done'
        ? await store.getFile(partKey(prefix, id, 'png'), join(folder, name), MOST_PICTURE_BYTES)
        : null;
    return {
      topic: topicOf(post.data),
      media: post.data.media ?? null,
      picture: copied?.ok === true && copied.value !== null ? name : null,
    };
  }
  return null;
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}
