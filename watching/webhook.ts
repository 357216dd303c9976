/** Where alerts go by HTTP, as a stack file says it. */

/** What is wrong with an address, or `undefined` when it is one or empty. It may hold a secret, so no message shows it. */
export function webhookProblem(address: string): string | undefined {
  if (address === '') return undefined;
  const remedy = 'write one that begins with "https://" or "http://", as a secret';
  if (!URL.canParse(address)) return `is no address of the web; ${remedy}`;
  return ['https:', 'http:'].includes(new URL(address).protocol) ? undefined : `is no address of the web; ${remedy}`;
}
