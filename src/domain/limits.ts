/** Limits that more than one place must agree on. */

/** A submission or a text whose outcome nobody knows is repeated once, and never a second time (I3). */
export const MAX_UNKNOWN_OUTCOMES = 1;
