/** Whether the firewall that was written is in force, and does what it says. */

import { familyOf, membership, rareAddress } from '../../mosquitto/cidr';
import { type FirewallInForce, type Opening, tableChanges } from '../../mosquitto/firewall';
import { defaultNetwork } from '../../mosquitto/networks';
import type { CheckResult } from '../../mosquitto/result';
import { dockerEngine, inspect } from '../docker';
import { type Machine, machineOf } from '../machine';
import { isOfNobody } from '../neighbourLink';
import { askNeighbours, type Departure } from '../neighbours';
import { findFirewall } from '../nftables';
import { check, Disproved, NotTried } from './check';

/** Milliseconds: what this machine does not answer by then it keeps to itself. */
const patience = { usual: 500, busy: 4_000 };

/** Networks for documentation, which nobody is in. Source: RFC 5737, RFC 3849. */
const strangers = {
  4: ['203.0.113.77', '198.51.100.77', '192.0.2.77'],
  6: ['2001:db8:77::77', '2001:db8:99::99'],
} as const;

/**
 * Checks the table, and each opening by neighbours of this machine who are let in and kept out.
 *
 * @param dockerHost engine of the broker; null for that of the environment
 */
export async function proveFirewall(firewall: FirewallInForce, dockerHost: string | null): Promise<CheckResult[]> {
  const machine = machineOf(dockerHost);
  return Promise.all([
    check('the firewall in force is the one that was written', () => written(machine, firewall)),
    ...(await tried(machine, dockerHost, firewall)),
  ]);
}

async function written(machine: Machine, firewall: FirewallInForce): Promise<string> {
  const { table } = firewall;
  const { table: found, comesBack } = await findFirewall(machine, firewall);
  if (found === table && comesBack) return 'unchanged';
  if (found === table) throw new Disproved('the files that put it in force after a boot are others');
  throw new Disproved(found === undefined ? 'its table is gone' : tableChanges(table, found).join('; '));
}

const apart = 'the broker itself reaches nobody';

interface Claim {
  words: string;
  opening: Opening;
  from: string;
  isLetIn: boolean;
}

async function tried(
  { name }: Machine,
  dockerHost: string | null,
  { containerName, openings }: FirewallInForce,
): Promise<Promise<CheckResult>[]> {
  const own = await subnetsOf(dockerHost, containerName);
  const claims = openings.flatMap((opening) => claimsOf(opening, own));
  if (name !== undefined) {
    const elsewhere = async () => {
      throw new NotTried(`the broker is on ${name}`);
    };
    return [...claims.map(({ words }) => words), apart].map((words) => check(words, elsewhere));
  }
  const departures = await departuresOf(dockerHost, containerName);
  const attempts = claims.map(({ opening: { address, port }, from }) => {
    const isAll = address === '0.0.0.0' || address === '::';
    return { from, port, ...(!isAll && { to: address }) };
  });
  const first = await askNeighbours(attempts, patience.usual, typeof departures === 'string' ? [] : departures);
  // A machine that is busy may keep those waiting whom it lets in.
  const isLate = typeof first !== 'string' && claims.some(({ isLetIn }, index) => isLetIn && first[index] === 'silent');
  const answers = isLate ? await askNeighbours(attempts, patience.busy) : first;
  const neighbours = claims.map(({ words, from, isLetIn }, index) =>
    check(words, async () => {
      if (typeof answers === 'string') throw new NotTried(answers);
      const answer = answers[index];
      if ((answer === 'answered') === isLetIn) return `${from} was ${isLetIn ? 'answered' : 'not answered'}`;
      throw new Disproved(isLetIn ? `${from} was not answered (${answer})` : `${from} was answered`);
    }),
  );
  const ways = check(apart, async () => {
    if (typeof departures === 'string') throw new NotTried(departures);
    if (typeof first === 'string') throw new NotTried(first);
    const reached = departures.filter((_, index) => first[attempts.length + index] !== 'silent');
    const names = reached.map(({ to }) => (to === undefined ? 'this machine' : `the neighbour ${to}`));
    if (reached.length > 0) throw new Disproved(`${names.join(' and ')} answered it`);
    return 'neither a neighbour nor this machine answered it';
  });
  return [...neighbours, ways];
}

