/** An etag without quotes and without the mark of a weak one, which servers and gateways add as they like. */
export function plainEtag(etag: string): string {
  return etag.replace(/^W\//, '').replaceAll('"', '');
}
