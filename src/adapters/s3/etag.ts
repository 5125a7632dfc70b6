/** An etag without quotes and without the mark of a weak one, which servers and gateways add as they like. */
export function plainEtag(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '');
}

/** As HTTP wants an etag in a condition, and as Ceph's gateway does: it compares the quotes as well. */
export const ETAG_SPELLINGS = ['quoted', 'bare'] as const;
export type EtagSpelling = (typeof ETAG_SPELLINGS)[number];

export function spelled(etag: string, spelling: EtagSpelling): string {
  return spelling === 'quoted' ? `"${etag}"` : etag;
}
