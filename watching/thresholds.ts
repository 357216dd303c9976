/** From when on a value of the broker needs a hand. */

/** Shares of a certificate's early renewal that are left: an update was due for days by then, and nobody ran it. */
export const certificateShares = { warning: 0.7, critical: 7 / 30 } as const;

/** Days before its end from which on a server certificate is renewed, where nothing else is said. */
export const usualEarlyRenewalDays = 30;

/** Of the memory limit. Beyond the limit new messages are refused; a store that fills grows slowly enough for a fifth. */
export const memoryShares = { warning: 0.8, critical: 0.95 } as const;

/** Of the disk, free. The broker writes a whole new database beside the old one before it takes that away. */
export const diskFreeShares = { warning: 0.15, critical: 0.05 } as const;

/** Of what is held for one client: held by all together, it may all be for the same one, whose messages are dropped then. */
export const queueShare = 0.8;

/** What is counted as now: longer than a device needs to come back, shorter than anybody's patience. */
export const recentSeconds = 900;

/** Refused logins in that time: one device with a wrong password gets there, one mistyped password does not. */
export const mostRefusedLogins = 10;

/** The part of the clients that goes at once only if something else than they has failed: a network, a certificate. */
export const goneShare = 0.5;
/** The time in which they have gone. */
export const goneSeconds = 3_600;
/** Of fewer clients half is chance. */
export const fewestGone = 4;

/** A day, and what a nightly run may be late by. */
export const proofHours = 26;
