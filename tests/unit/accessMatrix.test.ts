import { fromJSONSchema } from 'zod';
import accessSchema from '../../access/access.schema.json';
import { explain } from '../../access/explain';
import explainSchema from '../../access/explain.schema.json';
import { accessMatrix } from '../../access/matrix';
import { accessModel } from '../../access/model';
import { accessPage } from '../../access/page';
import { accessTable } from '../../commands/accessTable';
import { explanationData, explanationWords } from '../../commands/explanation';
import { type Config, settingsOf } from './rawConfig';

const matrixOf = (config: Config, stack = 'dev') => accessMatrix(stack, accessModel(settingsOf(config)));

const open = {
  dnsNames: ['mqtt.example.org'],
  firewall: ['10.0.0.0/8', '2001:db8::/32'],
  listeners: [
    { port: 1883, bindAddress: '127.0.0.1' },
    { port: 8883, bindAddress: ['0.0.0.0', '::'], tls: true, requireCertificate: true },
    {
      port: 8884,
      bindAddress: '0.0.0.0',
      tls: true,
      requireCertificate: true,
      useIdentityAsUsername: true,
      clients: 'devices',
    },
    { port: 8885, bindAddress: '::', tls: true, firewall: ['192.0.2.0/24'] },
    { port: 9001, protocol: 'websockets', bindAddress: '0.0.0.0', insecurePlaintext: true, unfiltered: true },
  ],
};

describe('accessMatrix', () => {
  it('says of a listener who reaches it, by the families of its addresses', () => {
    expect(matrixOf(open).listeners.map(({ name, networks }) => [name, networks])).toEqual([
      ['mqtt-1883', 'this machine'],
      ['mqtts-8883', ['10.0.0.0/8', '2001:db8::/32']],
      ['mqtts-8884', ['10.0.0.0/8']],
      ['mqtts-8885', []],
      ['ws-9001', 'everybody'],
    ]);
  });

  it('says of a listener who logs in, and by what', () => {
    expect(matrixOf(open).listeners.slice(1, 3)).toMatchObject([
      { clients: 'accounts', tls: true, certificateRequired: true, login: 'password' },
      { clients: 'devices', tls: true, certificateRequired: true, login: 'certificate', path: 'listeners[2]' },
    ]);
  });

  it('shows the first device, or one that stands for it, or none', () => {
    expect(matrixOf({ devices: ['pi-7', 'pi-8'] }).example).toMatchObject({
      id: 'pi-7',
      declared: true,
      rules: expect.arrayContaining([{ access: 'write', topic: 'device/pi-7/data', path: 'roles[0].topics[0]' }]),
    });
    expect(matrixOf({}).example).toMatchObject({ id: 'pi-001', declared: false });
    expect(matrixOf({ listeners: [{ port: 1883, bindAddress: '127.0.0.1' }] }).example).toBeNull();
  });

  it('counts the devices of a role', () => {
    expect(matrixOf({ devices: ['pi-7', 'pi-8'] }).roles).toMatchObject([{ name: 'device', devices: 2 }]);
  });
});

describe('access.schema.json', () => {
  const schema = fromJSONSchema(accessSchema as Parameters<typeof fromJSONSchema>[0]);
  const matrix = matrixOf({ ...open, devices: ['pi-7'], network: 'aipi' });

  it('takes what is printed', () => {
    expect(schema.safeParse(matrix)).toMatchObject({ success: true });
    expect(schema.safeParse(matrixOf({ listeners: [{ port: 1883, bindAddress: '127.0.0.1' }] }))).toMatchObject({
      success: true,
    });
  });

  it.each([
    ['another version', { version: 2 }],
    ['a password', { password: 'secret' }],
    ['a rule of another access', { accounts: [{ username: 'a', rules: [{ access: 'own', topic: 'a', path: 'b' }] }] }],
    ['no network', { network: undefined }],
  ])('refuses %s', (_, change) => {
    expect(schema.safeParse({ ...matrix, ...change })).toMatchObject({ success: false });
  });
});

