/** Says what could not be looked at, and why; the part goes without it. */
export type Report = (what: string, error: unknown) => undefined;
