/**
 * Tells people what a run met, once for each cause, and that it is over. Nothing here may touch the run: it is called when
 * the run has ended, every failure ends in a line of the log, and each message has few attempts.
 */
import {
  ALERTS_KEY,
  alertsDocumentSchema,
  MOST_OPEN_CAUSES,
  MOST_UNSENT,
  type AlertMessage,
  type AlertsDocument,
  type OpenCause,
  type Unsent,
} from '../domain/alerts.ts';
import { success, type Result } from '../domain/failure.ts';
import { formatTimestamp } from '../domain/timestamp.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { documentBytes, MAX_DOCUMENT_BYTES, parseDocument } from '../steps/documents.ts';
import {
  judgeAlerts,
  withoutOldMocks,
  type AlertVerdict,
  type Readiness,
  type RunObservation,
} from '../workflow/alerts.ts';

export interface AlertParts {
  /** Not the run's: its lease is gone. */
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly redact: (text: string) => string;
  readonly notifiers: readonly Notifier[];
  readonly channel: string;
  /** Null: no hour is set by which a post should be ready. */
  readonly deadline: Deadline | null;
}

export interface Deadline {
  /** `08:00 Europe/Berlin` */
  readonly text: string;
  readonly ask: (now: Date) => Promise<Readiness>;
}

interface Known {
  readonly document: AlertsDocument;
  readonly etag: string | null;
  /** What is stored is damaged: the empty document takes its place. */
  readonly damaged: boolean;
}

const NOTHING_TOLD: AlertsDocument = { version: 1, open: [], unsent: [] };

/** A message that nobody took in so many runs is dropped. */
const MOST_TRIES = 5;
const WRITE_ATTEMPTS = 3;

export class AlertKeeper {
  readonly #parts: AlertParts;
  /** What was told while the store could not be read or written. */
  #unsaved: readonly OpenCause[] = [];

  constructor(parts: AlertParts) {
    this.#parts = parts;
  }

  /** One request to the store when there is nothing to say; never throws. */
  async settle(run: RunObservation): Promise<void> {
    try {
      await this.#settle(run);
    } catch (error) {
      this.#parts.log.error('The alerts could not be worked out; please report it', { error });
    }
  }

  async #settle(run: RunObservation): Promise<void> {
    const { clock, deadline, log } = this.#parts;
    const known = await this.#read();
    if (!known.ok) log.warn('What was told before cannot be read', { failure: known.failure });
    const open = this.#openCauses(known.ok ? known.value.document : null);
    const now = clock.now();
    const readiness = deadline === null ? 'unknown' : await deadline.ask(now);
    const verdict = judgeAlerts(open, run, readiness, { now, readyBy: deadline?.text ?? '' });
    const waiting = known.ok ? known.value.document.unsent : [];
    const { forgotten, noted, raised, recovered } = verdict;
    const quiet = [raised, recovered, noted, forgotten, waiting].every(({ length }) => length === 0);
    if (quiet && !(known.ok && known.value.damaged)) return;
    const fresh = this.#messagesOf(verdict, now).map((message) => this.#unsentTo(message));
    const left = await this.#deliver([...waiting, ...fresh]);
    const handled = new Set(waiting.map((unsent) => JSON.stringify(unsent)));
    // Also applied to what another run wrote meanwhile.
    const change = (document: AlertsDocument): AlertsDocument => ({
      ...document,
      open: withoutOldMocks(changed(this.#openCauses(document), verdict), now).slice(-MOST_OPEN_CAUSES),
      unsent: [...document.unsent.filter((unsent) => !handled.has(JSON.stringify(unsent))), ...left].slice(
        -MOST_UNSENT,
      ),
    });
    const saved = known.ok && (await this.#write(known.value, change));
    this.#unsaved = saved ? [] : changed(open, verdict);
  }

  /**
   * A memory and not state: damaged, it is begun anew, so that at most one alert is told twice. Left alone like a document
   * of S1, it would make every run tell the same again, for as long as nobody looks.
   */
  async #read(): Promise<Result<Known>> {
    const { log, store } = this.#parts;
    const stored = await store.get(ALERTS_KEY, MAX_DOCUMENT_BYTES);
    if (!stored.ok) return stored;
    if (stored.value === null) return success({ document: NOTHING_TOLD, etag: null, damaged: false });
    const { body, etag } = stored.value;
    const parsed = parseDocument(body, ALERTS_KEY, alertsDocumentSchema);
    if (parsed.ok) return success({ document: parsed.value, etag, damaged: false });
    log.warn('What was told before is damaged and begun anew', { failure: parsed.failure });
    return success({ document: NOTHING_TOLD, etag, damaged: true });
  }

  #openCauses(document: AlertsDocument | null): readonly OpenCause[] {
    const stored = document?.open ?? [];
    const names = new Set(stored.map(({ cause }) => cause));
    return [...stored, ...this.#unsaved.filter(({ cause }) => !names.has(cause))];
  }

  #messagesOf({ raised, recovered }: AlertVerdict, now: Date): AlertMessage[] {
    const { channel, redact } = this.#parts;
    const messageOf =
      (over: boolean) =>
      ({ cause, id, kind, since_utc, text, title }: OpenCause & { readonly text: string }): AlertMessage => ({
        channel,
        kind,
        recovered: over,
        cause: redact(cause),
        title: over ? `Over: ${title.charAt(0).toLowerCase()}${title.slice(1)}` : title,
        text: redact(text),
        id,
        at_utc: formatTimestamp(now),
        since_utc,
      });
    return [...recovered.map(messageOf(true)), ...raised.map(messageOf(false))];
  }

