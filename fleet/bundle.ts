/** What a device boots with, as paths and texts. */

import { allows } from '../mosquitto/acl';
import type { Device } from './device';
import { type DeviceFacts, deviceFacts, type Enrolment } from './enrolment';
import { idPlaceholder, rulesFor } from './role';
import { devicePassword } from './secrets';

/** Where the installer puts `ca.pem` on the device. */
const installedAuthority = '/etc/aipi/ca.pem';

/**
 * The files of a device's bundle, path to text.
 *
 * `boot/` is for the boot partition of its card. `extras/` is for other tools; a password stands there where the tool
 * takes one from nowhere else.
 *
 * @param templates files that are the same in each bundle, path to text
 * @throws Error where the role keeps the device from the message that proves it
 */
export function bundleFiles(
  enrolment: Enrolment,
  device: Device,
  templates: Readonly<Record<string, string>>,
): Record<string, string> {
  const facts = deviceFacts(enrolment, device);
  refuseWithoutProof(enrolment, facts);
  const password = devicePassword(enrolment.rootSecret, device);
  const authority = enrolment.tls ? enrolment.certificateAuthority : null;
  return {
    ...templates,
    'boot/aipi/device.json': json(facts),
    'boot/aipi/password': password,
    ...(authority !== null && { 'boot/aipi/ca.pem': authority }),
    'extras/mosquitto_pub': mosquittoOptions(facts, password),
    'extras/mqtt-explorer.json': json(explorerConnections(facts, password, authority)),
    'extras/ansible/host_vars.json': json(hostVariables(facts)),
  };
}

/** The installer keeps the password on the card until the broker has taken this message. */
function refuseWithoutProof({ roles }: Enrolment, { username, role, topic_prefix }: DeviceFacts): void {
  const { rules } = roles.find(({ name }) => name === role) ?? { rules: [] };
  if (allows(rulesFor({ name: role, rules }, username), 'write', `${topic_prefix}/status`)) return;
  const needed = `write device/${idPlaceholder}/status`;
  throw new Error(
    `${username}: the role "${role}" lacks "${needed}", by which a device proves itself; add it and deploy`,
  );
}

/** Options of mosquitto_pub and mosquitto_sub, one a line. Source: mosquitto_pub(1), "Options File". */
function mosquittoOptions({ host, port, tls, username, client_id }: DeviceFacts, password: string): string {
  const options = [
    ['host', host],
    ['port', port],
    ...(tls ? [['cafile', installedAuthority]] : []),
    ['id', client_id],
    ['username', username],
    ['pw', password],
  ];
  return options.map(([name, value]) => `--${name} ${value}\n`).join('');
}

/** A file for "Import connections" of MQTT Explorer: id of a connection to the connection. */
function explorerConnections(facts: DeviceFacts, password: string, authority: string | null) {
  const { host, port, tls, username, client_id, topics } = facts;
  const data = authority === null ? undefined : Buffer.from(authority).toString('base64');
  return {
    [username]: {
      configVersion: 1,
      type: 'mqtt',
      id: username,
      name: username,
      protocol: 'mqtt',
      host,
      port,
      encryption: tls,
      certValidation: true,
      ...(data !== undefined && { selfSignedCertificate: { name: 'ca.pem', data } }),
      clientId: client_id,
      username,
      password,
      subscriptions: topics.subscribe.map((topic) => ({ topic, qos: 1 })),
    },
  };
}

/** Without metadata: Ansible would take braces in it for a template. */
function hostVariables({ host, port, tls, username, topic_prefix, generation, role }: DeviceFacts) {
  return {
    aipi_id: username,
    aipi_host: host,
    aipi_port: port,
    aipi_tls: tls,
    aipi_topic_prefix: topic_prefix,
    aipi_generation: generation,
    aipi_role: role,
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
