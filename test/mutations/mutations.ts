/** Each mechanism of the reliability promises, broken once: a small change of the source, and the tests that have to see it. */

export interface Mutation {
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Test files, the likeliest to fail first. */
  readonly tests: readonly string[];
}

const LEASE = ['test/sim/lease-model.test.ts'];
const POINTS = ['test/sim/crash-points.test.ts'];
const SIM = ['test/sim/sim.test.ts', 'test/sim/crash-points.test.ts'];
const PUBLISHER = ['test/sim/publisher.test.ts'];

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'the fence is removed: a run that lost its lease goes on writing',
    file: 'src/runtime/fenced-store.ts',
    find: 'return held.ok ? write() : held;',
    replace: 'return held.ok || !held.ok ? write() : held;',
    tests: LEASE,
  },
  {
    name: 'the lease is taken without the second look',
    file: 'src/runtime/ticket-lease.ts',
    find: 'after.value.live.length > 0 || ',
    replace: '',
    tests: LEASE,
  },
  {
    name: 'a ticket counts as dead before its term is over',
    file: 'src/runtime/ticket-lease.ts',
    find: 'const longest = (settings.termSeconds + settings.clockBoundSeconds) * 1000;',
    replace: 'const longest = (settings.termSeconds / 2) * 1000;',
    tests: LEASE,
  },
  {
    name: 'a holder believes in its lease until others may take it, and longer',
    file: 'src/runtime/ticket-lease.ts',
    find: 'this.#heldUntil = before + settings.termSeconds - settings.clockBoundSeconds;',
    replace: 'this.#heldUntil = before + 3 * settings.termSeconds;',
    tests: LEASE,
  },
  {
    name: 'a renewal that arrived after the term counts',
    file: 'src/runtime/ticket-lease.ts',
    find: 'if (before === null || this.#parts.clock.monotonicSeconds() >= before) {',
    replace: 'if (before === null) {',
    tests: ['src/runtime/ticket-lease.test.ts', ...LEASE],
  },
  {
    name: 'requests are sent that can arrive after the term',
    file: 'src/runtime/ticket-lease.ts',
    find: 'return renewed.ok && this.#left() < settings.requestSeconds ? this.#lost() : renewed;',
    replace: 'return renewed;',
    tests: [...LEASE, 'src/runtime/ticket-lease.test.ts'],
  },
  {
    name: 'a ticket is put again that somebody may be sweeping',
    file: 'src/runtime/ticket-lease.ts',
    find: 'if (clock.monotonicSeconds() >= this.#keyGoodUntil)',
    replace: 'if (clock.monotonicSeconds() < 0)',
    tests: ['src/runtime/ticket-lease.test.ts'],
  },
  {
    name: 'a run goes on although another holds the channel',
    file: 'src/runtime/run-channel.ts',
    find: 'if (!acquired.value.held) {',
    replace: 'if (!acquired.value.held && parts.policy.maxRetries < 0) {',
    tests: ['test/mill/lock.test.ts', ...SIM],
  },
  {
    name: 'the flag of an older tool is ignored',
    file: 'src/runtime/channel-lock.ts',
    find: 'if (age <= staleSeconds) return',
    replace: 'if (age <= -1) return',
    tests: ['src/runtime/channel-lock.test.ts', ...SIM],
  },
  {
    name: 'the flag of a dead run stays up',
    file: 'src/runtime/channel-lock.ts',
    find: 'this.#inherited = read.value.value.processing_lock;',
    replace: 'this.#inherited = false;',
    tests: ['src/runtime/channel-lock.test.ts', ...POINTS],
  },
  {
    name: 'a read error counts as an empty document',
    file: 'src/steps/documents.ts',
    find: 'if (!stored.ok || stored.value === null) return stored as Result<null>;',
    replace: 'if (!stored.ok || stored.value === null) return success(null);',
    tests: SIM,
  },
  {
    name: 'a damaged document counts as an empty one',
    file: 'src/steps/documents.ts',
    find: 'return parsed.ok ? success({ value: parsed.value, etag, lastModified }) : parsed;',
    replace: 'return parsed.ok ? success({ value: parsed.value, etag, lastModified }) : success(null);',
    tests: SIM,
  },
  {
    name: 'state is replaced although somebody changed it',
    file: 'src/runtime/state-store.ts',
    find: '...(capabilities.value.conditionalWrites ? { onlyIf: read.etag } : {}),',
    replace: '',
    tests: PUBLISHER,
  },
  {
    name: 'the tracker is replaced although somebody edited it',
    file: 'src/steps/tracker-document.ts',
    find: '...(capabilities.value.conditionalWrites ? { onlyIf: etag } : {}),',
    replace: '',
    tests: ['test/mill/state.test.ts'],
  },
  {
    name: 'what fell between a read and a write is not merged back',
    file: 'src/runtime/published-ids.ts',
    find: 'return success(missed.value.length > 0);',
    replace: 'return success(false);',
    tests: [...PUBLISHER, 'src/runtime/state-store.test.ts'],
  },
  {
    name: 'what a dead run or a late publisher wrote over is not looked for',
    file: 'src/runtime/published-ids.ts',
    find: 'seen.etag === this.#complete)',
    replace: 'seen.etag !== null)',
    tests: PUBLISHER,
  },
  {
    name: 'an order is paid before its intent is saved',
    file: 'src/runtime/run-channel.ts',
    find: "if (action.type === 'request-image' || action.type === 'request-video') {",
    replace: "if (action.type === 'request-image' && context.settings.video.duration < 0) {",
    tests: POINTS,
  },
  {
    name: 'a text is paid before its intent is saved',
    file: 'src/runtime/payments.ts',
    find: 'const saved = await journal.save();\n    return saved.ok ? success(reservation)',
    replace: 'const saved: Result<void> = success(undefined);\n    return saved.ok ? success(reservation)',
    tests: SIM,
  },
  {
    name: 'the id of a video task is saved after it was asked after',
    file: 'src/steps/request-video.ts',
    find: "if (started.ok) return happened({ type: 'video-requested'",
    replace:
      "if (started.ok) await videoTasks.status(started.value.taskId);\n    if (started.ok) return happened({ type: 'video-requested'",
    tests: POINTS,
  },
  {
    name: 'an order whose id only the journal knows is placed again',
    file: 'src/steps/recall-order.ts',
    find: 'if (taskId === null) {',
    replace: 'if (taskId !== id) {',
    tests: ['test/mill/lost-ids.test.ts', ...POINTS],
  },
  {
    name: 'the task of an earlier order is taken for that of the last',
    file: 'src/domain/journal-costs.ts',
    find: "entry.type === 'intent' && entry.intent_id === intentId",
    replace: "entry.type === 'intent' && entry.intent_id !== undefined",
    tests: ['src/steps/recall-order.test.ts'],
  },
  {
    name: 'an order whose outcome is unknown is repeated without end',
    file: 'src/domain/limits.ts',
    find: 'export const MAX_UNKNOWN_OUTCOMES = 1;',
    replace: 'export const MAX_UNKNOWN_OUTCOMES = 100;',
    tests: POINTS,
  },
  {
    name: 'a text whose outcome is unknown is repeated without end',
    file: 'src/steps/write-content.ts',
    find: '> MAX_UNKNOWN_OUTCOMES) {',
    replace: '> MAX_UNKNOWN_OUTCOMES + 100) {',
    tests: POINTS,
  },
  {
    name: 'a lost text is counted and then forgotten when its run ends too early',
    file: 'src/steps/write-content.ts',
    find: 'if (hopeless !== null) return drop(writing, hopeless);',
    replace: 'if (hopeless !== null && journal.value.draft?.intent) return drop(writing, hopeless);',
    tests: POINTS,
  },
  {
    name: 'a refused picture is ordered again without end',
    file: 'src/workflow/decide.ts',
    find: 'if ((image.attempts ?? 0) > policy.maxRetries) {',
    replace: 'if ((image.attempts ?? 0) > policy.maxRetries + 100) {',
    tests: POINTS,
  },
  {
    name: 'state is cleared although an upload did not arrive',
    file: 'src/steps/media-files.ts',
    find: 'if (stored.value === null || stored.value.size !== bytes) {',
    replace: 'if (stored.value?.size === -1) {',
    tests: ['test/mill/uploads.test.ts'],
  },
  {
    name: 'an upload whose answer was lost counts when the size is right',
    file: 'src/steps/media-files.ts',
    find: "if (put.failure.effect === 'refused' || attempt === UPLOAD_ATTEMPTS) return put;",
    replace: "if (put.failure.effect === 'refused') return put;\n    break;",
    tests: ['test/mill/uploads.test.ts'],
  },
  {
    name: 'an object is deleted although its copy did not arrive',
    file: 'src/steps/move-objects.ts',
    find: 'if (verified.value === null) {',
    replace: 'if (verified.value === null && size < 0) {',
    tests: SIM,
  },
  {
    name: 'a group that lies in two folders is left there',
    file: 'src/workflow/conveyor.ts',
    find: 'const moves = [...healed.moves];',
    replace: 'const moves: Move[] = [];',
    tests: POINTS,
  },
  {
    name: 'an id is struck off the list that is not archived',
    file: 'src/runtime/tidy.ts',
    find: 'if (there.value.length > 0) archived.push(id);',
    replace: 'if (there.value.length >= 0) archived.push(id);',
    tests: ['src/runtime/tidy.test.ts', 'test/mill/publish.test.ts'],
  },
  {
    name: 'a second id is minted beside an unfinished one',
    file: 'src/workflow/decide.ts',
    find: "if (id === null) return facts.survey.readyInFresh ? stop('stocked') : { type: 'mint-id' };",
    replace: "if (id !== '') return facts.survey.readyInFresh ? stop('stocked') : { type: 'mint-id' };",
    tests: POINTS,
  },
  {
    name: 'a mock video passes for a real one',
    file: 'src/steps/make-mock.ts',
    find: "media: { video: 'mock', reason }",
    replace: "media: { video: 'runway', reason }",
    tests: POINTS,
  },
  {
    name: 'a mock video is stored before the post speaks of it',
    file: 'src/steps/make-mock.ts',
    find: `    const described = await describeMedia(context, folder.value, id, { media: { video: 'mock', reason } });
    if (!described.ok) return failed(described.failure);
`,
    replace: '',
    tests: POINTS,
  },
  {
    name: 'a video that comes late is forgotten',
    file: 'src/workflow/transition.ts',
    find: 'event.late && isRecent(state.image.video_task, now)',
    replace: 'event.late && !isRecent(state.image.video_task, now)',
    tests: POINTS,
  },
  {
    name: 'a mock is replaced although it was published meanwhile',
    file: 'src/steps/media-files.ts',
    find: "if (marked.value) return failure('content_missing'",
    replace: "if (marked.value && id === null) return failure('content_missing'",
    tests: ['test/mill/late.test.ts', ...SIM],
  },
  {
    name: 'there is no pause after a failed order',
    file: 'src/workflow/decide.ts',
    find: 'if (until && left > 0 && left <= LONGEST_BACKOFF_SECONDS)',
    replace: 'if (until && left > LONGEST_BACKOFF_SECONDS)',
    tests: ['src/workflow/spec.test.ts', 'test/mill/picture.test.ts'],
  },
  {
    name: 'a new post takes the id of another one',
    file: 'src/domain/generation-id.ts',
    find: 'while (isTaken(generationIdAt(new Date(candidate)))) candidate += MINUTE;',
    replace: 'if (isTaken(generationIdAt(new Date(candidate)))) candidate += 0 * MINUTE;',
    tests: ['src/domain/generation-id.test.ts', 'test/mill/publish.test.ts'],
  },
  {
    name: 'a text file clashes with another one of its size and is deleted',
    file: 'src/steps/move-objects.ts',
    find: 'if (fromSize > MAX_DOCUMENT_BYTES) return true;',
    replace: 'if (fromSize >= 0) return true;',
    tests: ['src/steps/move-objects.test.ts'],
  },
  {
    name: 'secrets are written into the journal',
    file: 'src/runtime/journal-store.ts',
    find: 'redact(value).slice(0, LONGEST_TEXT)',
    replace: '(redact(value) && value).slice(0, LONGEST_TEXT)',
    tests: ['src/runtime/journal-store.test.ts'],
  },
  {
    name: 'a call that no budget has room for is made',
    file: 'src/runtime/payments.ts',
    find: 'if (stop === null) return counted;',
    replace: 'if (stop !== undefined) return counted;',
    tests: ['test/money/spending.test.ts', 'test/money/payments.test.ts'],
  },
  {
    name: 'a run has no bound on its turns',
    file: 'src/runtime/run-channel.ts',
    find: 'export const MAX_TURNS = 40;',
    replace: 'export const MAX_TURNS = 4_000_000;',
    tests: ['test/mill/turns.test.ts'],
  },
  {
    name: 'after a reset of the image document the journal is not asked what is ordered',
    file: 'src/steps/write-content.ts',
    find: 'return success(progressOf(journal.value, group',
    replace: 'return success(progressOf(journal.value && null, group',
    tests: ['test/mill/state.test.ts', ...SIM],
  },
  {
    name: 'a budget that stops the channel holds up finished posts',
    file: 'src/runtime/run-channel.ts',
    find: "if (done !== null && action.type !== 'tidy') await",
    replace: "if (done?.code === 'usage' && action.type !== 'tidy') await",
    tests: ['test/mill/budget.test.ts'],
  },
  {
    name: 'a main run that met a held lock counts as made',
    file: 'src/domain/run-record.ts',
    find: "if (stop === 'locked' || stop === 'interrupted') return false;",
    replace: "if (stop === 'interrupted') return false;",
    tests: ['src/runtime/scheduler.test.ts', 'test/mill/serve.test.ts'],
  },
  {
    name: 'a useless text is asked for without end',
    file: 'src/steps/write-content.ts',
    find: 'if (useless <= context.settings.content.mostUselessAnswers) return null;',
    replace: 'if (useless >= 0) return null;',
    tests: ['test/mill/content.test.ts'],
  },
];
