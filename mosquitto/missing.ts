/** What stands in one list and not in another. */
export function missing(these: readonly string[], those: readonly string[]): string[] {
  const others = new Set(those);
  return these.filter((each) => !others.has(each));
}
