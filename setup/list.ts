/** Things in words, "and" before the last. */
export function list(things: readonly string[]): string {
  return things.length < 2 ? things.join() : `${things.slice(0, -1).join(', ')} and ${things.at(-1)}`;
}
