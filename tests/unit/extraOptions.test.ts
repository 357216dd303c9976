import { extraOptionProblem } from '../../mosquitto/extraOptions';

const refused = expect.stringMatching(/^is (managed already|refused because .+); .+$/);

describe('extraOptionProblem accepts', () => {
  it.each(['sys_interval 60', 'queue_qos0_messages true', 'max_queued_bytes 1000000', 'global_max_clients 20000'])(
    '%j',
    (line) => {
      expect(extraOptionProblem(line)).toBeUndefined();
    },
  );
});

describe('extraOptionProblem refuses', () => {
  it.each([
    ['listener 9883', 'is refused because it would open a port; write it into "listeners"; remove it'],
    ['allow_anonymous true', 'is refused because it would let anybody in; remove it'],
    ['max_queued_messages 0', 'is managed already; use its own config key'],
    ['use_identity_as_username true', 'is refused because it would change who a client is; remove it'],
    ['include_dir /tmp', 'is refused because it would read files that nobody reviews; remove it'],
    ['sys_interval', 'is not "option value"; write for example "sys_interval 60"'],
    ['', 'is not "option value"; write for example "sys_interval 60"'],
    ['# comment', 'is not "option value"; write for example "sys_interval 60"'],
    [' sys_interval 60', 'is not "option value"; write for example "sys_interval 60"'],
    ['sys_interval 60\nlistener 9883', 'contains a line break or control character; write one option an entry'],
    ['sys_interval 60\r', 'contains a line break or control character; write one option an entry'],
    ['sys_interval\t60', 'contains a line break or control character; write one option an entry'],
    ['sys_interval 60\u0000', 'contains a line break or control character; write one option an entry'],
  ])('%j', (line, problem) => {
    expect(extraOptionProblem(line)).toBe(problem);
  });

  it.each([
    'plugin',
    'plugin_opt_db_file',
    'plugin_opt_flush_period',
    'plugin_opt_sync',
    'persistent_client_expiration',
    'global_max_connections',
    'max_packet_size',
    'max_inflight_messages',
    'max_keepalive',
    'memory_limit',
    'set_tcp_nodelay',
    'log_dest',
    'log_type',
    'log_timestamp_format',
    'connection_messages',
    'protocol',
    'certfile',
    'keyfile',
    'tls_version',
  ])('%s, which the program writes itself', (option) => {
    expect(extraOptionProblem(`${option} 1`)).toEqual(refused);
  });

  it.each([
    ['lets strangers in', ['listener_allow_anonymous', 'allow_zero_length_clientid', 'per_listener_settings']],
    ['replaces accounts or access rules', ['password_file', 'acl_file', 'psk_file', 'psk_hint', 'mount_point']],
    ['loads code', ['auth_plugin', 'auth_opt_x', 'plugin_load', 'plugin_use', 'global_plugin', 'plugin_opt_other']],
    ['lets clients change the broker or their identity', ['enable_control_api', 'enable_proxy_protocol']],
    ['changes who a client is', ['use_username_as_clientid', 'use_subject_as_username']],
    ['reads other files', ['include_dir', 'http_dir', 'pid_file']],
    ['opens a port', ['port', 'bind_address', 'bind_interface']],
    ['opens a port, because no listener stands above it', ['max_connections', 'max_qos', 'socket_domain']],
    [
      'ends the broker, because no listener stands above it',
      ['max_topic_alias', 'websockets_origin', 'accept_protocol_versions'],
    ],
    [
      'weakens TLS',
      ['cafile', 'capath', 'crlfile', 'ciphers', 'dhparamfile', 'tls_engine', 'tls_keyform', 'require_certificate'],
    ],
    ['accepts expired certificates', ['disable_client_cert_date_checks']],
    ['carries messages elsewhere', ['connection', 'address', 'addresses', 'bridge_cafile', 'topic', 'remote_username']],
    ['runs as somebody else', ['user']],
    ['shows retained messages of those who lost access', ['check_retain_source']],
    ['fights the persistence of the program', ['persistence', 'persistence_location', 'autosave_interval']],
    ['hides or moves the log', ['log_facility', 'log_timestamp']],
  ])('what %s', (_, options) => {
    const accepted = options.filter((option) => extraOptionProblem(`${option} false`) === undefined);
    expect(accepted).toEqual([]);
  });
});
