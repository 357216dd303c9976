/** What others have worded, as it may be shown: a client id may have 65,535 bytes, and any of them. */

import { visible } from '../mosquitto/quoted';

/** Longest name that is shown whole. */
const longest = 96;

/** What it holds is seen, and moves nothing around it. */
export function shown(text: string, most = longest): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return visible(cut.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1)));
}
