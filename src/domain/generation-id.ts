/**
 * A post's name: `YYYYMMDD-HHMM` in UTC (S3). Ids end up in object keys, so anything that is not exactly such a name
 * is refused here and can never become a path.
 */

declare const brand: unique symbol;
export type GenerationId = string & { readonly [brand]: 'GenerationId' };

const PATTERN = /^(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})$/;
const MINUTE = 60_000;

export function isGenerationId(text: unknown): text is GenerationId {
  if (typeof text !== 'string') return false;
  const parts = PATTERN.exec(text);
  if (!parts) return false;
  return generationIdAt(new Date(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}:${parts[5]}:00Z`)) === text;
}

/** The id of the minute that `moment` lies in. An invalid date gives a text that is no id. */
export function generationIdAt(moment: Date): GenerationId {
  if (Number.isNaN(moment.getTime())) return '' as GenerationId;
  const digits = moment.toISOString();
  return `${digits.slice(0, 4)}${digits.slice(5, 7)}${digits.slice(8, 10)}-${digits.slice(11, 13)}${digits.slice(14, 16)}` as GenerationId;
}

/** D9: the id of the first minute from `moment` on that is not taken. */
export function nextFreeGenerationId(moment: Date, isTaken: (id: GenerationId) => boolean): GenerationId {
  let candidate = moment.getTime();
  while (isTaken(generationIdAt(new Date(candidate)))) candidate += MINUTE;
  return generationIdAt(new Date(candidate));
}
