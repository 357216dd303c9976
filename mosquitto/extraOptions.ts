/** Raw lines for mosquitto.conf: what an operator may add, and what would open the broker or fight this program. */

import { type ConfigurationModel, parseConfiguration, renderConfiguration } from './configuration';

/** Options, or beginnings of options, that are refused, and why. */
const denied: ReadonlyArray<{ prefix: string; reason: string }> = [
  { prefix: 'allow_anonymous', reason: 'it would let anybody in' },
  { prefix: 'listener_allow_anonymous', reason: 'it would let anybody in' },
  { prefix: 'allow_zero_length_clientid', reason: 'it changes who owns a session' },
  { prefix: 'password_file', reason: 'it would replace the accounts' },
  { prefix: 'acl_file', reason: 'it would replace the access rules' },
  { prefix: 'psk_', reason: 'it would add a second way to log in' },
  { prefix: 'use_psk', reason: 'it would add a second way to log in' },
  { prefix: 'auth_', reason: 'it would load code into the broker' },
  { prefix: 'plugin', reason: 'it would load code into the broker' },
  { prefix: 'global_plugin', reason: 'it would load code into the broker' },
  { prefix: 'enable_control_api', reason: 'it would let clients change the broker' },
  { prefix: 'per_listener_settings', reason: 'it would leave listeners without accounts' },
  { prefix: 'include_dir', reason: 'it would read files that nobody reviews' },
  { prefix: 'listener', reason: 'it would open a port; write it into "listeners"' },
  { prefix: 'port', reason: 'it would open a port; write it into "listeners"' },
  { prefix: 'bind_', reason: 'it would open a port; write it into "listeners"' },
  { prefix: 'protocol', reason: 'it belongs to a listener; write it into "listeners"' },
  { prefix: 'http_dir', reason: 'it would serve files to anybody' },
  { prefix: 'mount_point', reason: 'it would move topics away from the access rules' },
  { prefix: 'use_', reason: 'it would change who a client is' },
  { prefix: 'require_certificate', reason: 'it belongs to a listener' },
  { prefix: 'disable_client_cert_date_checks', reason: 'it would accept expired certificates' },
  { prefix: 'cafile', reason: 'it would change whom the broker trusts' },
  { prefix: 'capath', reason: 'it would change whom the broker trusts' },
  { prefix: 'certfile', reason: 'certificates are made by this program' },
  { prefix: 'keyfile', reason: 'certificates are made by this program' },
  { prefix: 'crlfile', reason: 'certificates are made by this program' },
  { prefix: 'dhparamfile', reason: 'it could weaken TLS' },
  { prefix: 'ciphers', reason: 'it could weaken TLS' },
  { prefix: 'tls_', reason: 'it could weaken TLS' },
  { prefix: 'enable_proxy_protocol', reason: 'it would let clients choose their address' },
  { prefix: 'connection', reason: 'a bridge would carry messages past the access rules' },
  { prefix: 'address', reason: 'a bridge would carry messages past the access rules' },
  { prefix: 'bridge_', reason: 'a bridge would carry messages past the access rules' },
  { prefix: 'remote_', reason: 'a bridge would carry messages past the access rules' },
  { prefix: 'topic', reason: 'a bridge would carry messages past the access rules' },
  { prefix: 'user', reason: 'the container chooses the user' },
  { prefix: 'pid_file', reason: 'the container has no place for it' },
  { prefix: 'log_', reason: 'the container reads the log; use "logTypes"' },
  { prefix: 'persistence', reason: 'use the keys that start with "persistence"' },
  { prefix: 'autosave_', reason: 'use the keys that start with "persistence"' },
];

/** What is wrong with a raw line such as `sys_interval 60`, or `undefined` when it may be added. */
export function extraOptionProblem(line: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(line))
    return 'contains a line break or control character; write one option an entry';
  const match = line.match(/^([a-z][a-z0-9_]*) (\S.*)$/);
  if (match === null) return 'is not "option value"; write for example "sys_interval 60"';
  const option = match[1] ?? '';
  if (managedOptions().has(option)) return `"${option}" is managed already; use its own config key`;
  const rule = denied.find(({ prefix }) => option.startsWith(prefix));
  return rule === undefined ? undefined : `"${option}" is refused because ${rule.reason}; remove it`;
}

/** The options that every configuration holds, as the renderer writes them. */
function managedOptions(): Set<string> {
  return new Set(parseConfiguration(renderConfiguration(everything)).map((line) => line.option));
}

/** A model that makes the renderer write every option it knows. */
const everything: ConfigurationModel = {
  listeners: [{ port: 1, protocol: 'mqtt', bindAddress: '127.0.0.1', tls: true, insecurePlaintext: false }],
  limits: {
    maxConnections: 1,
    maxPacketSizeBytes: 1,
    maxQueuedMessages: 1,
    maxInflightMessages: 1,
    maxKeepaliveSeconds: 1,
    memoryLimitMebibytes: 1,
  },
  persistence: {
    persistence: true,
    persistenceFlushPeriodSeconds: 0,
    persistenceSync: 'full',
    persistentClientExpirationDays: 1,
  },
  logging: { logTypes: ['error'], connectionMessages: true },
  extraOptions: [],
};
