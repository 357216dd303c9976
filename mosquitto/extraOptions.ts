/** Raw lines for mosquitto.conf: what an operator may add, and what would open the broker or fight this program. */

import { defaultsOf } from './configKey';
import { type ConfigurationModel, parseConfiguration, renderConfiguration } from './configuration';
import { limitKeys } from './limits';
import { clientKinds, listenerKeys } from './listeners';
import { loggingKeys } from './logging';
import { persistenceKeys } from './persistence';

/** Options that are refused, and why. A name that ends with "_" stands for every option that begins so. */
const denied: ReadonlyArray<{ name: string; reason: string }> = [
  { name: 'allow_anonymous', reason: 'it would let anybody in' },
  { name: 'listener_allow_anonymous', reason: 'it would let anybody in' },
  { name: 'check_retain_source', reason: 'it could show retained messages of those who lost access' },
  { name: 'allow_zero_length_clientid', reason: 'it changes who owns a session' },
  { name: 'auto_id_prefix', reason: 'a reload takes it away' },
  { name: 'password_file', reason: 'it would replace the accounts' },
  { name: 'acl_file', reason: 'it would replace the access rules' },
  { name: 'psk_', reason: 'it would add a second way to log in' },
  { name: 'use_psk', reason: 'it would add a second way to log in' },
  { name: 'auth_', reason: 'it would load code into the broker' },
  { name: 'plugin', reason: 'it would load code into the broker' },
  { name: 'plugin_', reason: 'it would load code into the broker' },
  { name: 'global_plugin', reason: 'it would load code into the broker' },
  { name: 'enable_control_api', reason: 'it would let clients change the broker' },
  { name: 'per_listener_settings', reason: 'it would leave listeners without accounts' },
  { name: 'include_dir', reason: 'it would read files that nobody reviews' },
  { name: 'listener_', reason: 'it belongs to a listener; write it into "listeners"' },
  { name: 'listener', reason: 'it would open a port; write it into "listeners"' },
  { name: 'port', reason: 'it would open a port; write it into "listeners"' },
  { name: 'bind_', reason: 'it would open a port; write it into "listeners"' },
  { name: 'protocol', reason: 'it belongs to a listener; write it into "listeners"' },
  { name: 'http_dir', reason: 'it would serve files to anybody' },
  { name: 'mount_point', reason: 'it would move topics away from the access rules' },
  { name: 'use_', reason: 'it would change who a client is' },
  { name: 'max_connections', reason: 'before a listener it opens another one; use "maxConnections"' },
  { name: 'max_qos', reason: 'before a listener it opens another one' },
  { name: 'max_topic_alias', reason: 'it belongs to a listener' },
  { name: 'max_topic_alias_broker', reason: 'it belongs to a listener' },
  { name: 'accept_protocol_versions', reason: 'it belongs to a listener' },
  { name: 'socket_domain', reason: 'it belongs to a listener' },
  { name: 'websockets_', reason: 'it belongs to a listener' },
  { name: 'packet_buffer_size', reason: 'it belongs to a listener' },
  { name: 'require_certificate', reason: 'it belongs to a listener' },
  { name: 'disable_client_cert_date_checks', reason: 'it would accept expired certificates' },
  { name: 'cafile', reason: 'it would change whom the broker trusts' },
  { name: 'capath', reason: 'it would change whom the broker trusts' },
  { name: 'certfile', reason: 'certificates are made by this program' },
  { name: 'keyfile', reason: 'certificates are made by this program' },
  { name: 'crlfile', reason: 'certificates are made by this program' },
  { name: 'dhparamfile', reason: 'it could weaken TLS' },
  { name: 'ciphers', reason: 'it could weaken TLS' },
  { name: 'tls_', reason: 'it could weaken TLS' },
  { name: 'enable_proxy_protocol', reason: 'it would let clients choose their address' },
  { name: 'connection', reason: 'a bridge would carry messages past the access rules' },
  { name: 'addresses', reason: 'a bridge would carry messages past the access rules' },
  { name: 'address', reason: 'a bridge would carry messages past the access rules' },
  { name: 'bridge_', reason: 'a bridge would carry messages past the access rules' },
  { name: 'remote_', reason: 'a bridge would carry messages past the access rules' },
  { name: 'topic', reason: 'a bridge would carry messages past the access rules' },
  { name: 'user', reason: 'the container chooses the user' },
  { name: 'pid_file', reason: 'the container has no place for it' },
  { name: 'log_', reason: 'the container reads the log; use "logTypes"' },
  { name: 'persistence_', reason: 'use the keys that start with "persistence"' },
  { name: 'persistence', reason: 'use the keys that start with "persistence"' },
  { name: 'autosave_', reason: 'use the keys that start with "persistence"' },
];

/** What is wrong with a raw line such as `sys_interval 60`, or `undefined` when it may be added. */
export function extraOptionProblem(line: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]|\p{Surrogate}/u.test(line))
    return 'contains a line break or control character; write one option an entry';
  const match = line.match(/^([a-z][a-z0-9_]*) (\S.*)$/);
  if (match === null) return 'is not "option value"; write for example "sys_interval 60"';
  const option = match[1] ?? '';
  const rule = denied.find(({ name }) => option === name || (name.endsWith('_') && option.startsWith(name)));
  if (rule !== undefined) return `is refused because ${rule.reason}; remove it`;
  return managedOptions().has(option) ? 'is managed already; use its own config key' : undefined;
}

/** The options that have a key of their own, and those that every configuration holds, as the renderer writes them. */
function managedOptions(): Set<string> {
  const keys = [limitKeys, persistenceKeys, loggingKeys, listenerKeys].flatMap((table) => Object.values(table));
  const written = parseConfiguration(renderConfiguration(everything));
  return new Set([...keys, ...written].map(({ option }) => option));
}

/** A model that makes the renderer write every option it knows. */
const everything: ConfigurationModel = {
  listeners: clientKinds.map((clients) => ({
    port: 1,
    protocol: 'mqtt',
    clients,
    bindAddress: '127.0.0.1',
    tls: true,
    insecurePlaintext: false,
    unfiltered: false,
    ...defaultsOf(listenerKeys),
    requireCertificate: true,
    useIdentityAsUsername: true,
  })),
  serverKeyType: 'ec',
  limits: defaultsOf(limitKeys),
  persistence: { persistence: true, ...defaultsOf(persistenceKeys) },
  logging: defaultsOf(loggingKeys),
  extraOptions: [],
};
