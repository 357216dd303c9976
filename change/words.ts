/** What becomes of the container, in words, before it is done. */

import type { OptionChanges } from './container';

/** Seconds from the last answer of a broker to the first one of its successor, about, as updates were measured. */
export const restartSeconds = 2;

/** Where the text stays the same and the container does not fit it, an earlier version has changed it without a restart. */
export function unappliedWords(restart: readonly string[], { isUnapplied }: OptionChanges): string[] {
  return restart.length === 0 && isUnapplied
    ? ['mosquitto.conf: options that were changed while the broker ran and may not be in force']
    : [];
}

/** What becomes of the container. */
export function optionWords({ restart, live, cautions }: OptionChanges): string[] {
  return [
    ...restartWords([...restart, ...cautions]),
    ...live.map((line) => `The container gets another limit while it runs: ${line}`),
  ];
}

/** Why everybody is disconnected, a line each; none where nobody is. */
export function restartWords(lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [
    `Everybody is disconnected for about ${restartSeconds} s, because only a restart applies:`,
    ...lines.map((line) => `  ${line}`),
  ];
}