/** Connections from where the broker is; in words why none can be made. */
async function departuresOf(dockerHost: string | null, containerName: string): Promise<Departure[] | string> {
  const docker = dockerEngine(dockerHost);
  const [info, engine] = await Promise.all([inspect(docker.getContainer(containerName)), docker.info()]);
  if (info?.State.Running !== true) return 'the broker does not run';
  if (info.HostConfig.NetworkMode === 'host') return 'as a service it is in the network of its machine';
  if (info.HostConfig.NetworkMode === defaultNetwork) return "it is still in Docker's default network";
  // Its networks are those of a program, which makes their connections itself.
  if (engine.SecurityOptions?.some((option: string) => option.includes('rootless'))) return 'Docker is rootless';
  const of = info.State.Pid;
  return [{ of, to: strangers[4][0] }, { of }];
}

/** Docker's subnets that the broker is in; none where it cannot be asked. */
async function subnetsOf(dockerHost: string | null, containerName: string): Promise<string[]> {
  const info = await inspect(dockerEngine(dockerHost).getContainer(containerName)).catch(() => undefined);
  return Object.values(info?.NetworkSettings.Networks ?? {}).flatMap((network) => [
    ...(network.IPAddress ? [`${network.IPAddress}/${network.IPPrefixLen}`] : []),
    ...(network.GlobalIPv6Address ? [`${network.GlobalIPv6Address}/${network.GlobalIPv6PrefixLen}`] : []),
  ]);
}

/**
 * What is claimed of an opening: of the first network that a neighbour can be played in, and of one that is in none.
 *
 * @param own subnets that the broker itself is in: it looks for their addresses there, and answers no neighbour who has one
 */
export function claimsOf(opening: Opening, own: readonly string[] = []): Claim[] {
  const { listener, address, sources } = opening;
  const family = familyOf(address);
  const isIn = membership(sources);
  const stranger = strangers[family].find((each) => !isIn(each));
  const isOwn = membership(own);
  const neighbour = firstNeighbour(
    sources.filter((source) => familyOf(source) === family),
    isOwn,
  );
  const place = `${listener} on ${address}`;
  return [
    ...(neighbour === undefined
      ? []
      : [
          {
            words: `${place} answers a neighbour in ${neighbour.source}`,
            opening,
            from: neighbour.from,
            isLetIn: true,
          },
        ]),
    ...(stranger === undefined
      ? []
      : [
          {
            words: `${place} does not answer a neighbour in no network of the firewall`,
            opening,
            from: stranger,
            isLetIn: false,
          },
        ]),
  ];
}

type Is = (address: string) => boolean;

/** In the first network that one can be played in; lists are long. */
function firstNeighbour(sources: readonly string[], isOwn: Is): { source: string; from: string } | undefined {
  for (const source of sources) {
    const from = neighbourIn(source, isOwn);
    if (from !== undefined) return { source, from };
  }
  return undefined;
}

/** Docker takes its subnets out of the networks that people use, too; as often a network is halved to get out of them. */
const halvings = 8;

/** The last addresses of everybody's network are nobody's; a stranger is somebody there. */
function neighbourIn(source: string, isOwn: Is): string | undefined {
  const isIn = membership([source]);
  const [network = '', length = ''] = source.split('/');
  const most = familyOf(source) === 4 ? 32 : 128;
  const halves = Array.from({ length: halvings }, (_, half) => Number(length) + half + 1).filter(
    (bits) => bits <= most,
  );
  return [
    rareAddress(source),
    ...strangers[familyOf(source)].filter(isIn),
    ...halves.map((bits) => rareAddress(`${network}/${bits}`)),
  ].find((each) => !isOfNobody(each) && !isOwn(each));
}
