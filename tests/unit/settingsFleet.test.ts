/** The fleet of a configuration: what the settings make of it, and each rule that needs more than one value. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../settings';
import { type Config, problemsOf, settingsOf } from './rawConfig';

const folder = mkdtempSync(join(tmpdir(), 'aipi-fleet-'));
const idRemedy = 'write an id in quotes, such as "pi-001", or a set of id, generation, role and metadata';

afterAll(() => rmSync(folder, { recursive: true }));

/** Settings with the given lines in `devices.csv`. */
function withFile(lines: string[], overrides: Config = {}): Config {
  writeFileSync(join(folder, 'devices.csv'), lines.map((line) => `${line}\n`).join(''));
  return { devicesFile: 'devices.csv', ...overrides };
}

function read(config: Config): Settings {
  return settingsOf(config, 'dev', folder);
}

function problems(config: Config): readonly string[] {
  return problemsOf(config, folder);
}

function roles(...names: string[]): Config {
  return { roles: names.map((name) => ({ name, topics: [`write ${name}/{id}`] })) };
}

describe('the fleet of the settings', () => {
  it('is that of the configuration and that of the file together, by id', () => {
    const config = withFile(['id,generation,metadata.room', 'pi-2,3,hall', 'Pi-9,,', 'pi-10,,'], {
      devices: [{ id: 'pi-3', metadata: { room: 'lab', floor: 2, cellar: false } }, 'pi-1'],
    });
    const { devices, inlineDevices, devicesFile } = read(config);
    const inline = [
      { id: 'pi-1', generation: 1, role: 'device', metadata: {} },
      { id: 'pi-3', generation: 1, role: 'device', metadata: { room: 'lab', floor: '2', cellar: 'false' } },
    ];
    expect(devices).toEqual([
      { id: 'Pi-9', generation: 1, role: 'device', metadata: {} },
      inline[0],
      { id: 'pi-10', generation: 1, role: 'device', metadata: {} },
      { id: 'pi-2', generation: 3, role: 'device', metadata: { room: 'hall' } },
      inline[1],
    ]);
    expect(inlineDevices).toEqual(inline);
    expect(devicesFile).toBe('devices.csv');
  });

  it('may be that of YAML', () => {
    writeFileSync(join(folder, 'devices.yaml'), '- pi-2\n- pi-1\n');
    expect(read({ devicesFile: 'devices.yaml' }).devices.map(({ id }) => id)).toEqual(['pi-1', 'pi-2']);
  });

  it('may be empty, with and without a file', () => {
    expect(read(withFile(['id']))).toMatchObject({ devices: [], devicesFile: 'devices.csv' });
    expect(read({ devices: [], devicesFile: '' })).toMatchObject({ devices: [], devicesFile: undefined });
  });

  it('is read from the folder of the project where no other is given', () => {
    const path = 'tests/golden/everything/devices.csv';
    expect(settingsOf({ devicesFile: path, ...roles('device', 'gateway') }).devices).not.toEqual([]);
  });

  it('may have 1,000 devices in the configuration', () => {
    const devices = Array.from({ length: 1_000 }, (_, index) => `pi-${index}`);
    expect(read({ devices }).devices).toHaveLength(1_000);
  });

  it('needs no listener where there is no device', () => {
    expect(problems({ listeners: [{ port: 1883 }] })).toEqual([]);
  });

  it('may have roles that no device has, and devices that all name one', () => {
    expect(problems({ devices: [{ id: 'a', role: 'sensor' }], ...roles('sensor', 'gateway') })).toEqual([]);
  });
});