describe('explain.schema.json', () => {
  const schema = fromJSONSchema(explainSchema as unknown as Parameters<typeof fromJSONSchema>[0]);
  const model = accessModel(settingsOf({ devices: ['pi-7'] }));
  const placeOf = () => ({ file: 'Pulumi.yaml', line: 7, isDefault: true });
  const data = (...[user, action, topic]: [string, 'publish' | 'subscribe', string]) => {
    const explanation = explain(model, user, action, topic);
    if ('problem' in explanation) throw new Error(explanation.problem);
    return explanationData(explanation, 'dev', placeOf);
  };

  it.each([
    ['aisa_rpi', 'publish', 'device/control'],
    ['aisa_rpi', 'publish', 'device/a/data'],
    ['aisa_rpi', 'publish', '$SYS/a'],
    ['pi-7', 'subscribe', '#'],
    ['pi-7', 'subscribe', '$share/a/$SYS/#'],
    ['aipi_verify', 'subscribe', 'device/+/status'],
  ] as const)('takes what is printed of %s %s %s', (user, action, topic) => {
    expect(schema.safeParse(data(user, action, topic))).toMatchObject({ success: true });
  });

  it('refuses what is not asked for', () => {
    const taken = data('pi-7', 'subscribe', '#');
    expect(schema.safeParse({ ...taken, allowed: true })).toMatchObject({ success: false });
    expect(schema.safeParse({ ...taken, password: 'secret' })).toMatchObject({ success: false });
    expect(schema.safeParse({ ...taken, delivered: 'most' })).toMatchObject({ success: false });
  });

  it('an explanation in words names line, file and remedy', () => {
    const explanation = explain(model, 'pi-7', 'publish', 'camera/pi-7');
    if ('problem' in explanation) throw new Error(explanation.problem);
    expect(explanationWords(explanation, placeOf, 'Pulumi.dev.yaml')).toMatchInlineSnapshot(`
"pi-7 (device, role device) may NOT publish to "camera/pi-7": no rule grants it

An MQTT 5 client sees reason code 0x87 (Not authorized) in PUBACK or PUBREC at QoS 1 and 2; nothing at QoS 0.
An MQTT 3.1.1 client sees an ordinary PUBACK or PUBREC, though the message is dropped; nothing at QoS 0.

To allow it:
  add     - write camera/{id}  [to roles[0].topics, Pulumi.yaml:7 (default)]
  (roles in Pulumi.dev.yaml takes the place of the whole default list)

A line of the role device counts for every device of it; no other device has it now.
A last will there is taken at login, and never published."
`);
  });
});

describe('accessTable', () => {
  it('shows what cannot be seen as an escape', () => {
    const table = accessTable(matrixOf({ accounts: [{ username: 'a', topics: ['read a\u200bb'] }] }));
    expect(table).toMatch(/read +a\\u200bb {19}accounts/);
  });
});

describe('accessPage', () => {
  const page = accessPage(
    matrixOf({ accounts: [{ username: 'a', topics: ['read <script>&"\'/\u202eb'] }], network: 'aipi' }, '<b>'),
  );

  it('lets nothing of a configuration act', () => {
    expect(page).not.toMatch(/<script|<b>|\u202e/);
    expect(page).toContain('&lt;script&gt;&amp;&quot;&#39;/<wbr>\\u202eb');
    expect(page).toContain('Pulumi.<wbr>&lt;b&gt;.<wbr>yaml');
  });

  it('allows itself no script and no network, and names nothing elsewhere', () => {
    expect(page).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    );
    expect(page).not.toMatch(/https?:|url\(|@import|@font-face|\ssrc=|\sstyle=|\son\w+=/);
    expect(page.match(/href="[^"]*"/g)).toEqual(['href="#main"']);
  });

  it('has every id once', () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const named = [...page.matchAll(/(?:headers|aria-labelledby)="([^"]*)"/g)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    expect(named.filter((name) => !ids.includes(name))).toEqual([]);
  });

  it('is the same each time', () => {
    expect(accessPage(matrixOf(open))).toBe(accessPage(matrixOf(open)));
  });
});
