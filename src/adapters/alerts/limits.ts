/** What one attempt to tell somebody may take, so that a run's end never hangs on a chat service. */

export const ALERT_SECONDS = 15;
export const ALERT_BYTES = 64 * 1024;
