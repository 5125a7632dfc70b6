/**
 * Mends what `workflow/diagnosis` can explain. One remedy at a time, each planned from a fresh look and carried out under
 * the channel's lease, so that no plan is older than what it changes. Without `apply` nothing is written, not even a lock.
 */
import { publishedIdOf, type PublicDocument } from '../domain/channel-state.ts';
import { describeFailure, failure, success, type Failure, type Result } from '../domain/failure.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lease } from '../ports/lease.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { Workspace } from '../ports/workspace.ts';
import { documentBytes, MAX_DOCUMENT_BYTES } from '../steps/documents.ts';
import { isLiveTicket } from '../workflow/diagnose-state.ts';
import { diagnose } from '../workflow/diagnosis.ts';
import type { Finding, Operation } from '../workflow/finding.ts';
import type { Snapshot } from '../workflow/snapshot.ts';
import type { ChannelLock } from './channel-lock.ts';
import { Quarantine } from './quarantine.ts';
import { readSnapshot, type SnapshotParts } from './read-snapshot.ts';
import type { StateStore } from './state-store.ts';

export interface RepairParts {
  /** `store` in here is not fenced: looking needs no lease. */
  readonly look: SnapshotParts;
  /** Writes only while the lease is held. */
  readonly store: ObjectStore;
  readonly lease: Lease;
  readonly lock: ChannelLock;
  /** Reads and writes through the fence. */
  readonly state: StateStore;
  readonly workspace: Workspace;
  readonly clock: Clock;
}

/**
 * - `proposed`: `apply` would mend it
 * - `mended`
 * - `failed`: tried; `problem` says why not
 * - `reported`: cannot be explained, or needs a person; left alone
 */
export type Outcome = 'proposed' | 'mended' | 'failed' | 'reported';

export interface RepairedFinding extends Finding {
  readonly outcome: Outcome;
  readonly problem: Failure | null;
}

export interface RepairReport {
  readonly applied: boolean;
  readonly findings: readonly RepairedFinding[];
  /** Where the former bodies are; `null` when nothing was replaced. */
  readonly quarantine: string | null;
  /** Who holds the channel: what looks odd may be a run at work. With `apply` nothing was done then. */
  readonly holder: string | null;
}

/** Mending one thing can show another; what takes more looks than this goes round in a circle. */
const MOST_REMEDIES = 1_000;
const SAME_REMEDY = 3;

/** Fails when the store does; everything else is in the report. */
export async function repairChannel(
  parts: RepairParts,
  options: { readonly apply: boolean },
): Promise<Result<RepairReport>> {
  const first = await readSnapshot(parts.look);
  if (!first.ok) return first;
  const proposed = diagnose(first.value);
  const holder = holderIn(first.value);
  if (!options.apply || !proposed.some(({ remedy }) => remedy !== null))
    return success({
      applied: options.apply,
      findings: proposed.map(asProposed),
      quarantine: null,
      holder: options.apply ? null : holder,
    });
  return new Repair(parts).run(first.value, proposed);
}

class Repair {
  readonly #parts: RepairParts;
  readonly #quarantine: Quarantine;
  /** The same place, for the time before the lease is held. */
  readonly #before: Quarantine;
  #raised = false;
  readonly #mended: Finding[] = [];
  readonly #failed = new Map<string, { readonly finding: Finding; readonly problem: Failure }>();

  constructor(parts: RepairParts) {
    this.#parts = parts;
    const now = parts.clock.now();
    this.#quarantine = new Quarantine(parts.store, parts.workspace, now);
    this.#before = new Quarantine(parts.look.store, parts.workspace, now);
  }

  async run(first: Snapshot, proposed: readonly Finding[]): Promise<Result<RepairReport>> {
    const kept = await this.#keepBefore(proposed);
    if (!kept.ok) return kept;
    const readable = await this.#restorePublic(first);
    if (!readable.ok) return readable;
    const { lock } = this.#parts;
    const acquired = readable.value === null ? await lock.acquire() : success(readable.value);
    if (!acquired.ok) return acquired;
    if (!acquired.value.held) {
      const findings = proposed.map(asProposed);
      return success({ applied: false, findings, quarantine: null, holder: acquired.value.holder });
    }
    let mended: Result<void>;
    try {
      mended = await this.#mendAll();
      await this.#record();
    } finally {
      await lock.release();
    }
    return mended.ok ? this.#report(proposed) : mended;
  }

