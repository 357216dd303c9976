import { parseConfiguration, renderConfiguration } from '../../mosquitto/configuration';
import { releaseOf } from '../../mosquitto/release';
import { settingsOf } from './rawConfig';

const plain = { port: 1883, protocol: 'mqtt', bindAddress: '127.0.0.1' };
const tls = { port: 8883, protocol: 'mqtt', bindAddress: '0.0.0.0', tls: true };
const webSockets = { port: 9001, protocol: 'websockets', bindAddress: '0.0.0.0', tls: true };

function render(overrides: Record<string, unknown> = {}): string {
  return renderConfiguration(settingsOf({ dnsNames: ['a.example'], ...overrides }));
}

function valuesOf(option: string, text: string): string[] {
  return parseConfiguration(text)
    .filter((line) => line.option === option)
    .map((line) => line.value);
}

/** The lines from `listener PORT` to the next empty line. */
function blockOf(port: number, text: string): string[] {
  const lines = text.split('\n');
  const start = lines.indexOf(`listener ${port}`);
  return lines.slice(start, lines.indexOf('', start));
}

const current = '/mosquitto/config/deployed/current';

describe('renderConfiguration', () => {
  it('never lets anybody in without an account', () => {
    expect(valuesOf('allow_anonymous', render())).toEqual(['false']);
  });

  it('reads accounts and access rules by the plug-ins, each with its file directly beneath', () => {
    const lines = render().split('\n');
    const passwords = lines.indexOf('plugin_load accounts_password_file /usr/lib/mosquitto_password_file.so');
    const acl = lines.indexOf('plugin_load accounts_acl_file /usr/lib/mosquitto_acl_file.so');
    expect(passwords).toBeGreaterThanOrEqual(0);
    expect(acl).toBeGreaterThan(passwords);
    expect(lines[passwords + 1]).toBe(`plugin_opt_password_file ${current}/passwords`);
    expect(lines[acl + 1]).toBe(`plugin_opt_acl_file ${current}/acl`);
  });

  it.each(['password_file', 'acl_file', 'per_listener_settings', 'persistence'])(
    'does without %s, which is deprecated or fights a plug-in',
    (option) => {
      expect(valuesOf(option, render())).toEqual([]);
    },
  );

  it('writes every limit in the unit of Mosquitto', () => {
    const text = render({
      maxConnections: 11,
      maxPacketSizeBytes: 2_222,
      maxQueuedMessages: 33,
      maxInflightMessages: 44,
      maxKeepaliveSeconds: 55,
      memoryLimitMebibytes: 64,
    });
    expect(valuesOf('global_max_connections', text)).toEqual(['11']);
    expect(valuesOf('max_packet_size', text)).toEqual(['2222']);
    expect(valuesOf('max_queued_messages', text)).toEqual(['33']);
    expect(valuesOf('max_inflight_messages', text)).toEqual(['44']);
    expect(valuesOf('max_keepalive', text)).toEqual(['55']);
    expect(valuesOf('memory_limit', text)).toEqual(['67108864']);
  });

  it('keeps data by the SQLite plug-in, its options directly beneath', () => {
    const lines = render({
      persistenceFlushPeriodSeconds: 7,
      persistenceSync: 'normal',
      persistentClientExpirationDays: 8,
    }).split('\n');
    const start = lines.indexOf('plugin /usr/lib/mosquitto_persist_sqlite.so');
    expect(lines.slice(start + 1, start + 4).sort()).toEqual([
      'plugin_opt_db_file /mosquitto/data/mosquitto.sqlite3',
      'plugin_opt_flush_period 7',
      'plugin_opt_sync normal',
    ]);
    expect(lines).toContain('persistent_client_expiration 8d');
  });

  it('keeps nothing without persistence', () => {
    expect(render({ persistence: false })).not.toContain('persist');
  });

  it('logs the chosen types to standard output, with the time', () => {
    const text = render({ logTypes: ['warning', 'information', 'error'], connectionMessages: false });
    expect(valuesOf('log_dest', text)).toEqual(['stdout']);
    expect(valuesOf('log_timestamp_format', text)).toEqual(['%Y-%m-%dT%H:%M:%S']);
    expect(valuesOf('log_type', text)).toEqual(['error', 'information', 'warning']);
    expect(valuesOf('connection_messages', text)).toEqual(['false']);
  });

  it('gives devices files of their own, and their user name as client id', () => {
    const text = renderConfiguration(settingsOf({ listeners: [{ port: 1883 }, { port: 1884, clients: 'devices' }] }));
    const lines = text.split('\n');
    const passwords = lines.indexOf('plugin_load devices_password_file /usr/lib/mosquitto_password_file.so');
    const acl = lines.indexOf('plugin_load devices_acl_file /usr/lib/mosquitto_acl_file.so');
    expect(lines[passwords + 1]).toBe(`plugin_opt_password_file ${current}/device-passwords`);
    expect(lines[acl + 1]).toBe(`plugin_opt_acl_file ${current}/device-acl`);
    expect(blockOf(1884, text)).toEqual([
      'listener 1884',
      'protocol mqtt',
      'plugin_use devices_password_file',
      'plugin_use devices_acl_file',
      'use_username_as_clientid true',
    ]);
    expect(blockOf(1883, text)).not.toContain('use_username_as_clientid true');
  });

  it('loads nothing for devices where no listener is theirs', () => {
    expect(renderConfiguration(settingsOf({ listeners: [{ port: 1883 }] }))).not.toContain('devices');
  });

  it('gives each listener a block of its own, certificates for TLS only', () => {
    const text = render({ listeners: [webSockets, plain, tls] });
    const certificate = [
      'certfile /mosquitto/config/deployed/current/server-ec.pem',
      'keyfile /mosquitto/config/deployed/current/server-ec.key',
      'tls_version tlsv1.2',
    ];
    const users = ['plugin_use accounts_password_file', 'plugin_use accounts_acl_file'];
    expect(blockOf(1883, text)).toEqual(['listener 1883', 'protocol mqtt', ...users]);
    expect(blockOf(8883, text)).toEqual(['listener 8883', 'protocol mqtt', ...users, ...certificate]);
    expect(blockOf(9001, text)).toEqual(['listener 9001', 'protocol websockets', ...users, ...certificate]);
    expect(valuesOf('listener', text)).toEqual(['1883', '8883', '9001']);
  });

  it('asks for certificates of clients where it should, by the authorities of their kind', () => {
    const asked = { ...tls, requireCertificate: true };
    const text = render({
      listeners: [asked, { ...asked, port: 8884, clients: 'devices', useIdentityAsUsername: true }],
    });
    const files = (kind: string) => [
      `cafile /mosquitto/config/deployed/current/${kind}-ca.pem`,
      `crlfile /mosquitto/config/deployed/current/${kind}-crl.pem`,
      'require_certificate true',
    ];
    expect(blockOf(8883, text).slice(-3)).toEqual(files('accounts'));
    expect(blockOf(8884, text).slice(-4)).toEqual([...files('devices'), 'use_identity_as_username true']);
  });

  it('names the files of the server by the kind of its key, so that another kind shows as a restart', () => {
    const text = render({ listeners: [tls], keyAlgorithm: 'RSA-2048' });
    expect(valuesOf('certfile', text)).toEqual(['/mosquitto/config/deployed/current/server-rsa.pem']);
    expect(valuesOf('keyfile', text)).toEqual(['/mosquitto/config/deployed/current/server-rsa.key']);
  });

  it('puts raw options above the first listener, where they are global', () => {
    const lines = render({ extraOptions: ['sys_interval 60', 'queue_qos0_messages true'] }).split('\n');
    const listener = lines.findIndex((line) => line.startsWith('listener '));
    for (const option of ['sys_interval 60', 'queue_qos0_messages true']) {
      expect(lines.filter((line) => line === option)).toHaveLength(1);
      expect(lines.indexOf(option)).toBeLessThan(listener);
    }
  });

  it('ends with a line break', () => {
    expect(render().endsWith('\n')).toBe(true);
  });
});