  #unsentTo(message: AlertMessage): Unsent {
    return { message, to: this.#parts.notifiers.map(({ name }) => name), tries: 0 };
  }

  /** What is still to be sent afterwards. */
  async #deliver(messages: readonly Unsent[]): Promise<Unsent[]> {
    const left: Unsent[] = [];
    // In order, so that nobody reads of the end before the beginning.
    for (const unsent of messages) {
      const failed = await this.#send(unsent);
      if (failed.length === 0) continue;
      const tries = unsent.tries + 1;
      if (tries < MOST_TRIES) left.push({ ...unsent, to: failed, tries });
      else this.#parts.log.error('An alert reached nobody and is dropped', { to: failed, ...unsent.message });
    }
    return left;
  }

  async #send({ message, to }: Unsent): Promise<string[]> {
    const { log, notifiers } = this.#parts;
    const failed = await Promise.all(
      notifiers
        .filter(({ name }) => to.includes(name))
        .map(async (notifier) => {
          const sent = await notifier.send(message);
          if (sent.ok) return [];
          log.warn('An alert could not be sent', { to: notifier.name, failure: sent.failure });
          return [notifier.name];
        }),
    );
    return failed.flat();
  }

  /** False when it could not be written: the same may then be told again. */
  async #write(known: Known, change: (document: AlertsDocument) => AlertsDocument): Promise<boolean> {
    const { log, store } = this.#parts;
    const capabilities = await store.capabilities();
    const compares = capabilities.ok && capabilities.value.conditionalWrites;
    let base = known;
    for (let attempt = 1; ; attempt += 1) {
      const put = await store.put(
        ALERTS_KEY,
        { bytes: documentBytes(change(base.document)) },
        { contentType: 'application/json', ...(compares ? { onlyIf: base.etag } : {}) },
      );
      if (put.ok) return true;
      const conflict = put.failure.code === 'state_conflict' && attempt < WRITE_ATTEMPTS;
      const fresh: Result<Known> = conflict ? await this.#read() : put;
      if (!fresh.ok) {
        log.warn('What was told could not be noted, and may be told again', { failure: fresh.failure });
        return false;
      }
      base = fresh.value;
    }
  }
}

function changed(
  open: readonly OpenCause[],
  { forgotten, noted, raised, recovered }: AlertVerdict,
): readonly OpenCause[] {
  const over = new Set([...recovered, ...forgotten].map(({ cause }) => cause));
  const told = new Set(raised.map(({ cause }) => cause));
  // What was only noted gives way to what is told now.
  const kept = open.filter(({ cause, quiet }) => !over.has(cause) && !(quiet === true && told.has(cause)));
  const names = new Set(kept.map(({ cause }) => cause));
  const added = [...raised.map(({ text: _text, ...cause }) => cause), ...noted];
  return [...kept, ...added.filter(({ cause }) => !names.has(cause))];
}
