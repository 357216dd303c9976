import type { Opening } from '../../mosquitto/firewall';
import { shutOutWords } from '../../operate/shutOut';

const opening = (listener: string, address: string, sources: string[]): Opening => ({
  listener,
  address,
  port: 8883,
  sources,
});
const both = [
  opening('mqtts-8883', '0.0.0.0', ['192.168.0.0/16']),
  opening('wss-9001', '0.0.0.0', ['192.168.0.0/16', '198.51.100.0/24']),
];

test.each(['192.168.7.7', '127.0.0.1', '::1', '2001:db8::7'])('%s is let in, or is not asked about', (own) => {
  expect(shutOutWords(both, own, 'site')).toBeUndefined();
});

test.each([
  ['198.51.100.7', both, 'mqtts-8883', '198.51.100.7/32'],
  ['203.0.113.7', both, 'mqtts-8883, wss-9001', '203.0.113.7/32'],
  ['2001:db8::7', [opening('mqtts-8883', '::', ['fd00::/8'])], 'mqtts-8883', '2001:db8::7/128'],
])('%s is shut out, and told what to write', (own, openings, listeners, network) => {
  expect(shutOutWords(openings, own, 'site')).toBe(
    `this machine comes to site as ${own}, which the firewall of ${listeners} does not let in, so nothing could be proved ` +
      `there; write ${network}, or its network, into "firewall", too`,
  );
});
