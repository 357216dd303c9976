/**
 * Proves with the real engine that a change of the fleet that must not be made is refused in one clear message, and that
 * nothing changes: the broker runs on, on the same files, and every device stays connected. What may be revoked, and how
 * more is allowed for once, is tried beside it. It does not prove anything about lists of thousands of devices.
 */

import { FleetStack, type Pi, pis } from './fleetStack';

jest.setTimeout(300_000);

const stackTrace = /\n\s+at .*:\d+/;
const refused = 'this change is refused; nothing was changed:';
const first: Pi[] = [{ id: 'pi-01', generation: 2 }, ...pis(10).slice(1)];
/** Deployed while changes are refused: pi-10 was revoked. */
const deployed = first.slice(0, 9);
const ids = deployed.map(({ id }) => id);
const strangers: Pi[] = [
  { id: 'new-1' },
  { id: 'pi-10' },
  { id: 'pi-10', generation: 2 },
  { id: 'pi-01', generation: 1 },
];

let fleet: FleetStack;

beforeAll(async () => {
  fleet = new FleetStack();
  await fleet.deploy(first);
  await fleet.connect(first);
});

afterAll(() => fleet.dispose());

test('a revoked device is out at once and cannot come back, and nobody else notices', async () => {
  const before = await fleet.standing();
  const { code } = await fleet.change(deployed, { maxRevokedDevicesPercent: 0 });
  expect(code).toBe(0);
  expect(await fleet.standing()).toEqual({ ...before, current: expect.any(String) });
  expect(await fleet.served()).toEqual(ids);
  expect(await fleet.welcome(first.slice(9))).toEqual([]);
});

const refusals: Array<[string, Pi[], Record<string, unknown>, string[]]> = [
  [
    'a generation that goes backwards',
    [{ id: 'pi-01', generation: 1 }, ...deployed.slice(1), { id: 'new-1' }],
    {},
    [
      'devices: pi-01: generation 1 is behind the deployed 2, and a replaced password must not come back; write generation: 2 or more',
    ],
  ],
  [
    'a revoked device with its old password',
    [...deployed, { id: 'pi-10' }],
    {},
    ['devices: pi-10: was revoked at generation 1, and its password must not come back; write generation: 2'],
  ],
  [
    'more revoked than the share allows',
    [...deployed.slice(0, 7), { id: 'new-1' }],
    {},
    [
      'devices: this would revoke 2 of 9 deployed devices (pi-08, pi-09), and maxRevokedDevicesPercent is 20; ' +
        'put them back, or allow it for this once with maxRevokedDevicesPercent: 23',
    ],
  ],
  [
    'all of them replaced by others',
    [{ id: 'new-1' }],
    { maxRevokedDevicesPercent: 99 },
    [
      'devices: this would revoke all 9 deployed devices',
      'maxRevokedDevicesPercent is 99',
      'maxRevokedDevicesPercent: 100',
    ],
  ],
  [
    'an empty list',
    [],
    {},
    [
      'devices: this would revoke all 9 deployed devices',
      'maxRevokedDevicesPercent is 20',
      'maxRevokedDevicesPercent: 100',
    ],
  ],
];

test.each(refusals)('%s is refused, and nothing changes', async (_, devices, more, words) => {
  const before = await fleet.standing();
  const { code, stdout, stderr } = await fleet.change(devices, more);
  expect(code).not.toBe(0);
  for (const each of [refused, ...words]) expect(stdout.split(each)).toHaveLength(2);
  expect(`${stdout}${stderr}`).not.toMatch(stackTrace);
  expect(await fleet.standing()).toEqual(before);
  expect(await fleet.served()).toEqual(ids);
  expect(await fleet.welcome(strangers)).toEqual([]);
});

test('a list that cannot be meant is refused before anything is touched, all problems at once', async () => {
  const before = await fleet.standing();
  const devices = [...deployed, { id: 'pi-02' }, { id: 'aisa_rpi' }, { id: 'pi/11' }, { id: 'pi-12', role: 'gatewy' }];
  const { code, stdout, stderr } = await fleet.change(devices, {
    roles: [
      { name: 'device', topics: ['write device/{id}/data'] },
      { name: 'gateway', topics: ['read device/%u/data', 'write device/pi-{id}/data'] },
    ],
    devicesFile: 'none.csv',
  });
  expect(code).toBe(1);
  expect(stdout).toBe('');
  for (const problem of ['roles[1].topics[0]: ', 'roles[1].topics[1]: ', 'devices[11].id: "pi/11"', 'none.csv'])
    expect(stderr).toContain(problem);
  expect(stderr).not.toMatch(stackTrace);
  expect(await fleet.standing()).toEqual(before);
  expect(await fleet.served()).toEqual(ids);
});

test('devices that contradict one another or an account are refused before anything is touched', async () => {
  const devices = [...deployed, { id: 'pi-02' }, { id: 'aisa_rpi' }, { id: 'pi-12', role: 'devise' }];
  const { code, stdout, stderr } = await fleet.change(devices);
  expect([code, stdout]).toEqual([1, '']);
  for (const problem of [
    'devices[9]: "pi-02" stands already at devices[1]; use each once',
    'devices[10]: "aisa_rpi" is the user name of accounts[1]; choose another id',
    'devices[11]: there is no role "devise"; did you mean "device"?',
  ])
    expect(stderr).toContain(problem);
  expect(await fleet.served()).toEqual(ids);
});

test('after refusals the list from before has nothing to change', async () => {
  fleet.configure(deployed, { maxRevokedDevicesPercent: 0 });
  await fleet.project.must('preview', fleet.stack, '--expect-no-changes');
});

test('the word of one update allows what is refused without it, once', async () => {
  const before = await fleet.standing();
  const word = ['--config', 'aipi-mqtt:maxRevokedDevicesPercent=100'];
  const { code } = await fleet.change(deployed.slice(0, 4), {}, ...word);
  expect(code).toBe(0);
  expect(await fleet.served()).toEqual(ids.slice(0, 4));
  expect(await fleet.welcome(deployed.slice(4))).toEqual([]);

  // The stack file is as that update left it, but for the devices.
  const file = fleet.read();
  fleet.write(file.replace(/^ +- id: pi-0[234]\n/gm, ''));
  const { code: again, stdout } = await fleet.project.run('up', fleet.stack);
  expect(again).not.toBe(0);
  expect(stdout).toContain('this would revoke 3 of 4 deployed devices (pi-02, pi-03, pi-04)');
  expect(await fleet.served()).toEqual(ids.slice(0, 4));
  const { Id, StartedAt } = await fleet.standing();
  expect({ Id, StartedAt }).toEqual({ Id: before.Id, StartedAt: before.StartedAt });
});
