/**
 * Limits that more than one place must agree on. What one of them lets in, another has to read again: where the two differ,
 * an accepted configuration leaves a document behind that stops every later run (I4).
 */

/** A submission or a text whose outcome nobody knows is repeated once, and never a second time (I3). */
export const MAX_UNKNOWN_OUTCOMES = 1;

/** A focus, and the topic that it becomes when topics are switched off, in characters. */
export const FOCUS_LIMIT = 500;

/** The text of a post, and the comment on it, in characters. */
export const TEXT_LIMIT = 4_000;

/** A creative approach or a restriction, in characters. */
export const IDEA_LIMIT = 1_000;
