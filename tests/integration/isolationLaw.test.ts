/**
 * Proves with a real broker, for generated roles and devices, that each device publishes and reads exactly what its role
 * says with its own id, and that `deny` wins over everything: every device tries every topic of up to three levels that
 * the words of the rules and the ids make, and what arrives is compared with the oracle's answer. It does not prove
 * anything about topics of more levels, and the files go into the container without the deployment.
 */

import fc from 'fast-check';
import { type Fleet, fleet, rulesOfDevice, topicsOf } from '../property/fleets';
import { may } from '../property/oracle';
import { LawBroker } from './lawBroker';
import type { Link } from './link';

jest.setTimeout(300_000);

let broker: LawBroker;
let server: Link;
let probes = 0;

beforeAll(async () => {
  broker = await LawBroker.start();
  server = await broker.server();
  await server.subscribe('#');
});

afterAll(async () => {
  await server?.end();
  await broker?.remove();
});

/** What of `device: topic` should arrive, and what did, sorted. */
async function written(each: Fleet, links: readonly Link[]) {
  const topics = topicsOf(each);
  probes += links.length * topics.length;
  for (const [index, link] of links.entries())
    await Promise.all(topics.map((topic) => link.publish(topic, each.devices[index]?.id ?? '')));
  const expected = each.devices.flatMap((device) => {
    const rules = rulesOfDevice(each, device);
    return topics.filter((topic) => may(rules, 'write', topic)).map((topic) => `${topic}: ${device.id}`);
  });
  return { expected: expected.sort(), seen: await server.received() };
}

async function read(each: Fleet, links: readonly Link[]) {
  const topics = topicsOf(each);
  probes += links.length * topics.length;
  for (const link of links) await link.subscribe('#');
  await Promise.all(topics.map((topic) => server.publish(topic, 'hello')));
  await server.received();
  const lists = await Promise.all(links.map((link) => link.received()));
  const expected = each.devices.map((device) => {
    const rules = rulesOfDevice(each, device);
    return topics
      .filter((topic) => may(rules, 'read', topic))
      .map((topic) => `${topic}: hello`)
      .sort();
  });
  return { expected, seen: lists };
}

test('devices of generated roles do what their roles say, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(fleet, async (each) => {
      const links = await broker.deploy(each);
      try {
        const writes = await written(each, links);
        expect(writes.seen).toEqual(writes.expected);
        const reads = await read(each, links);
        expect(reads.seen).toEqual(reads.expected);
      } finally {
        await Promise.all(links.map((link) => link.end()));
      }
    }),
    { numRuns: 30 },
  );
  expect(probes).toBeGreaterThan(10_000);
});
