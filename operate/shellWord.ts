/** A text as one word of a POSIX shell, whatever stands in it. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
