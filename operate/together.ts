/**
 * Waits until each of several proofs has come to its end, so that what one has started is taken away also where another
 * one has failed.
 *
 * @throws the first failure
 */
export async function together<T extends readonly unknown[]>(
  work: readonly [...{ [Each in keyof T]: Promise<T[Each]> }],
): Promise<T> {
  const ended = await Promise.allSettled(work);
  const results = ended.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
  return results as unknown as T;
}
