/** For the environment of the program: who started it has said already what the change means. components/review.ts reads it. */
export const said = { AIPI_REVIEWED: '1' } as const;
