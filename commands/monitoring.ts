/** Writes what a Prometheus of one's own needs to watch a stack, and a connection of MQTT Explorer. */

import { issueClientCertificate, serialOf } from '../certificates/client';
import type { Delivery } from '../fleet/delivery';
import { explorerConnection } from '../fleet/explorer';
import type { Account } from '../mosquitto/accounts';
import { clientHost, isLoopback, type Listener } from '../mosquitto/listeners';
import { quoted } from '../mosquitto/quoted';
import type { Settings } from '../settings';
import { say } from '../setup/progress';
import { monitoringFiles } from '../watching/files';
import { watchedOf } from '../watching/watched';
import { writeFolder } from './bundles';
import type { Asked } from './options';
import { deployedOutputs, existingStack } from './stack/stack';

const explorerFile = 'mqtt-explorer.json';

export async function monitoring({ stack: name, options: { out, account } }: Asked): Promise<number> {
  if (out === undefined || out === '') throw new Error('Name a folder outside this repository: --out DIR');
  const stack = await existingStack(name);
  const { settings } = stack;
  if (!settings.monitoring.enabled) {
    throw new Error(
      `monitoring.enabled: is false in ${name}, so that nothing is to scrape; write true, then: npm run up -- ${name}`,
    );
  }
  const { delivery } = await deployedOutputs(stack);
  const login = accountOf(settings, name, account);
  const folder = writeFolder(
    `monitoring-${name}`,
    {
      ...monitoringFiles(watchedOf(name, settings)),
      ...(login !== undefined && { [explorerFile]: await explorer(name, settings, delivery, login) }),
    },
    out,
  );
  say(`${folder} holds what to scrape, rules and dashboards; README.txt there says where each goes`);
  if (login !== undefined) say(`${explorerFile} there holds the password of ${login.username}: keep it to yourself`);
  return 0;
}

/** What of a delivery it takes. */
export interface Delivered extends Pick<Delivery, 'authorities' | 'accounts'> {
  plan: Pick<Delivery['plan'], 'users' | 'certificateAuthority'>;
}

/** Who looks at everything; undefined where no account may. */
function accountOf({ accounts }: Settings, stack: string, asked: string | undefined): Account | undefined {
  if (asked === undefined) {
    return accounts.find(({ rules }) => rules.some(({ access, topic }) => topic === '#' && access.startsWith('read')));
  }
  const found = accounts.find(({ username }) => username === asked);
  if (found === undefined) {
    const names = accounts.map(({ username }) => username);
    throw new Error(`--account: ${quoted(asked)} is no account of ${stack}; the accounts are ${names.join(', ')}`);
  }
  return found;
}

/**
 * The text of the file; it holds a password.
 *
 * @throws Error where the account or a listener for it is not there
 */
export async function explorer(
  stack: string,
  settings: Settings,
  delivery: Delivered,
  account: Account,
): Promise<string> {
  const { username, rules } = account;
  const user = delivery.plan.users.find((each) => each.username === username);
  if (user === undefined) {
    throw new Error(`The account ${quoted(username)} is not deployed yet; run: npm run up -- ${stack}`);
  }
  const listener = entranceOfAccounts(settings.listeners);
  if (listener === undefined) throw new Error(`No listener of ${stack} is for accounts, so none can log in`);
  const connection = explorerConnection({
    name: `${stack}-${username}`,
    host: clientHost(listener, settings.dnsNames[0] ?? settings.ipAddresses[0]),
    port: listener.port,
    protocol: listener.protocol,
    tls: listener.tls,
    username,
    password: user.password,
    authority: listener.tls ? delivery.plan.certificateAuthority : null,
    certificate: listener.requireCertificate ? await certificateOf(settings, delivery, account) : null,
    topics: rules.filter(({ access }) => access.startsWith('read')).map(({ topic }) => topic),
  });
  return `${JSON.stringify(connection, null, 2)}\n`;
}

/** That which other machines reach comes first, then one of MQTT, then one that asks no certificate. */
function entranceOfAccounts(listeners: readonly Listener[]): Listener | undefined {
  const rank = (listener: Listener) =>
    (isLoopback(listener) ? 4 : 0) + (listener.protocol === 'mqtt' ? 0 : 2) + (listener.requireCertificate ? 1 : 0);
  return listeners.filter(({ clients }) => clients === 'accounts').sort((a, b) => rank(a) - rank(b))[0];
}

function certificateOf(settings: Settings, { authorities, accounts }: Delivered, { username }: Account) {
  const [authority] = authorities.accounts ?? [];
  const generation = accounts.find(([name]) => name === username)?.[1];
  if (authority === undefined || generation === undefined) return null;
  const { validityHours } = settings.certificates.clients;
  return issueClientCertificate(authority, {
    name: username,
    serial: serialOf('accounts', username, generation),
    validityHours,
  });
}
