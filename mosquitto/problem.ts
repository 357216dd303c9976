/** What forbids something that is wanted. */

export interface Problem {
  /** Where it stands in the configuration; undefined where that is not one place. */
  path?: string;
  /** What is wrong. */
  says: string;
  /** What to do, or to write. */
  remedy: string;
}

/** The one wording of a problem: `path: what is wrong; what to do`. */
export function problemWords({ path, says, remedy }: Problem): string {
  return `${path === undefined ? '' : `${path}: `}${says}; ${remedy}`;
}
