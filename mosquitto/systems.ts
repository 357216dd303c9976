/** Systems whose packages of Mosquitto this program knows. */

/** Versions by the id of a distribution. Source: os-release(5), `ID` and `VERSION_ID`. */
const versions: ReadonlyMap<string, readonly string[]> = new Map([
  ['debian', ['12', '13']],
  ['raspbian', ['12', '13']],
  ['ubuntu', ['22.04', '24.04']],
]);

/**
 * Why Mosquitto is not installed on a system.
 *
 * @param release text of its `/etc/os-release`
 * @returns words that go on with what is to be done; undefined for a system that is known
 */
export function systemProblem(release: string): string | undefined {
  const value = (name: string) => release.match(new RegExp(`^${name}=["']?([^"'\\n]*)["']?$`, 'm'))?.[1] ?? '';
  const [id, version] = [value('ID'), value('VERSION_ID')];
  if (versions.get(id)?.includes(version)) return undefined;
  return `runs ${value('PRETTY_NAME') || 'a system that does not say what it is'}, and a service is made on Debian 12 and 13, Ubuntu 22.04 and 24.04 and Raspberry Pi OS alone`;
}
