import type { VerificationPlan } from '../../mosquitto/verificationPlan';
import { hostOf, provable, reachable } from '../../operate/client';

const own = { name: 'mqtt 1883', address: '127.0.0.1', port: 1883, loopback: true };
const open = { name: 'mqtts 8883', address: '203.0.113.7', port: 8883, loopback: false };

const planFor = (dockerHost: string) => ({ dockerHost, targets: [own, open] }) as unknown as VerificationPlan;

describe('a listener on the loopback of another machine', () => {
  it.each(['ssh://root@server', 'systemd+ssh://root@server:2222'])(
    'is proved there, by the ssh of %s',
    async (host) => {
      const plan = planFor(host);
      expect(reachable(plan)).toEqual([open]);
      expect(provable(plan)).toEqual([own, open]);
      expect(await hostOf(own as never, plan)).toBeUndefined();
    },
  );

  it('is not proved where no ssh leads', () => {
    const plan = planFor('tcp://server:2376');
    expect(provable(plan)).toEqual([open]);
  });
});

test.each(['unix:///var/run/docker.sock', 'systemd:'])(
  'on this machine, %s, all are proved from here',
  async (host) => {
    const plan = planFor(host);
    expect(reachable(plan)).toEqual([own, open]);
    const hosts = await Promise.all(plan.targets.map((target) => hostOf(target, plan)));
    expect(hosts).toEqual([own.address, open.address]);
  },
);
