import { devicesOf, type EnrolmentOutput, enrolmentOf, find } from '../../commands/stack/deployedDevices';
import type { Stack } from '../../commands/stack/stack';
import { fleetDigest } from '../../fleet/device';
import { pack } from '../../fleet/packing';

const device = (id: string, generation = 1) => ({ id, generation, role: 'device', metadata: {} });
const deployed = [device('pi-001'), device('pi-002', 2)];
const stackOf = (devices = deployed) => ({ name: 'prod', settings: { devices } }) as unknown as Stack;
const enrolment = (packed: string | null) =>
  ({ fleet: { count: 2, digest: fleetDigest(deployed), packed } }) as EnrolmentOutput;

describe('enrolmentOf', () => {
  it('is what the stack hands over', () => {
    const output = enrolment(null);
    expect(enrolmentOf(stackOf(), { enrolment: output })).toBe(output);
  });

  it.each([{}, { enrolment: null }])('names the key where no listener is for devices', (outputs) => {
    expect(() => enrolmentOf(stackOf(), outputs)).toThrow(
      'No listener of prod is for devices; write clients: devices at one, then run up',
    );
  });
});

describe('devicesOf', () => {
  it('are those of the outputs, whatever the folder says', () => {
    expect(devicesOf(stackOf([]), enrolment(pack(deployed)))).toEqual(deployed);
  });

  it('are those of the folder where there are too many for the outputs, if they are the same', () => {
    expect(devicesOf(stackOf(), enrolment(null))).toBe(deployed);
    const turned = [device('pi-001'), device('pi-002', 3)];
    expect(() => devicesOf(stackOf(turned), enrolment(null))).toThrow(
      'The devices of this folder are not the 2 that are deployed; run "npm run up -- prod", ' +
        'or go to the version that was deployed',
    );
  });
});

describe('find', () => {
  it('finds a device by its id, to the letter', () => {
    expect(find('pi-002', deployed, 'prod')).toBe(deployed[1]);
  });

  it('names the nearest one, where there is any', () => {
    expect(() => find('PI-02', deployed, 'prod')).toThrow(
      '"PI-02" is no device of prod. Did you mean "pi-002"? "npm run devices -- prod" lists them',
    );
    expect(() => find('pi', [], 'prod')).toThrow('"pi" is no device of prod. "npm run devices -- prod" lists them');
  });
});