describe('a fleet is refused with the exact words', () => {
  const characters = 'use letters, digits, "-", "_", "."';
  it.each<[string, Config, string[]]>([
    [
      'bad ids',
      { devices: ['', 'pi/7', { id: 'a'.repeat(65) }, '.', { generation: 2 }] },
      [
        'devices[0]: "" is empty; write an id such as "pi-001"',
        `devices[1]: "pi/7" contains "/"; ${characters}`,
        `devices[2].id: "${'a'.repeat(65)}" is longer than 64 characters; shorten it`,
        'devices[3]: "." is the name of a folder; write an id such as "pi-001"',
        'devices[4].id: is missing; write a text',
      ],
    ],
    [
      'things that are no device',
      { devices: [12, null, ['a'], true] },
      [
        `devices[0]: 12 cannot be used; ${idRemedy}`,
        `devices[1]: a set of "key: value" lines cannot be used; ${idRemedy}`,
        `devices[2]: a list cannot be used; ${idRemedy}`,
        `devices[3]: true cannot be used; ${idRemedy}`,
      ],
    ],
    ['a number for an id', { devices: [{ id: 12 }] }, ['devices[0].id: 12 cannot be used; write a text']],
    ['no list', { devices: 'pi-1' }, ['devices: "pi-1" cannot be used; write a list']],
    [
      'a misspelt key',
      { devices: ['a', { id: 'b', genration: 2 }] },
      ['devices[1].genration: there is no such key; did you mean "generation"?'],
    ],
    [
      'a bad generation',
      {
        devices: [
          { id: 'a', generation: 0 },
          { id: 'b', generation: 1_000_001 },
          { id: 'c', generation: '2' },
        ],
      },
      ['0', '1000001', '"2"'].map(
        (shown, index) =>
          `devices[${index}].generation: ${shown} cannot be used; write a whole number from 1 to 1000000`,
      ),
    ],
    [
      'bad facts, which are not shown',
      {
        devices: [
          { id: 'a', metadata: { 'a b': 'x', key: 's3cret\u0007', list: ['s3cret'], none: null, empty: '' } },
          { id: 'b', metadata: 's3cret'.repeat(200).split('') },
          { id: 'c', metadata: { long: 's3cret'.repeat(200) } },
        ],
      },
      [
        'devices[0].metadata: "a b" is not the name of a fact; write 1 to 64 letters, digits, "-", "_"',
        'devices[0].metadata: "key" contains a control character; remove it',
        'devices[0].metadata: "list" is no text; write one',
        'devices[0].metadata: "none" is no text; write one',
        'devices[0].metadata: "empty" is empty; write a text, or leave the fact out',
        'devices[1].metadata: a list cannot be used; write a set of "name: value" lines',
        'devices[2].metadata: "long" is longer than 1024 characters; shorten it',
      ],
    ],
    [
      'more devices than the configuration can hold',
      { devices: Array.from({ length: 1_001 }, (_, index) => `pi-${index}`) },
      ['devices: has more than 1000 devices; write them into a file, and its path into "devicesFile"'],
    ],
    [
      'devices that take more of it than there is',
      { devices: Array.from({ length: 900 }, (_, index) => ({ id: `pi-${index}`, metadata: { a: 'x'.repeat(100) } })) },
      [
        'devices: takes 131293 bytes, and the configuration has room for 100000; ' +
          'write them into a file, and its path into "devicesFile"',
      ],
    ],
    [
      'an id twice',
      { devices: ['pi-1', 'pi-2', { id: 'pi-1' }] },
      ['devices[2]: "pi-1" stands already at devices[0]; use each once'],
    ],
    [
      'names of verification',
      { devices: ['aipi-verify', 'aipi_verify', { id: 'aipi-verify.device' }] },
      ['aipi-verify', 'aipi_verify', 'aipi-verify.device'].map(
        (id, index) => `devices[${index}]: "${id}" is reserved for verification; choose another id`,
      ),
    ],
    [
      'the name of an account',
      { devices: ['aisa_rpi'] },
      ['devices[0]: "aisa_rpi" is the user name of accounts[1]; choose another id'],
    ],
    [
      'an unknown role',
      { devices: [{ id: 'a', role: 'sensr' }], ...roles('device', 'sensor') },
      ['devices[0]: there is no role "sensr"; did you mean "sensor"? The roles are device, sensor'],
    ],
    [
      'no role for a device that names none',
      { devices: ['a', { id: 'b', role: 'sensor' }], ...roles('gateway', 'sensor') },
      ['devices[0]: there is no role "device", which a device has that names none; ' + 'write one of gateway, sensor'],
    ],
    [
      'no listener for them',
      { devices: ['a', 'b'], listeners: [{ port: 1883 }] },
      ['listeners: none is for devices, of which there are 2; write one with clients: devices'],
    ],
    [
      'no listener for accounts',
      {
        listeners: [
          { port: 1883, clients: 'devices' },
          { port: 9001, protocol: 'websockets' },
        ],
      },
      ['listeners: none has protocol mqtt and clients accounts, by which new files are rehearsed; write one'],
    ],
    [
      'other clients of a listener',
      { listeners: [{ port: 1883 }, { port: 1884, clients: 'everybody' }] },
      ['listeners[1].clients: "everybody" cannot be used; write accounts or devices'],
    ],
    ['no role', { roles: [] }, ['roles: is empty, so no device could have one; write at least one role']],
    [
      'bad names of roles',
      {
        roles: [
          { name: 'a b', topics: [] },
          { name: '', topics: [] },
          { name: 'a'.repeat(33), topics: [] },
          { topics: [] },
        ],
      },
      [
        ...['"a b"', '""', `"${'a'.repeat(33)}"`].map(
          (shown, index) =>
            `roles[${index}].name: ${shown} is not the name of a role; write 1 to 32 letters, digits, "-", "_"`,
        ),
        'roles[3].name: is missing; write a text',
      ],
    ],
    [
      'a role twice',
      roles('device', 'a', 'device'),
      ['roles[2].name: "device" stands already at roles[0]; use each once'],
    ],
    [
      'a misspelt key of a role',
      { roles: [{ name: 'device', topics: [], topic: [] }] },
      ['roles[0].topic: there is no such key; did you mean "topics"?'],
    ],
    [
      'bad topics of a role',
      {
        roles: [
          {
            name: 'device',
            topics: [
              'read ok/{id}',
              'publish a',
              'read a//b',
              'write device/%u/data',
              'write device/x{id}',
              'write $SYS/{id}',
              'read $share/a/{id}',
              'read device/aipi-verify/data',
            ],
          },
        ],
      },
      [
        'roles[0].topics[1]: "publish a" is not "access topic": "publish" is no access; ' +
          'write read, write, readwrite, deny, then a topic, such as "read device/control"',
        'roles[0].topics[2]: "read a//b" has an empty level; remove the extra "/"',
        'roles[0].topics[3]: "write device/%u/data" contains %u; write {id} for the device\'s own id',
        'roles[0].topics[4]: "write device/x{id}" has a level "x{id}"; {id} must be alone in its level',
        'roles[0].topics[5]: "write $SYS/{id}" reaches into "$" topics, which belong to the broker; ' +
          'write "read $SYS/…" or a topic without "$"',
        'roles[0].topics[6]: "read $share/a/{id}" reaches into "$" topics, which belong to the broker; ' +
          'write "read $SYS/…" or a topic without "$"',
        'roles[0].topics[7]: "read device/aipi-verify/data" names "aipi-verify", which is reserved for verification; rename it',
      ],
    ],
    [
      'a share that is none',
      { maxRevokedDevicesPercent: 101, deviceSecretGeneration: 0 },
      [
        'maxRevokedDevicesPercent: 101 cannot be used; write a whole number from 0 to 100',
        'deviceSecretGeneration: 0 cannot be used; write a whole number from 1 to 1000000',
      ],
    ],
    [
      'a file that is not there',
      { devicesFile: 'missing.csv' },
      ['devicesFile: "missing.csv" does not exist; write the path of a file that is there'],
    ],
  ])('%s', (_, config, expected) => {
    expect(problems(config)).toEqual(expected);
    expect(expected.join('')).not.toContain('s3cret');
  });

  it('devices that stand in the configuration and in the file, or twice in it', () => {
    const config = withFile(['id', 'pi-1', '# c', 'pi-7', 'pi-1'], { devices: ['a', 'b', 'pi-9', 'pi-7'] });
    expect(problems(config)).toEqual([
      'devices[3]: "pi-7" stands already at devices.csv, line 4; use each once',
      'devices.csv, line 5: "pi-1" stands already at devices.csv, line 2; use each once',
    ]);
  });

  it('devices of the file, for all that a device of the configuration is refused for', () => {
    const config = withFile(['id,role', 'aipi-verify,', 'aisa_server,', 'pi-1,divice'], {
      listeners: [{ port: 1883 }],
    });
    expect(problems(config)).toEqual([
      'listeners: none is for devices, of which there are 3; write one with clients: devices',
      'devices.csv, line 2: "aipi-verify" is reserved for verification; choose another id',
      'devices.csv, line 3: "aisa_server" is the user name of accounts[0]; choose another id',
      'devices.csv, line 4: there is no role "divice"; did you mean "device"? The roles are device',
    ]);
  });

  it('a file of many faults by its first 20', () => {
    const config = withFile(['id', ...Array.from({ length: 117 }, (_, index) => `pi ${index}`)]);
    const found = problems(config);
    expect(found).toHaveLength(21);
    expect(found[19]).toBe(`devices.csv, line 21: id "pi 19" contains " "; ${characters}`);
    expect(found[20]).toBe('devices.csv: and 97 more');
  });

  it('the faults of the file beside those of every other key', () => {
    const config = withFile(['id,generation', 'pi-1,x'], { maxConnections: 0, devices: [{ id: 'a', generation: 0 }] });
    expect(problems(config).map((problem) => problem.slice(0, problem.indexOf(': ')))).toEqual([
      'maxConnections',
      'devices[0].generation',
      'devices.csv, line 2',
    ]);
  });
});

it('100,000 devices of a file are read and checked', () => {
  const lines = Array.from({ length: 100_000 }, (_, index) => `pi-${index},1,hall`);
  const { devices } = read(withFile(['id,generation,metadata.room', ...lines]));
  expect(devices).toHaveLength(100_000);
  expect(devices[1]).toEqual({ id: 'pi-1', generation: 1, role: 'device', metadata: { room: 'hall' } });
});
