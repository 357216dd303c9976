import { unknownFromAfar } from '../../review/unknown';
import { sideOf } from '../../settings/side';
import { type Config, settingsOf } from './rawConfig';

const stack: Config = {
  listeners: [
    { port: 1883, bindAddress: '127.0.0.1' },
    { port: 8883, bindAddress: '0.0.0.0', tls: true },
  ],
  dnsNames: ['broker.example'],
  network: 'aipi',
  image: 'eclipse-mosquitto:2.1.2',
};
const nothing = { added: 0, asksReports: false, maxUnreachedDevicesPercent: 0, maxCutOffClients: 0 };
const from = (changes: Config, asking = nothing) =>
  unknownFromAfar(sideOf(settingsOf(stack)), sideOf(settingsOf({ ...stack, ...changes })), asking);

describe('what nobody knows from afar', () => {
  it('is nothing of a first deployment', () => {
    expect(unknownFromAfar(undefined, sideOf(settingsOf(stack)), nothing)).toEqual([]);
  });

  it('is always what others have done, and which image a tag means', () => {
    const words = 'what others have changed on the machine of the broker';
    expect(from({})).toEqual([`${words}, and whether eclipse-mosquitto:2.1.2 is another image there by now`]);
    expect(from({ image: `eclipse-mosquitto@sha256:${'a'.repeat(64)}` })).toEqual([words]);
  });

  it.each<[string, Config, RegExp]>([
    [
      'a port',
      { listeners: [...(stack.listeners as object[]), { port: 1999, bindAddress: '127.0.0.1' }] },
      /port 1999 is free/,
    ],
    ['a network that is closed', { firewall: ['192.168.0.0/16'] }, /who is connected from what is closed/],
    ['another name', { containerName: 'other' }, /another broker of the name other/],
    ['a network that is left', { network: '' }, /other containers are still in the network aipi/],
  ])('%s', (_, changes, words) => {
    expect(from(changes).slice(1)).toEqual(expect.arrayContaining([expect.stringMatching(words)]));
  });

  it('is who was revoked before, and who has which bundle', () => {
    expect(from({}, { ...nothing, added: 1 })[1]).toMatch(/was revoked before/);
    expect(from({}, { ...nothing, asksReports: true, maxUnreachedDevicesPercent: 5 })[1]).toMatch(
      /more than 5 % have not/,
    );
  });
});
