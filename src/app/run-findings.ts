/** What a run left behind, looked up afterwards for its report: what it paid, and the post with its picture. */
import { join } from 'node:path';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import type { LedgerCall } from '../domain/ledger.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { CONVEYOR, partKey, type Folders } from '../domain/group.ts';
import { postSchema, topicOf, type Media, type Post } from '../domain/post.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { RunReport } from '../runtime/run-channel.ts';
import type { StepContext } from '../steps/context.ts';
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

/** Of the post that the run has finished; null when it finished none, or the post does not say. Never fails. */
export async function mediaOfRun(
  { settings, store }: Pick<StepContext, 'settings' | 'store'>,
  { actions, id }: RunReport,
): Promise<Media | null> {
  if (id === null || actions.every(({ event }) => event !== 'media-saved')) return null;
  const found = await findText(store, settings.folders, id);
  return found?.post.media ?? null;
}

interface FoundText {
  /** The folder that it lies in. */
  readonly prefix: string;
  readonly post: Post;
}

/** Null when it is nowhere, or cannot be read. */
async function findText(store: ObjectStore, folders: Folders, id: GenerationId): Promise<FoundText | null> {
  for (const place of CONVEYOR) {
    const prefix = folders[place];
    const stored = await store.get(partKey(prefix, id, 'json'), MOST_TEXT_BYTES);
    if (!stored.ok || stored.value === null) continue;
    const post = postSchema.safeParse(parsed(stored.value.body));
    return post.success ? { prefix, post: post.data } : null;
  }
  return null;
}

async function postOf(
  config: Config,
  store: ObjectStore,
  { id, stop }: RunReport,
  folder: string,
): Promise<RunFindings['post']> {
  const { folders } = channelSettings(config);
  const found = id === null ? null : await findText(store, folders, id);
  if (id === null || found === null) return null;
  const { post, prefix } = found;
  const name = `${id}.png`;
  const copied =
    stop === 'task-done'
      ? await store.getFile(partKey(prefix, id, 'png'), join(folder, name), MOST_PICTURE_BYTES)
      : null;
  return {
    topic: topicOf(post),
    media: post.media ?? null,
    picture: copied?.ok === true && copied.value !== null ? name : null,
  };
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}
