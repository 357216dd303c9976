/**
 * What puts the table of a broker in force again under systemd: a unit of its own at a boot, and an addition to the service
 * of the package nftables, which takes every table away. Sources: systemd.unit(5), systemd.special(7).
 */

const units = '/etc/systemd/system';

/** Path of the unit. */
export function unitFile(containerName: string): string {
  return `${units}/aipi-mqtt-firewall-${containerName}.service`;
}

/** Path of the addition. */
export function additionFile(containerName: string): string {
  return `${units}/nftables.service.d/aipi-mqtt-firewall-${containerName}.conf`;
}

/** It is done before the network is up, and before Docker of root or of a user is. */
export function unitText(containerName: string, script: string): string {
  return `[Unit]
Description=Who may reach the broker ${containerName}
DefaultDependencies=no
Wants=network-pre.target
Before=network-pre.target sysinit.target shutdown.target
After=local-fs.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft --file ${script}

[Install]
WantedBy=sysinit.target
`;
}

/**
 * The service of the package nftables flushes every table whenever it is started, reloaded, restarted or stopped.
 *
 * A unit that comes after it does not run again then; and where it waits for sockets, as on Fedora, such a unit and that
 * of Docker's socket would wait for each other.
 */
export function additionText(script: string): string {
  const again = `-/usr/sbin/nft --file ${script}`;
  return `[Service]
ExecStartPost=${again}
ExecReload=${again}
ExecStopPost=${again}
`;
}
