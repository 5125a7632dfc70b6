/** The three documents, each readable, but at odds with each other or with what lies in the store; and locks of runs that are gone. */
import { publishedIds, resumed, withoutProgress, type PublicDocument } from '../domain/channel-state.ts';
import { groupObjects, isReady, partKey } from '../domain/group.ts';
import type { GenerationId } from '../domain/generation-id.ts';
import { imageCandidates } from '../domain/piapi-answer.ts';
import { isAheadOfClocks } from '../domain/timestamp.ts';
import { counted, markedIds, shortList } from './diagnose-documents.ts';
import { imageOf, postsOf, type Post } from './diagnose-posts.ts';
import { knowsTask, progressOf, textOf } from '../domain/evidence.ts';
import type { Finding, Operation } from './finding.ts';
import { restProblems } from './invariants.ts';
import { phaseOf, taskIdOf, type Phase } from './phase.ts';
import { etagOf, journalOf, valueOf, type Listed, type Snapshot } from './snapshot.ts';

/** Phases from which no run finds on without a post. The others without one are put in order by the next run. */
const NEED_A_POST: ReadonlySet<Phase> = new Set(['timed-out', 'results', 'task', 'task-undated']);

/** `unreadable`, `handled`: keys and ids that other findings mend first. */
export function diagnoseState(
  snapshot: Snapshot,
  unreadable: ReadonlySet<string>,
  handled: ReadonlySet<string>,
): Finding[] {
  const image = imageOf(snapshot);
  const generation = valueOf(snapshot.state.generation, { generation_id: null }) ?? { generation_id: null };
  const id = generation.generation_id;
  const phase = phaseOf(image);
  if (id === null) {
    if (NEED_A_POST.has(phase)) return [resultWithoutPost(snapshot, phase)];
  } else if (phase !== 'idle' && !handled.has(id)) {
    const finding = stateWithoutPost(snapshot, unreadable, id, phase);
    if (finding) return [finding];
  }
  const problems = restProblems(image, generation);
  if (problems.length === 0) return [];
  return [
    {
      kind: 'inconsistent-state',
      where: snapshot.state.image.key,
      explanation: `The document says things that do not fit together: ${problems.join('; ')}. Runs take the post to be in phase ${phase} and put the rest in order when it is done; it is left alone.`,
      remedy: null,
    },
  ];
}

/** A task or result, but no post that it belongs to: every run stops at it (`no_active_post`). */
function resultWithoutPost(snapshot: Snapshot, phase: Phase): Finding {
  const { key } = snapshot.state.image;
  const odd = `The state is in phase ${phase}, but config_gen names no post it belongs to, so that every run stops at it.`;
  const finding = { kind: 'inconsistent-state', where: key } as const;
  const owner = ownerOfTask(snapshot);
  if (owner === null)
    return {
      ...finding,
      explanation: `${odd} No unfinished post fits; the state is cleared, its former body kept.`,
      remedy: cleared(snapshot),
    };
  const { generation } = snapshot.state;
  const document = { ...valueOf(generation, { generation_id: null }), generation_id: owner };
  return {
    ...finding,
    explanation: `${odd} It belongs to ${owner}, which is named again.`,
    remedy: [{ type: 'write', key: generation.key, document, replaces: etagOf(generation) }],
  };
}

/**
 * The unfinished post in 666 whose journal knows the task, or the only one there is. What is marked as published is being
 * archived: named again, it would be held back and go on costing money.
 */
function ownerOfTask(snapshot: Snapshot): GenerationId | null {
  const { folders, listing } = snapshot;
  const image = imageOf(snapshot);
  const answered = image.midjourney_results?.['task_id'];
  const task = taskIdOf(image) ?? (typeof answered === 'string' ? answered : null);
  const marked = markedIds(snapshot);
  const unfinished = groupObjects(folders.fresh, listing.fresh).filter(
    (group) =>
      !isReady(group, folders.fresh) &&
      !marked.has(group.id) &&
      group.objects.some(({ key }) => key === partKey(folders.fresh, group.id, 'json')),
  );
  const known = unfinished.find(({ id }) => task !== null && knowsTask(journalOf(snapshot, id), task));
  if (known) return known.id;
  return unfinished.length === 1 ? (unfinished[0]?.id ?? null) : null;
}

