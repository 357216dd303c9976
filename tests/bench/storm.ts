/**
 * Section `storm`: all devices come back at once over TLS, after a restart of the broker. What the passwords cost is seen
 * beside a broker of the same configuration that asks for none.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { parseConfiguration } from '../../mosquitto/configuration';
import { fileNames, serverFileNames } from '../../mosquitto/files';
import { say } from '../../setup/progress';
import { settingsOf } from '../unit/rawConfig';
import { selfSigned } from '../unit/selfSigned';
import { BrokerContainer } from './brokerContainer';
import { type Figure, median } from './figure';
import { type Options, sized } from './options';
import { counting } from './population';
import { ProductFiles } from './productFiles';
import { type Login, type Place, RawClient } from './rawClient';

const section = 'storm';
const devicesCount = 1_000;
const port = 8_883;
const mostTimes = 1.2;

interface Storm {
  seconds: number;
  processorSeconds: number;
}

export async function storm(options: Options): Promise<Figure[]> {
  const { certificate, privateKey } = selfSigned();
  const settings = settingsOf({
    listeners: [{ port: 1_883 }, { port, tls: true, clients: 'devices' }],
    dnsNames: ['broker.example.org'],
  });
  const server = serverFileNames('ec');
  const product = new ProductFiles(settings, {
    [fileNames.certificateAuthority]: certificate,
    [server.certificate]: certificate,
    [server.privateKey]: privateKey,
  });
  const devices = counting(sized(devicesCount, options));
  const files = product.of(devices);
  const open = { ...files, [fileNames.configuration]: anonymous(files[fileNames.configuration] ?? '') };
  const guarded = await BrokerContainer.start(settings, { files });
  const anybody = await BrokerContainer.start(settings, { files: open });
  const logins = devices.map((device) => product.login(device));
  const tls = { ca: certificate, checkServerIdentity: () => undefined };
  // The sessions of the first storm are there in each further one.
  for (const broker of [guarded, anybody]) await measure(broker, tls, logins);
  const runs: Array<{ own: Storm; other: Storm }> = [];
  for (let each = 0; each < options.runs; each += 1) {
    const isFirst = each % 2 === 0;
    const first = await measure(isFirst ? guarded : anybody, tls, logins);
    const second = await measure(isFirst ? anybody : guarded, tls, logins);
    const run = isFirst ? { own: first, other: second } : { own: second, other: first };
    say(`run ${each + 1}: ${JSON.stringify(run)}`);
    runs.push(run);
  }
  const name = `${devices.length} devices reconnect`;
  const times = (words: string, of: (storm: Storm) => number, must: Figure['must']): Figure => ({
    section,
    name: `${name}, ${words}: passwords over anonymous`,
    value: median(runs.map(({ own, other }) => of(own) / of(other))),
    unit: 'times',
    must,
  });
  const seconds = (words: string, of: (run: (typeof runs)[number]) => number): Figure => ({
    section,
    name: `${name}: ${words}`,
    value: median(runs.map(of)),
    unit: 'seconds',
    must: null,
  });
  return [
    times('until the last one', (own) => own.seconds, { most: mostTimes }),
    times('processor time of the broker', (own) => own.processorSeconds, null),
    seconds('with passwords', ({ own }) => own.seconds),
    seconds('anonymous', ({ other }) => other.seconds),
  ];
}

/** The same broker without passwords and access rules. */
function anonymous(configuration: string): string {
  return parseConfiguration(configuration)
    .filter(({ option }) => !/^plugin_(load|use|opt_password_file|opt_acl_file)$/.test(option))
    .map(({ option, value }) => `${option} ${option === 'allow_anonymous' ? 'true' : value}\n`)
    .join('');
}

async function measure(broker: BrokerContainer, tls: Place['tls'], logins: readonly Login[]): Promise<Storm> {
  await broker.restart();
  const place = { host: await broker.host(), port, tls };
  const used = await broker.processorSeconds();
  const started = performance.now();
  const clients = await Promise.all(logins.map((login) => comeBack(place, login)));
  const seconds = (performance.now() - started) / 1000;
  const processorSeconds = (await broker.processorSeconds()) - used;
  for (const client of clients) client.end();
  return { seconds, processorSeconds };
}

/** A connection that fails is tried again. */
async function comeBack(place: Place, login: Login): Promise<RawClient> {
  for (;;) {
    try {
      return await RawClient.connect(place, login);
    } catch (error) {
      if (/refuses/.test((error as Error).message)) throw error;
      await sleep(20);
    }
  }
}
