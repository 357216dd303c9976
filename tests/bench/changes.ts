/** Section `changes`: one random change after the other to a fleet that is at work. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '../../fleet/delivery';
import { type Device, defaultRole, fleetDigest } from '../../fleet/device';
import { say } from '../../setup/progress';
import { Crowd } from './crowd';
import { deliver } from './delivery';
import { Deployment } from './deployment';
import { type Figure, median } from './figure';
import { type Options, sized } from './options';
import { Roster } from './roster';

const section = 'changes';
const host = '127.0.0.1';
const deployed = 600;
const connected = 500;
const otherRole = 'camera';
/** Until every end of a connection has been noticed. */
const settleMilliseconds = 200;

/** What the second role may do differs, so that a change of the role changes the rules. */
const roles = [
  { name: defaultRole, topics: ['write device/{id}/data', 'write device/{id}/status', 'read device/control'] },
  { name: otherRole, topics: ['write device/{id}/data', 'write device/{id}/image', 'read device/control'] },
];

interface Scene {
  deployment: Deployment;
  roster: Roster;
  crowd: Crowd;
}

export async function changes(options: Options): Promise<Figure[]> {
  const deployment = await Deployment.make({ roles });
  const roster = new Roster(sized(deployed, options), [defaultRole, otherRole]);
  deployment.list(roster.devices);
  await deployment.up();
  const { accounts, delivery } = await deployment.outputs();
  const { fleet } = delivery as Delivery;
  if (fleet === null) throw new Error('the stack has no fleet');
  const places = { accounts: { host, port: deployment.accountsPort }, devices: { host, port: deployment.devicesPort } };
  const server = { username: 'aisa_server', password: accounts.aisa_server, sessionExpirySeconds: 3_600 };
  const crowd = await Crowd.of(places, fleet.rootSecret, server);
  for (const device of roster.devices.slice(0, sized(connected, options))) await crowd.join(device);

  const scene = { deployment, roster, crowd };
  const direct = await apply(options.changes, 'by the delivery', scene, (devices) =>
    deliver(deployment.folder, { ...delivery, fleet: { ...fleet, digest: fleetDigest(devices) } }),
  );
  const ups = await apply(options.ups, 'by pulumi up', scene, () => deployment.up());
  const lost = await crowd.end();

  const number = (name: string, value: number, must: Figure['must'] = null): Figure => ({
    section,
    name: `${options.changes} changes by the delivery, ${options.ups} by pulumi up: ${name}`,
    value,
    unit: '',
    must,
  });
  const seconds = (name: string, values: readonly number[]): Figure => ({
    section,
    name: `one change ${name}`,
    value: median(values),
    unit: 'seconds',
    must: null,
  });
  return [
    number('disconnects of devices that it was not about', crowd.disconnects.unconcerned, { most: 0 }),
    number('acknowledged messages that were lost', lost, { most: 0 }),
    number('revoked or rotated devices that stayed connected', direct.stayed + ups.stayed, { most: 0 }),
    number('acknowledged messages', crowd.messages),
    number('disconnects of devices that it was about', crowd.disconnects.concerned),
    ...(options.changes === 0 ? [] : [seconds('by the delivery', direct.seconds)]),
    ...(options.ups === 0 ? [] : [seconds('by pulumi up', ups.seconds)]),
  ];
}

interface Applied {
  /** Seconds that each change took. */
  seconds: number[];
  /** Devices that were revoked or got another password, and were still connected afterwards. */
  stayed: number;
}

async function apply(
  count: number,
  words: string,
  { deployment, roster, crowd }: Scene,
  deploy: (devices: readonly Device[]) => Promise<unknown>,
): Promise<Applied> {
  const applied: Applied = { seconds: [], stayed: 0 };
  const wanted = crowd.size;
  for (let each = 1; each <= count; each += 1) {
    const { kind, device } = roster.change();
    crowd.concern(device.id);
    deployment.list(roster.devices);
    const started = performance.now();
    await deploy(roster.devices);
    applied.seconds.push((performance.now() - started) / 1000);
    await sleep(settleMilliseconds);
    const isOut = crowd.isOut(device.id);
    if (crowd.has(device.id) && !isOut && (kind === 'revoke' || kind === 'rotate')) applied.stayed += 1;
    if (isOut || kind === 'revoke') crowd.leave(device.id);
    if (kind === 'add' ? crowd.size < wanted : isOut && kind !== 'revoke') await crowd.join(device);
    crowd.release(device.id);
    say(
      `${words}, ${each} of ${count}: ${kind} ${device.id}, ${applied.seconds.at(-1)?.toFixed(1)} s; ${crowd.report}`,
    );
  }
  return applied;
}
