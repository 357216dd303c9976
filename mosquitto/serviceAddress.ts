/**
 * Where a broker is that is a service and not a container, in the form of the address of an engine: `systemd:` for this
 * machine, `systemd+ssh://USER@HOST:PORT` for another one.
 */

/** @param host `ssh://USER@HOST:PORT`; undefined for this machine */
export function serviceAddress(host: string | undefined): string {
  return host === undefined ? 'systemd:' : `systemd+${host}`;
}

/** Whether an address is that of services, and of no Docker engine. */
export function isService(address: string): boolean {
  return /^systemd(\+ssh)?:/.test(address);
}

/**
 * Address by which `ssh` leads to the machine of an engine or of services.
 *
 * @returns `ssh://USER@HOST:PORT`; undefined where none leads there
 */
export function sshAddress(address: string): string | undefined {
  return /^(systemd\+)?ssh:/.test(address) ? address.replace(/^systemd\+/, '') : undefined;
}
