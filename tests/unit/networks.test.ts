import { inUseProblem, networkDrift, type SeenNetwork, strangersIn, takenProblem } from '../../change/networks';
import { linkName, networkNameProblem, networksOf } from '../../mosquitto/networks';
import { problemWords } from '../../mosquitto/problem';
import { clearNetwork, networksNamed, removeNetworks } from '../../operate/networks';

const deployed = [
  { name: 'broker', id: 'one', isShared: false },
  { name: 'aipi', id: 'two', isShared: true },
];
const seen: SeenNetwork[] = [
  { name: 'broker', id: 'one', members: ['broker'] },
  { name: 'aipi', id: 'two', members: ['broker', 'worker'] },
];

describe('networkDrift', () => {
  it('is none where the broker is alone in its own, whoever is in the other', () => {
    expect(networkDrift(seen, deployed, ['broker'])).toMatchObject({ words: [], refresh: false, expel: [] });
    expect(networkDrift([], [], ['broker']).words).toEqual([]);
  });

  it('names who else is in it', () => {
    const [own, shared] = seen as [SeenNetwork, SeenNetwork];
    const drift = networkDrift([{ ...own, members: ['broker', 'spy', 'fly'] }, shared], deployed, ['broker']);
    expect(drift.expel).toEqual([
      { network: 'broker', container: 'fly' },
      { network: 'broker', container: 'spy' },
    ]);
    expect(drift.words[0]).toMatch(/^Somebody put the container fly into broker, the network of the broker alone;/);
  });

  it.each([
    ['gone', []],
    ['another one of the name', [{ name: 'broker', id: 'three', members: ['spy'] }]],
  ])('has the engine look where one is %s, and touches nobody in it', (_, found) => {
    const drift = networkDrift([...found, ...seen.slice(1)], deployed, ['broker']);
    expect(drift).toMatchObject({
      words: ['The Docker network broker is gone; it is made again'],
      refresh: true,
      expel: [],
    });
  });
});

test('what forbids something names the key, the network and the remedy', () => {
  expect(problemWords(takenProblem('network', 'aipi'))).toBe(
    'network: there is a Docker network "aipi" already, which is not this stack\'s; choose another name, or remove that network',
  );
  expect(problemWords(inUseProblem('containerName', 'broker', ['a', 'b']))).toMatch(
    /^containerName: .*"broker" cannot be removed.*\(a, b\); take them out first: docker network disconnect broker a$/,
  );
  expect(strangersIn(undefined, ['broker'])).toEqual([]);
});

describe('names', () => {
  it('are those of a network of the broker alone, and of one for others', () => {
    expect(networksOf({ containerName: 'broker', network: null })).toEqual(['broker']);
    expect(networksOf({ containerName: 'broker', network: 'aipi' })).toEqual(['broker', 'aipi']);
  });

  it('give a link that the kernel takes, another one for each', () => {
    const links = ['broker', 'aipi', 'a'.repeat(63)].map(linkName);
    expect(new Set(links).size).toBe(3);
    for (const link of links) expect(link).toMatch(/^aipi-[0-9a-f]{10}$/);
  });

  it.each(['bridge', 'host', 'none', 'default', 'a', '-x', 'a b', 'a/b', `x${'a'.repeat(63)}`])(
    'may not be %j',
    (name) => {
      expect(networkNameProblem(name)).toMatch(/^is (not the name of a network|a network of Docker itself); /);
    },
  );

  it.each(['aipi', 'a.b-c_d', 'Bridge'])('may be %j', (name) => {
    expect(networkNameProblem(name)).toBeUndefined();
  });
});

type Found = {
  Name: string;
  Id: string;
  Labels?: Record<string, string>;
  Containers?: Record<string, { Name: string }>;
};

/** An engine with some networks, and what was removed on it. */
function engineWith(...networks: Found[]) {
  const removed: string[] = [];
  const engine = {
    getNetwork: (name: string) => ({
      inspect: async () => {
        const found = networks.find(({ Name, Id }) => Name === name || Id.startsWith(name));
        if (found === undefined) throw Object.assign(new Error('no such network'), { statusCode: 404 });
        return found;
      },
      remove: async () => removed.push(name),
    }),
    getContainer: (name: string) => ({
      inspect: async () => ({ Config: { Labels: {} } }),
      remove: async () => removed.push(name),
    }),
    listNetworks: async () => networks,
  };
  return { engine: engine as never, removed };
}

jest.mock('../../operate/docker', () => ({
  dockerEngine: () => mocked,
  inspect: async (container: { inspect(): unknown }) => container.inspect(),
}));
let mocked: unknown;

describe('clearNetwork', () => {
  const owner = { project: 'aipi-mqtt', stack: 'dev', id: 'mine' };
  const clear = (found: Found | undefined, network = 'broker') => {
    const { engine, removed } = engineWith(...(found === undefined ? [] : [found]));
    mocked = engine;
    return clearNetwork({ dockerHost: undefined, container: 'broker', owner, network }).then(() => removed);
  };
  const mine = {
    Name: 'broker',
    Id: 'f00',
    Labels: { 'aipi-mqtt.project': 'aipi-mqtt', 'aipi-mqtt.stack': 'dev', 'aipi-mqtt.state': 'mine' },
  };

  const theirs = { ...mine, Labels: { ...mine.Labels, 'aipi-mqtt.state': 'theirs' } };

  it('does nothing where there is none, or one whose id begins like the name', async () => {
    expect(await clear(undefined)).toEqual([]);
    expect(await clear({ ...mine, Name: 'other', Id: 'broker7' })).toEqual([]);
  });

  it('removes what an update has left, and its broker', async () => {
    expect(await clear(mine)).toEqual(['f00']);
    expect(await clear({ ...mine, Containers: { a: { Name: 'broker' } } })).toEqual(['broker', 'f00']);
  });

  it.each<[string, Found, RegExp]>([
    [
      'of another state',
      theirs,
      /"broker" is the broker of the stack "dev", deployed from another state.*--take-over$/,
    ],
    ['of another broker', { ...theirs, Name: 'aipi' }, /^network: .*"aipi" already, which is not this stack's/],
    ['without labels', { Name: 'broker', Id: 'f00' }, /is not this stack's/],
    [
      'that others are in',
      { ...mine, Containers: { a: { Name: 'broker' }, b: { Name: 'worker' } } },
      /other containers are in it \(worker\)/,
    ],
  ])('refuses one %s', async (_, found, words) => {
    await expect(clear(found, found.Name)).rejects.toThrow(words);
  });
});

test('networks are found by their whole names, and what a stack has left is removed', async () => {
  const { engine, removed } = engineWith({ Name: 'broker', Id: 'f00', Containers: { a: { Name: 'x' } } });
  expect(await networksNamed(engine, ['broker', 'f0', 'none'])).toEqual([
    { name: 'broker', id: 'f00', members: ['x'] },
  ]);
  await removeNetworks(engine, undefined);
  expect(removed).toEqual([]);
  await removeNetworks(engine, 'mine');
  expect(removed).toEqual(['f00']);
});
