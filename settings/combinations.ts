/** Rules that need more than one value. */

import { openAddresses, sourcesFor } from '../mosquitto/firewall';
import { bindAddresses, isLoopbackAddress, type Listener, listenerName } from '../mosquitto/listeners';
import { monitoringUsername } from '../mosquitto/monitoring';
import { quoted } from '../mosquitto/quoted';
import { isReserved } from '../mosquitto/witness';
import type { Config } from './schema';
import { watchingProblems } from './watching';

/**
 * Every broken rule, as far as the values are right by themselves.
 *
 * @param withheld keys that have a value which is not at hand
 */
export function combinationProblems(config: Partial<Config>, withheld: ReadonlySet<string> = new Set()): string[] {
  const { listeners = [], accounts = [] } = config;
  const rehearsable =
    config.listeners === undefined ||
    listeners.some(({ protocol, clients }) => protocol === 'mqtt' && clients === 'accounts');
  const ports = listeners.map((listener) => listener.port);
  const usernames = accounts.map((account) => account.username);
  return [
    ...(rehearsable
      ? []
      : ['listeners: none has protocol mqtt and clients accounts, by which new files are rehearsed; write one']),
    ...placeProblems(config),
    ...deviceProtocolProblems(listeners),
    ...generationProblems(config),
    ...twice('listeners', ports, 'port', (first, index) => sharedPort(listeners, first, index)),
    ...twice('accounts', usernames, 'username'),
    ...twice('roles', config.roles?.map(({ name }) => name) ?? [], 'name'),
    ...listeners.flatMap((listener, index) => listenerProblems(listener, index, config)),
    ...listeners.flatMap((listener, index) => firewallProblems(listener, index, config)),
    ...usernames.flatMap((username, index) =>
      isReserved(username)
        ? [`accounts[${index}].username: "${username}" is reserved for verification; choose another name`]
        : username === monitoringUsername
          ? [`accounts[${index}].username: "${username}" is reserved for monitoring; choose another name`]
          : [],
    ),
    ...(config.logTypes === undefined || config.logTypes.includes('information')
      ? []
      : ['logTypes: "information" is missing, by which a broker says that it runs; add it']),
    ...watchingProblems(config, withheld),
  ];
}

/** What means something to one kind of runtime alone. */
function placeProblems({
  runtime,
  host = '',
  dockerHost = '',
  network = '',
  mosquittoVersion = '',
}: Partial<Config>): string[] {
  const both = host !== '' && dockerHost !== '' ? ['dockerHost: is given beside host; write host alone'] : [];
  if (runtime === 'container') {
    return [
      ...both,
      ...(mosquittoVersion === ''
        ? []
        : [
            `mosquittoVersion: is "${mosquittoVersion}", and a container has that of its image; leave it out, or write runtime: service`,
          ]),
    ];
  }
  if (runtime !== 'service') return both;
  return [
    ...both,
    ...(dockerHost === ''
      ? []
      : ['dockerHost: is given, and a service has no Docker engine; write host: ssh://USER@HOST']),
    ...(host === '' || host.startsWith('ssh://')
      ? []
      : [`host: ${quoted(host)} is no machine that ssh leads to; write ssh://USER@HOST`]),
    ...(network === ''
      ? []
      : [
          'network: is given, and a service is in the network of its machine; leave it out, or write runtime: container',
        ]),
  ];
}

/** Who signs must be trusted. An empty list stands for the one that signs. */
function generationProblems(config: Partial<Config>): string[] {
  const pairs = [
    ['caGeneration', 'trustedCaGenerations', (config.caCertificate ?? '') + (config.serverCertificate ?? '') === ''],
    ['clientCaGeneration', 'trustedClientCaGenerations', true],
  ] as const;
  return pairs.flatMap(([signing, trusting, signs]) => {
    const [generation, trusted] = [config[signing], config[trusting]];
    if (!signs || generation === undefined || trusted === undefined) return [];
    if (trusted.length === 0 || trusted.includes(generation)) return [];
    return [`${trusting}: ${JSON.stringify(trusted)} lacks ${generation}, which is ${signing}; write it, too`];
  });
}

/** Bundles and rehearsals use MQTT without WebSockets. */
function deviceProtocolProblems(listeners: readonly Listener[]): string[] {
  const own = listeners.filter(({ clients }) => clients === 'devices');
  return own.length === 0 || own.some(({ protocol }) => protocol === 'mqtt')
    ? []
    : ['listeners: none of those with clients devices has protocol mqtt, which bundles use; write one'];
}

function listenerProblems(listener: Listener, index: number, { dnsNames, ipAddresses }: Partial<Config>): string[] {
  const path = `listeners[${index}]`;
  if (listener.tls && dnsNames?.length === 0 && ipAddresses?.length === 0) {
    return [`${path}.tls: ${listenerName(listener)} needs a certificate for a name; write "dnsNames" or "ipAddresses"`];
  }
  if (listener.requireCertificate && !listener.tls) {
    return [`${path}.requireCertificate: needs TLS, and ${listenerName(listener)} has none; write tls: true`];
  }
  if (listener.useIdentityAsUsername && !listener.requireCertificate) {
    return [
      `${path}.useIdentityAsUsername: without a certificate nobody has an identity; write requireCertificate: true`,
    ];
  }
  const open = bindAddresses(listener).find((address) => !isLoopbackAddress(address));
  if (!listener.tls && open !== undefined && !listener.insecurePlaintext) {
    return [
      `${path}.bindAddress: ${quoted(open)} would carry passwords readable over the network; ` +
        'write tls: true, or bindAddress: 127.0.0.1, or accept it with insecurePlaintext: true',
    ];
  }
  return [];
}

/** Whoever reaches a listener is written down, or nobody is asked, by a name of its own. */
function firewallProblems(listener: Listener, index: number, { firewall }: Partial<Config>): string[] {
  const path = `listeners[${index}]`;
  if (listener.unfiltered && listener.firewall) {
    return [`${path}.unfiltered: ${listenerName(listener)} has networks in "firewall", too; write one of both`];
  }
  const [open] = openAddresses(listener);
  if (open === undefined || listener.unfiltered || firewall === undefined) return [];
  if (sourcesFor(listener, firewall).length > 0) return [];
  const place = listener.firewall ? `${path}.firewall` : 'firewall';
  return [
    `${place}: is empty, and other machines reach ${listenerName(listener)} on ${quoted(open)}; write the networks that ` +
      `may, such as 192.168.0.0/16, or accept everybody with unfiltered: true in ${path}`,
  ];
}

/** Two listeners on different addresses may be meant as one. */
function sharedPort(listeners: readonly Listener[], first: number, index: number): string {
  const [before, after] = [listeners[first], listeners[index]];
  if (before === undefined || after === undefined) return once;
  const all = [...new Set([...bindAddresses(before), ...bindAddresses(after)])];
  const isMeantAsOne = all.length === bindAddresses(before).length + bindAddresses(after).length;
  return isMeantAsOne ? `${once}, with bindAddress: [${all.map((each) => JSON.stringify(each)).join(', ')}]` : once;
}

const once = 'use each once';

function twice(
  path: string,
  values: ReadonlyArray<string | number>,
  field: string,
  remedy: (first: number, index: number) => string = () => once,
): string[] {
  return values.flatMap((value, index) => {
    const first = values.indexOf(value);
    if (first === index) return [];
    return [
      `${path}[${index}].${field}: ${typeof value === 'string' ? quoted(value) : value} stands already at ${path}[${first}]; ${remedy(first, index)}`,
    ];
  });
}
