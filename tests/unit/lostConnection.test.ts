import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import mqtt, { type MqttClient } from 'mqtt';
import { failWhenLost } from '../../operate/lostConnection';

/** Says yes to whoever connects, and nothing else. */
const welcome = Buffer.from([0x20, 0x02, 0x00, 0x00]);
let broker: Server;
let ends: Socket[];
let clients: MqttClient[];

beforeEach(async () => {
  ends = [];
  clients = [];
  broker = createServer((socket) => {
    ends.push(socket.on('error', () => {}).once('data', () => socket.write(welcome)));
  }).listen(0, '127.0.0.1');
  await once(broker, 'listening');
});

afterEach(async () => {
  for (const client of clients) client.end(true);
  for (const end of ends) end.destroy();
  broker.close();
});

async function connected(): Promise<MqttClient> {
  const { port } = broker.address() as AddressInfo;
  const options = { reconnectPeriod: 0, protocolVersion: 4 as const };
  const client = failWhenLost(await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, options));
  clients.push(client.on('error', () => {}));
  return client;
}

const questions: Array<[string, (client: MqttClient) => Promise<unknown>]> = [
  ['publish', (client) => client.publishAsync('a', 'b', { qos: 1 })],
  ['subscribe', (client) => client.subscribeAsync('a')],
  ['unsubscribe', (client) => client.unsubscribeAsync('a')],
];

// Of some the client itself says so.
const lost = /the connection was lost|Connection closed/;

it.each(questions)('a %s that is not answered fails when the connection is lost', async (_, ask) => {
  const client = await connected();
  const asked = ask(client);
  ends[0]?.destroy();
  await expect(asked).rejects.toThrow(lost);
});

it.each(questions)('a %s of a connection that was lost before fails at once', async (_, ask) => {
  const client = await connected();
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  ends[0]?.destroy();
  await closed;
  await expect(ask(client)).rejects.toThrow(lost);
});
