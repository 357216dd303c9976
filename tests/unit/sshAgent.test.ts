/** Proves that whoever waits for a connection hears of it where there will be none, by connections that are played. */

import { get } from 'node:http';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { SshAgent } from '../../operate/dockerSsh';
import { forwardedEngine } from '../../operate/forwardedEngine';

jest.mock('../../operate/forwardedEngine', () => ({ forwardedEngine: jest.fn() }));

const forwarded = forwardedEngine as unknown as jest.Mock<Promise<Duplex>>;

function ask(agent: SshAgent, path: string): Promise<string> {
  return new Promise((done, fail) => {
    // Node tells the first one of a queue once for each connection that has ended.
    get({ host: 'a', path, agent }, (response) => done(text(response))).on('error', fail);
  });
}

test('where all connections break and none can be had, all of a queue are told', async () => {
  const connections: Duplex[] = [];
  forwarded.mockImplementation(async () => {
    const connection = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
    connections.push(connection);
    return Object.assign(connection, { setKeepAlive: () => {}, setNoDelay: () => {}, setTimeout: () => {} });
  });
  const agent = new SshAgent('ssh://a');
  const first = Array.from({ length: 12 }, (_, index) => ask(agent, `/${index}`));
  while (Object.values(agent.sockets).flat().length < 12) await sleep(1);
  const queued = Array.from({ length: 20 }, (_, index) => ask(agent, `/${12 + index}`));
  expect(Object.values(agent.requests).flat()).toHaveLength(20);
  forwarded.mockImplementation(async () => {
    throw new Error('nobody gets in');
  });
  for (const connection of connections) connection.destroy(new Error('it broke'));
  const ends = await Promise.all([...first, ...queued].map((each) => each.catch(({ message }: Error) => message)));
  expect(ends).toEqual([...first.map(() => 'it broke'), ...queued.map(() => 'nobody gets in')]);
});
