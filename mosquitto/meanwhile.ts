/** Who may reach the ports of a broker while it is replaced: nobody whom one of both, the old and the new, would keep out. */

import { common, familyOf } from './cidr';
import type { Opening } from './firewall';

/**
 * What is in force until the new broker is there. The old one may still answer, by the protocol and the passwords of
 * before; where an update fails it goes on.
 *
 * @param before what is in force
 */
export function meanwhile(before: readonly Opening[], wanted: readonly Opening[]): Opening[] {
  const narrowed = wanted.map((opening) => {
    const own = before.filter((old) => overlaps(old, opening));
    return { ...opening, sources: own.reduce((sources, old) => common(sources, old.sources), opening.sources) };
  });
  const known = new Set(wanted.map(placeOf));
  const leaving = before.filter((opening) => !known.has(placeOf(opening)));
  return named([...narrowed, ...leaving]);
}

/** A name is that of one set of networks. */
function named(openings: readonly Opening[]): Opening[] {
  const sources = new Map<string, string>();
  return openings.map((opening) => {
    const own = JSON.stringify(opening.sources);
    let { listener } = opening;
    while ((sources.get(listener) ?? own) !== own) listener = `${listener}-leaving`;
    sources.set(listener, own);
    return { ...opening, listener };
  });
}

function overlaps(one: Opening, other: Opening): boolean {
  if (one.port !== other.port || familyOf(one.address) !== familyOf(other.address)) return false;
  return one.address === other.address || isAll(one) || isAll(other);
}

function isAll({ address }: Opening): boolean {
  return address === '0.0.0.0' || address === '::';
}

function placeOf({ port, address }: Opening): string {
  return `${address} ${port}`;
}
