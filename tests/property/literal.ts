/** Whether a filter names exactly one topic. */
export function isLiteral(filter: string): boolean {
  return !/[+#]/.test(filter);
}