/** The state is in the middle of a post whose text is not where runs look for it (`content_missing`), or which is complete already. */
function stateWithoutPost(
  snapshot: Snapshot,
  unreadable: ReadonlySet<string>,
  id: GenerationId,
  phase: Phase,
): Finding | null {
  const { folders } = snapshot;
  const post = postsOf(snapshot).find((candidate) => candidate.id === id);
  const complete = post?.places.find(({ group, place }) => isReady(group, folders[place]));
  const archived = groupObjects(folders.archive, snapshot.listing.archive).some((group) => group.id === id);
  const key = partKey(folders.fresh, id, 'json');
  if (imageOf(snapshot).replacing_mock === true) {
    if (complete && complete.place !== 'archive') return null;
    return {
      kind: 'inconsistent-state',
      where: id,
      explanation: `A late result was to replace the mock of ${id}, but the post no longer lies complete in the folders. The state is cleared.`,
      remedy: cleared(snapshot),
    };
  }
  // Killed between the last upload and the state: the next run writes the state.
  if (complete?.place === 'fresh' && (phase === 'results' || phase === 'timed-out')) return null;
  if (complete || archived) {
    const place = complete ? folders[complete.place] : folders.archive;
    return {
      kind: 'inconsistent-state',
      where: id,
      explanation: `The state is in the middle of ${id} (phase ${phase}), but the post lies in ${place}. The state is cleared, so that nothing is paid for it again.`,
      remedy: cleared(snapshot),
    };
  }
  if (unreadable.has(key)) return null;
  if (hasObject(post, key)) return pictureGone(snapshot, id, post);
  return idWithoutContent(snapshot, id, phase, key);
}

function hasObject(post: Post | undefined, key: string): boolean {
  return (
    post?.places.some(({ group }) => group.objects.some((object) => object.key === key && object.size > 0)) ??
    false
  );
}

/** A saved picture that is not there: the video is made from it, so that every run stops. It is fetched again. */
function pictureGone(snapshot: Snapshot, id: GenerationId, post: Post | undefined): Finding | null {
  const { folders, state } = snapshot;
  const image = imageOf(snapshot);
  const key = partKey(folders.fresh, id, 'png');
  const isThere = hasObject(post, key);
  if (!image.picture || (isThere && !snapshot.brokenPicture)) return null;
  const { picture: _gone, ...rest } = image;
  const group = post?.places.find(({ place }) => place === 'fresh')?.group;
  const objects = (group?.objects ?? []).filter((object) => object.key !== key);
  const fetchable = imageCandidates(image.midjourney_results ?? {}) !== null;
  const lost = { id, objects };
  const again = fetchable ? rest : resumed(image, progressOf(journalOf(snapshot, id), lost, folders.fresh));
  return {
    kind: 'inconsistent-state',
    where: id,
    explanation: `The state says that the picture of ${id} is saved, but ${key} is ${isThere ? 'no whole PNG' : 'missing'}, so that every run stops. ${fetchable ? 'It is fetched again from the answer.' : 'The post goes on from its task, or with a new order.'}`,
    remedy: [
      ...(isThere ? [{ type: 'set-aside', key } as const] : []),
      { type: 'write', key: state.image.key, document: again, replaces: etagOf(state.image) },
    ],
  };
}

function idWithoutContent(snapshot: Snapshot, id: GenerationId, phase: Phase, key: string): Finding {
  const finding = { kind: 'id-without-content', where: id } as const;
  const odd = `config_gen names ${id} and the state is in phase ${phase}, but ${key} is missing, so that every run stops.`;
  const text = textOf(journalOf(snapshot, id));
  if (text !== null) {
    const { image } = snapshot.state;
    const media = imageOf(snapshot).picture ? { media: { image: 'midjourney' } } : {};
    return {
      ...finding,
      explanation: `${odd} The text is in the post’s journal; it is put back, and ${image.key} stays as it is.`,
      remedy: [{ type: 'write', key, document: { ...text, ...media }, replaces: null }],
    };
  }
  return {
    ...finding,
    explanation: `${odd} Its text is nowhere, so the post cannot be finished: the id and the state are cleared, their former bodies kept. The next main run starts a new post.`,
    remedy: cleared(snapshot),
  };
}

/** As a finished post leaves the documents: first the image, then the id, as a run does it. */
function cleared(snapshot: Snapshot): Operation[] {
  const { generation, image } = snapshot.state;
  const document = withoutProgress(imageOf(snapshot));
  const operations: Operation[] = [{ type: 'write', key: image.key, document, replaces: etagOf(image) }];
  const named = valueOf(generation, { generation_id: null });
  if (named?.generation_id)
    operations.push({
      type: 'write',
      key: generation.key,
      document: { ...named, generation_id: null },
      replaces: etagOf(generation),
    });
  return operations;
}