describe('renderConfiguration for Mosquitto 2.0', () => {
  const older = (overrides: Record<string, unknown> = {}, version = '2.0.11') =>
    renderConfiguration({ ...settingsOf({ dnsNames: ['a.example'], ...overrides }), release: releaseOf(version) });
  const devices = { ...plain, port: 1884, clients: 'devices' };
  const passwords = [`${current}/passwords`, `${current}/acl`];
  const devicePasswords = [`${current}/device-passwords`, `${current}/device-acl`];
  const filesOf = (text: string) => [...valuesOf('password_file', text), ...valuesOf('acl_file', text)];

  it.each(['plugin', 'plugin_load', 'plugin_use', 'global_max_connections'])('knows no %s', (option) => {
    expect(valuesOf(option, older({ listeners: [plain, devices, webSockets, tls] }))).toEqual([]);
  });

  it('gives each listener files of its own kind, before which nothing about them is said', () => {
    const text = older({ listeners: [plain, devices] });
    expect(text.split('\n')[0]).toBe('per_listener_settings true');
    const [before = '', accounts = '', own = ''] = text.split('\nlistener ');
    expect(filesOf(before)).toEqual([]);
    expect(valuesOf('allow_anonymous', before)).toEqual([]);
    expect(filesOf(accounts)).toEqual(passwords);
    expect(filesOf(own)).toEqual(devicePasswords);
    for (const part of [accounts, own]) expect(valuesOf('allow_anonymous', part)).toEqual(['false']);
  });

  it.each([[[plain, tls], passwords]])(
    'shares the files of accounts alone, so that messages for absent clients are kept',
    (listeners, files) => {
      const text = older({ listeners }, '2.0.21');
      expect(valuesOf('per_listener_settings', text)).toEqual([]);
      expect(filesOf(text)).toEqual(files);
      expect(valuesOf('allow_anonymous', text)).toEqual(['false']);
      expect(text.indexOf('password_file')).toBeLessThan(text.indexOf('listener '));
    },
  );

  it('takes snapshots where the plug-in would write to a database', () => {
    const text = older({ persistenceFlushPeriodSeconds: 0, persistentClientExpirationDays: 3 });
    expect(valuesOf('persistence', text)).toEqual(['true']);
    expect(valuesOf('persistence_location', text)).toEqual(['/mosquitto/data/']);
    expect(valuesOf('autosave_interval', text)).toEqual(['1']);
    expect(valuesOf('persistent_client_expiration', text)).toEqual(['3d']);
    expect(valuesOf('persistence', older({ persistence: false }))).toEqual([]);
    expect(valuesOf('autosave_interval', older({ persistenceFlushPeriodSeconds: 60 }))).toEqual(['60']);
  });

  it('limits each listener where nothing limits all', () => {
    expect(valuesOf('max_connections', older({ listeners: [plain, devices], maxConnections: 77 }))).toEqual([
      '77',
      '77',
    ]);
  });

  it('leaves out a limit of keep-alives that would be refused at the start', () => {
    expect(valuesOf('max_keepalive', older({ maxKeepaliveSeconds: 0 }))).toEqual([]);
    expect(valuesOf('max_keepalive', older({ maxKeepaliveSeconds: 0 }, '2.0.21'))).toEqual(['0']);
    expect(valuesOf('max_keepalive', older({ maxKeepaliveSeconds: 30 }))).toEqual(['30']);
  });
});

describe('parseConfiguration', () => {
  it('reads options with their values, and skips comments and empty lines', () => {
    expect(parseConfiguration('# head\n\nlistener 1883 127.0.0.1\n  \nlog_type error\n')).toEqual([
      { option: 'listener', value: '1883 127.0.0.1' },
      { option: 'log_type', value: 'error' },
    ]);
  });
});
