import type { User } from '../../mosquitto/render';
import { planFor, type Target, verifiedCertificates } from '../../mosquitto/verificationPlan';
import { playersOf } from '../../operate/observers';
import { settingsOf } from './rawConfig';

const user = (username: string): User => ({ username, password: `password of ${username}`, rules: [] });
const [server, old, witness, pi, other] = [
  'aisa_server',
  'aisa_rpi',
  'aipi_verify',
  'aipi-verify.1',
  'aipi-verify.2',
].map(user) as [User, User, User, User, User];

const listeners = [
  { port: 1883, bindAddress: '127.0.0.1' },
  { port: 9001, bindAddress: '127.0.0.1', protocol: 'websockets' },
  { port: 1884, bindAddress: '127.0.0.1', clients: 'devices' },
  { port: 1885, bindAddress: '127.0.0.1', clients: 'devices' },
];
const plan = planFor(
  settingsOf({ listeners }),
  [server, old, witness],
  [pi, other],
  verifiedCertificates('', null, {}, {}),
);

const played = (places: readonly Target[], staying: readonly User[]) =>
  playersOf(places, plan, staying).map(({ place, user: { username } }) => `${username} at ${place.port}`);

describe('playersOf', () => {
  it('are each account on each of its listeners, and one device on one of its own', () => {
    expect(played(plan.targets, [server, old, witness, pi, other])).toEqual([
      'aisa_server at 1883',
      'aisa_rpi at 1883',
      'aipi_verify at 1883',
      'aisa_server at 9001',
      'aisa_rpi at 9001',
      'aipi_verify at 9001',
      'aipi-verify.1 at 1884',
    ]);
  });

  it('are none whose password becomes another one', () => {
    expect(played(plan.targets, [old, other])).toEqual(['aisa_rpi at 1883', 'aisa_rpi at 9001']);
    expect(played(plan.targets, [])).toEqual([]);
  });

  it('log in with the password of the plan', () => {
    const [first] = playersOf(plan.targets, plan, [{ ...server, password: 'another' }]);
    expect(first?.user).toBe(server);
  });

  it('come in only where it can be reached from here', () => {
    const devices = plan.targets.filter(({ clients }) => clients === 'devices');
    expect(played(devices, [server, pi])).toEqual(['aipi-verify.1 at 1884']);
  });
});