  /** Taking the lease sweeps dead tickets and lowers a dead run’s flag; the bodies from before stay, like all others. */
  async #keepBefore(findings: readonly Finding[]): Promise<Result<void>> {
    const { look } = this.#parts;
    const tickets = findings.filter(({ kind }) => kind === 'stale-ticket').map(({ where }) => where);
    for (const key of [look.documents.public, ...tickets]) {
      const kept = await this.#before.keepCopy(key);
      if (!kept.ok) return kept;
    }
    return success(undefined);
  }

  /** The lock's flag is in the public document, so that one is mended first, under the lease alone. `null`: go on. */
  async #restorePublic(
    first: Snapshot,
  ): Promise<Result<{ readonly held: false; readonly holder: string } | null>> {
    if (first.state.public.found !== 'damage') return success(null);
    const { lease, look } = this.#parts;
    const taken = await lease.acquire();
    if (!taken.ok) return taken;
    if (!taken.value.acquired) return success({ held: false, holder: taken.value.holder });
    try {
      const snapshot = await readSnapshot(look);
      if (!snapshot.ok) return snapshot;
      const { key } = first.state.public;
      const finding = diagnose(snapshot.value).find(
        ({ kind, where }) => kind === 'damaged-document' && where === key,
      );
      if (!finding) return success(null);
      const done = await this.#carryOut(finding.remedy ?? []);
      if (!done.ok) return done;
      this.#mended.push(finding);
      return success(null);
    } finally {
      await lease.release();
    }
  }

  async #mendAll(): Promise<Result<void>> {
    const times = new Map<string, number>();
    // By the store's clock, which the lease has told: by a wrong one of this machine the own ticket could look dead.
    const look = { ...this.#parts.look, clock: { now: () => this.#parts.lock.storeTime() } };
    for (let count = 0; count < MOST_REMEDIES; count += 1) {
      const snapshot = await readSnapshot(look);
      if (!snapshot.ok) return snapshot;
      const next = diagnose(snapshot.value).find(
        (finding) => finding.remedy !== null && !this.#failed.has(nameOf(finding)),
      );
      if (!next?.remedy) return success(undefined);
      const tried = (times.get(nameOf(next)) ?? 0) + 1;
      times.set(nameOf(next), tried);
      const done =
        tried > SAME_REMEDY
          ? failure('state_conflict', 'It is there again each time it is mended', { key: next.where })
          : await this.#mend(next.remedy);
      if (done.ok) this.#mended.push(next);
      else if (done.failure.code === 'lease_lost') return done;
      else this.#failed.set(nameOf(next), { finding: next, problem: done.failure });
    }
    return success(undefined);
  }

  async #mend(remedy: readonly Operation[]): Promise<Result<void>> {
    const raised = await this.#raise();
    return raised.ok ? this.#carryOut(remedy) : raised;
  }

  /** The publisher may have written since the first look, so that the body from before the flag is kept again. */
  async #raise(): Promise<Result<void>> {
    if (this.#raised) return success(undefined);
    const { look, lock } = this.#parts;
    const kept = await this.#quarantine.keepCopy(look.documents.public);
    if (!kept.ok) return kept;
    const raised = await lock.raise();
    this.#raised = raised.ok;
    return raised;
  }

  async #carryOut(remedy: readonly Operation[]): Promise<Result<void>> {
    for (const operation of remedy) {
      const done = await this.#perform(operation);
      if (!done.ok) return done;
    }
    return success(undefined);
  }

  async #perform(operation: Operation): Promise<Result<void>> {
    switch (operation.type) {
      case 'set-aside':
        return this.#quarantine.setAside(operation.key);
      case 'gather':
        return this.#quarantine.gather(operation.from, operation.to);
      case 'write':
        return this.#write(operation);
      case 'drop-published':
        return this.#dropPublished(operation.ids);
      case 'lower-lock':
        // Raised as ours by now, and lowered with the lease.
        return success(undefined);
    }
  }

  async #write({ document, key, replaces }: Extract<Operation, { type: 'write' }>): Promise<Result<void>> {
    const { look, state, store } = this.#parts;
    const former = await this.#quarantine.keepCopy(key);
    if (!former.ok) return former;
    const present = await store.head(key);
    if (!present.ok) return present;
    if ((present.value?.etag ?? null) !== replaces)
      return failure('state_conflict', 'The object changed since it was looked at', { key });
    if (key === look.documents.public && replaces !== null) {
      const restored = await state.restorePublic(replaces, document as PublicDocument);
      return restored.ok ? success(undefined) : restored;
    }
    const capabilities = await store.capabilities();
    if (!capabilities.ok) return capabilities;
    const bytes = documentBytes(document);
    const options = {
      contentType: 'application/json',
      ...(capabilities.value.conditionalWrites ? { onlyIf: replaces } : {}),
    };
    const put = await store.put(key, { bytes }, options);
    if (!put.ok && put.failure.effect === 'refused') return put;
    const stored = await store.get(key, MAX_DOCUMENT_BYTES);
    if (!stored.ok) return stored;
    const landed = stored.value?.body.every((byte, at) => byte === bytes[at]) ?? false;
    return landed && stored.value?.size === bytes.length
      ? success(undefined)
      : failure('store_unavailable', 'What was written did not arrive as it was sent', { key });
  }

  async #dropPublished(ids: readonly string[]): Promise<Result<void>> {
    const dropped = new Set(ids);
    const done = await this.#parts.state.updatePublic((document) => {
      const listed = document.generation_id ?? [];
      const kept = (Array.isArray(listed) ? listed : [listed]).filter((entry) => {
        const id = publishedIdOf(entry);
        return id === null || !dropped.has(id);
      });
      return success({ ...document, generation_id: kept });
    });
    return done.ok ? success(undefined) : done;
  }

  /** Beside the copies, what became of what; for whoever looks into the bucket months later. */
  async #record(): Promise<void> {
    if (this.#quarantine.isEmpty) return;
    const mended = this.#mended.map(({ kind, where, explanation, remedy }) => ({
      kind,
      where,
      explanation,
      remedy,
    }));
    const failed = [...this.#failed.values()].map(({ finding, problem }) => ({
      kind: finding.kind,
      where: finding.where,
      problem: describeFailure(problem),
    }));
    const body = documentBytes({ mended, failed });
    await this.#parts.store.put(
      `${this.#quarantine.prefix}.json`,
      { bytes: body },
      { contentType: 'application/json' },
    );
  }

  /** What was mended is judged by a last look, not by what was done. */
  async #report(proposed: readonly Finding[]): Promise<Result<RepairReport>> {
    const last = await readSnapshot(this.#parts.look);
    if (!last.ok) return last;
    const left = diagnose(last.value);
    const still = new Set(left.map(nameOf));
    const named = new Set(this.#mended.map(nameOf));
    // Swept with the lease, or put right by mending something else.
    const alongside = proposed.filter((finding) => finding.remedy !== null && !named.has(nameOf(finding)));
    const findings = [...this.#mended, ...alongside]
      .filter((finding) => !still.has(nameOf(finding)))
      .map((finding) => withOutcome(finding, 'mended'));
    for (const finding of left) {
      const problem = this.#failed.get(nameOf(finding))?.problem;
      findings.push(problem ? withOutcome(finding, 'failed', problem) : asProposed(finding));
    }
    const isEmpty = this.#before.isEmpty && this.#quarantine.isEmpty;
    const quarantine = isEmpty ? null : `${this.#quarantine.prefix}/`;
    return success({ applied: true, findings, quarantine, holder: null });
  }
}

function withOutcome(finding: Finding, outcome: Outcome, problem: Failure | null = null): RepairedFinding {
  return { ...finding, outcome, problem };
}

function asProposed(finding: Finding): RepairedFinding {
  return withOutcome(finding, finding.remedy === null ? 'reported' : 'proposed');
}

function nameOf({ kind, where }: Finding): string {
  return `${kind} ${where}`;
}

/** A live ticket: somebody is at work. */
export function holderIn(snapshot: Snapshot): string | null {
  const live = snapshot.tickets.find(
    (ticket) => ticket.key.endsWith('.json') && isLiveTicket(snapshot, ticket),
  );
  return live?.key ?? null;
}