/** What the publisher has marked and no run can archive. */
export function diagnosePublished(snapshot: Snapshot): Finding[] {
  const { state } = snapshot;
  const document = valueOf<PublicDocument>(state.public, { processing_lock: false, generation_id: null });
  if (document === null) return [];
  const { foreign, ids } = publishedIds(document);
  const findings: Finding[] = [];
  const active = valueOf(state.generation, { generation_id: null })?.generation_id;
  const stored = new Set(postsOf(snapshot).map(({ id }) => id));
  for (const group of groupObjects(snapshot.folders.archive, snapshot.listing.archive)) stored.add(group.id);
  const nowhere = ids.filter((id) => id !== active && !stored.has(id));
  if (nowhere.length > 0)
    findings.push({
      kind: 'published-nowhere',
      where: state.public.key,
      explanation: `${counted(nowhere.length, 'published id')} in generation_id ${nowhere.length === 1 ? 'lies' : 'lie'} in no folder, so that no run can archive ${nowhere.length === 1 ? 'it' : 'them'}: ${shortList(nowhere)}. Taken off the list; if a lost post comes back later, mark it again.`,
      remedy: [{ type: 'drop-published', ids: nowhere }],
    });
  if (foreign.length > 0)
    findings.push({
      kind: 'foreign-entry',
      where: state.public.key,
      explanation: `generation_id holds ${counted(foreign.length, 'entry', 'entries')} that ${foreign.length === 1 ? 'is no id' : 'are no ids'}: ${shortList(foreign)}. Correct them by hand; they are left alone.`,
      remedy: null,
    });
  return findings;
}

/** Runs take these over by themselves; until then other tools may believe that somebody is at work. */
export function diagnoseLocks(snapshot: Snapshot): Finding[] {
  const { now, state, staleLockSeconds } = snapshot;
  const findings: Finding[] = [];
  const tickets = snapshot.tickets.filter(({ key }) => key.endsWith('.json'));
  const stale = tickets.filter((ticket) => !isLiveTicket(snapshot, ticket));
  for (const { key, lastModified } of stale)
    findings.push({
      kind: 'stale-ticket',
      where: key,
      explanation: isAheadOfClocks(lastModified, now)
        ? `${datedAhead(lastModified)} It is the ticket of a run that ended without giving the channel back. It counts no longer; it is set aside.`
        : `A run that held the channel at ${lastModified.toISOString()} ended without giving it back. Its ticket counts no longer; it is set aside.`,
      remedy: [{ type: 'set-aside', key }],
    });
  if (state.public.found !== 'document' || !state.public.value.processing_lock) return findings;
  const { lock_owner: owner } = state.public.value;
  const { lastModified } = state.public;
  const age = Math.round(ageOf(lastModified, now));
  const finding = { kind: 'stale-lock', where: state.public.key } as const;
  if (owner) {
    // Somebody is at work, or a ticket is still fresh: whose flag it is can be told when that one is gone.
    if (stale.length < tickets.length) return findings;
    const explanation = `processing_lock names ${owner}, but no run of that name is at work: it ended without lowering it. It is lowered.`;
    return [...findings, { ...finding, explanation, remedy: [{ type: 'lower-lock' }] }];
  }
  if (isAheadOfClocks(lastModified, now)) {
    const explanation = `processing_lock is raised, but names no owner. ${datedAhead(lastModified)} How old the flag is cannot be told, and no tool at work now has raised it. It is lowered.`;
    return [...findings, { ...finding, explanation, remedy: [{ type: 'lower-lock' }] }];
  }
  const odd = `processing_lock is raised, but names no owner; the document was last written ${age} s ago.`;
  const young = age <= staleLockSeconds;
  const explanation = young
    ? `${odd} An older tool may be at work: it is honoured until it is ${staleLockSeconds} s old.`
    : `${odd} That is longer than ${staleLockSeconds} s: nobody is at work any more. It is lowered.`;
  return [...findings, { ...finding, explanation, remedy: young ? null : [{ type: 'lower-lock' }] }];
}

/** Whose run may be at work. */
export function isLiveTicket(
  { now, ticketSeconds }: Pick<Snapshot, 'now' | 'ticketSeconds'>,
  { lastModified }: Pick<Listed, 'lastModified'>,
): boolean {
  return ageOf(lastModified, now) <= ticketSeconds && !isAheadOfClocks(lastModified, now);
}

function datedAhead(moment: Date): string {
  return `It is dated ${moment.toISOString()}, which has not come yet: a clock that was ahead wrote it, and was set right since.`;
}

function ageOf(moment: Date, now: Date): number {
  return (now.getTime() - moment.getTime()) / 1000;
}
