/** What deployments and verifications found, as data. */

/** One proved or disproved claim. */
export interface CheckResult {
  check: string;
  ok: boolean;
  /** What was seen, or the cause in words. Never a secret. */
  detail: string;
  /** Duration in milliseconds. */
  ms: number;
  /** Whether it failed for the time alone: nothing that was delivered is worse than what it took the place of. */
  ofTime?: true;
  /** Whether it could not be tried; `detail` says why. It holds nothing then, and disproves nothing. */
  notTried?: true;
}

/** The result of a verification. */
export interface VerificationResult {
  /** When it ended, ISO 8601. */
  time: string;
  /** Name of the folder of files that the broker was proved on. */
  delivered: string;
  /** Checks that held. */
  passed: number;
  checks: CheckResult[];
  /** What clients noticed of the last reload; null where none was watched. */
  steadiness: Steadiness | null;
  /** How long clients were away when the broker was replaced; null where they were not. */
  interruption: Interruption | null;
}

/** What clients that stayed connected during a reload noticed of it. */
export interface Steadiness {
  clients: number;
  disconnects: number;
  /** QoS 1 messages that the broker acknowledged. */
  acknowledged: number;
  /** Acknowledged messages that never arrived. */
  lost: number;
  /** Longest time between two messages that follow each other, in milliseconds; one is sent each 5. */
  longestGapMilliseconds: number;
}

/** A time without a broker. */
export interface Interruption {
  /** From the end of the broker before to the first login at the new one. */
  milliseconds: number;
  /** Lines of the configuration that only a restart applies, as they changed; empty where Docker alone changed. */
  because: string[];
}
