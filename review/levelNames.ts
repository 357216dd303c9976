/** Names of what a pipeline may fail by. */
export const levels = [
  'everybody-disconnected',
  'access-widened',
  'listener-opened',
  'tls-weakened',
  'fleet-shrinks',
  'protected-replaced',
  'certificate-expires',
  'drift',
] as const;
export type Level = (typeof levels)[number];
