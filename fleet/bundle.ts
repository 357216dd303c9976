/** What a device boots with, as paths and texts. */

import type { ClientCertificate } from '../certificates/client';
import { allows } from '../mosquitto/acl';
import type { Device } from './device';
import { type DeviceFacts, deviceFacts, type Enrolment } from './enrolment';
import { explorerConnection } from './explorer';
import { idPlaceholder, rulesFor } from './role';
import { devicePassword } from './secrets';

/** Where the installer puts these files on the device. */
const installed = { authority: '/etc/aipi/ca.pem', certificate: '/etc/aipi/client.pem', key: '/etc/aipi/client.key' };

/**
 * The files of a device's bundle, path to text.
 *
 * `boot/` is for the boot partition of its card. `extras/` is for other tools; a secret stands there where the tool
 * takes it from nowhere else.
 *
 * @param templates files that are the same in each bundle, path to text
 * @param certificate null where the listener for devices requires none
 * @throws Error where the role keeps the device from the message that proves it, or a certificate is required and missing
 */
export function bundleFiles(
  enrolment: Enrolment,
  device: Device,
  templates: Readonly<Record<string, string>>,
  certificate: ClientCertificate | null,
): Record<string, string> {
  refuseWithoutCertificate(enrolment, device, certificate);
  const facts = deviceFacts(enrolment, device, certificate);
  refuseWithoutProof(enrolment, facts);
  const password = devicePassword(enrolment.rootSecret, device);
  const authority = enrolment.tls ? enrolment.certificateAuthority : null;
  return {
    ...templates,
    'boot/aipi/device.json': json(facts),
    'boot/aipi/password': password,
    ...(authority !== null && { 'boot/aipi/ca.pem': authority }),
    ...(certificate && {
      'boot/aipi/client.pem': certificate.certificate,
      'boot/aipi/client.key': certificate.privateKey,
    }),
    'extras/mosquitto_pub': mosquittoOptions(facts, password),
    'extras/mqtt-explorer.json': json(explorerConnections(facts, password, authority, certificate)),
    'extras/ansible/host_vars.json': json(hostVariables(facts)),
  };
}

/** Without one the device would be refused before it can send a user name. */
function refuseWithoutCertificate(
  { clientCertificates }: Enrolment,
  { id }: Device,
  certificate: ClientCertificate | null,
): void {
  if (!clientCertificates || certificate) return;
  throw new Error(`${id}: the listener for devices requires a certificate, and none was issued for this bundle`);
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
function mosquittoOptions(facts: DeviceFacts, password: string): string {
  const { host, port, tls, username, client_id, certificate_file } = facts;
  const options = [
    ['host', host],
    ['port', port],
    ...(tls ? [['cafile', installed.authority]] : []),
    ...(certificate_file
      ? [
          ['cert', installed.certificate],
          ['key', installed.key],
        ]
      : []),
    ['id', client_id],
    ['username', username],
    ['pw', password],
  ];
  return options.map(([name, value]) => `--${name} ${value}\n`).join('');
}

function explorerConnections(
  { host, port, tls, username, client_id, topics }: DeviceFacts,
  password: string,
  authority: string | null,
  certificate: ClientCertificate | null,
) {
  return explorerConnection({
    name: username,
    host,
    port,
    protocol: 'mqtt',
    tls,
    clientId: client_id,
    username,
    password,
    authority,
    certificate,
    topics: topics.subscribe,
  });
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
