/** Releases of Mosquitto, and what each of them can do. Tried with 2.0.11, 2.0.21 and 2.1.2. */

export interface Release {
  /** As Mosquitto says it, such as `2.0.11`; `2.0` alone where only that is known, and the least of all of them holds. */
  version: string;
  /** Whether accounts and rules are files of plug-ins, which each listener chooses from. Since 2.1. */
  hasPlugins: boolean;
  /** Whether a plug-in writes each change of sessions and messages to a database. Since 2.1. */
  hasSqlite: boolean;
  /** Whether an option limits the clients of all listeners together. Since 2.1. */
  hasTotalLimit: boolean;
  /**
   * Whether it forgets what comes for a client that is away, and delayed wills, as soon as listeners have files of their
   * own: without a connection a client has no listener, so nobody allows it anything. 2.0.12 to 2.0.22.
   */
  forgetsAbsent: boolean;
  /** Whether a WebSockets listener on all IPv6 addresses takes those of IPv4 along. 2.0.11, with Debian's libwebsockets. */
  mixesFamilies: boolean;
  /** Whether it counts a client that leaves once. 2.0.11 does twice, so its limit of clients soon holds no longer. */
  countsLeaving: boolean;
  /** Whether MQTT 3.1.1 is refused a keep-alive beyond the limit; MQTT 5 is told the limit by all. Since 2.0.12. */
  boundsKeepalive: boolean;
  /** Whether the limit of keep-alives can be 0, which means none. Since 2.0.13; before, one that is not set is 65535. */
  takesKeepaliveZero: boolean;
}

/** What the official image holds. */
export const imageRelease: Release = releaseOf('2.1.2');

/**
 * The release of a version.
 *
 * @param version as Mosquitto says it, as a package is named, such as `2.0.11-1.2+deb12u2`, or its beginning
 * @throws one sentence that names a version that is not supported
 */
export function releaseOf(version: string): Release {
  const problem = releaseProblem(version);
  if (problem !== undefined) throw new Error(problem);
  const [major = 0, minor = 0, patch] = numbersOf(version) ?? [];
  const isNewer = minor >= 1;
  const isBetween = (from: number, to = Number.POSITIVE_INFINITY) =>
    patch !== undefined && patch >= from && patch <= to;
  return {
    version: [major, minor, ...(patch === undefined ? [] : [patch])].join('.'),
    hasPlugins: isNewer,
    hasSqlite: isNewer,
    hasTotalLimit: isNewer,
    forgetsAbsent: !isNewer && (patch === undefined || isBetween(12, 22)),
    mixesFamilies: !isNewer && !isBetween(12),
    countsLeaving: isNewer || isBetween(12),
    boundsKeepalive: isNewer || isBetween(12),
    takesKeepaliveZero: isNewer || isBetween(13),
  };
}

/** Why a version is not supported; undefined for one that is. */
export function releaseProblem(version: string): string | undefined {
  const numbers = numbersOf(version);
  if (numbers === undefined) return `"${version}" is not a version of Mosquitto; write one such as "2.0.11"`;
  const [major, minor, patch] = numbers;
  if (major > 2 || (major === 2 && minor > 1)) {
    return `Mosquitto ${version} is newer than this program knows; install one of 2.0.11 to 2.1`;
  }
  const isOld = major < 2 || (minor === 0 && patch !== undefined && patch < 11);
  return isOld ? `Mosquitto ${version} is too old; install 2.0.11 or newer` : undefined;
}

function numbersOf(version: string): [major: number, minor: number, patch: number | undefined] | undefined {
  const match = version.match(/^(?:\d+:)?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])/);
  return match === null
    ? undefined
    : [Number(match[1]), Number(match[2]), match[3] === undefined ? undefined : Number(match[3])];
}
