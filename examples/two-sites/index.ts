import * as pulumi from '@pulumi/pulumi';
import { MqttBroker } from 'aipi-mqtt';

const firstPort = new pulumi.Config().requireNumber('firstPort');

/** A site: its own broker, certificate authority, accounts and devices. What is of one opens nothing at another. */
function site(name: string, port: number, devices: string[]): MqttBroker {
  return new MqttBroker(name, {
    // Both are on this machine here. Elsewhere each has its own: dockerHost: `ssh://admin@${name}.example.org`.
    dnsNames: [`${name}.example.org`],
    listeners: [
      { port, tls: true },
      { port: port + 1, tls: true, clients: 'devices' },
    ],
    devices,
  });
}

const sites = {
  north: site('north', firstPort, ['pi-01', 'pi-02']),
  south: site('south', firstPort + 10, ['pi-01', 'pi-03']),
};

/** Of each site where it answers, by which authority it is known, and who may log in. Accounts and devices are secrets. */
export const { north, south } = Object.fromEntries(
  Object.entries(sites).map(([name, { endpoints, caCertificate, accounts, devices, verification }]) => [
    name,
    { endpoints, caCertificate, accounts, devices, verification },
  ]),
);
