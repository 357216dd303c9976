/** What of an engine is taken for a broker's own just before the engine makes it, with a played one. */

import { claimVolume, clearCompanion, clearNetwork, companionProblems } from '../../operate/companion';

jest.mock('../../operate/docker', () => ({
  dockerEngine: () => engine,
  inspect: async (container: { found: unknown }) => container.found,
}));

const labels = (id: string, stack = 'dev') => ({
  'aipi-mqtt.project': 'aipi-mqtt',
  'aipi-mqtt.stack': stack,
  'aipi-mqtt.state': id,
});
const missing = () => Promise.reject(Object.assign(new Error('no such thing'), { statusCode: 404 }));

interface Found {
  containers?: Record<string, ReturnType<typeof labels> | object>;
  volumes?: Record<string, object>;
  networks?: Record<string, { Labels: object; members?: string[] }>;
}

let engine: unknown;
let removed: string[];

function engineWith({ containers = {}, volumes = {}, networks = {} }: Found): void {
  removed = [];
  const remove = (name: string) => async () => void removed.push(name);
  engine = {
    getContainer: (name: string) => ({
      found: containers[name] && { Config: { Labels: containers[name] } },
      remove: remove(name),
    }),
    getVolume: (name: string) => ({
      inspect: async () => (volumes[name] === undefined ? missing() : { Labels: volumes[name] }),
    }),
    getNetwork: (name: string) => ({
      inspect: async () => {
        const found = networks[name];
        if (found === undefined) return missing();
        const members = (found.members ?? []).map((member) => [member, { Name: member }]);
        return { Name: name, Id: name, Labels: found.Labels, Containers: Object.fromEntries(members) };
      },
      remove: remove(name),
    }),
  };
}

const own = { dockerHost: undefined, broker: 'b', owner: { project: 'aipi-mqtt', stack: 'dev', id: 'mine' } };

describe('a container', () => {
  const clear = () => clearCompanion({ ...own, name: 'b-prometheus' });

  it('that an update has left is removed', async () => {
    engineWith({ containers: { 'b-prometheus': labels('mine') } });
    await clear();
    expect(removed).toEqual(['b-prometheus']);
  });

  it('is removed once, whoever asks at the same time', async () => {
    const containers: Record<string, object> = { 'b-prometheus': labels('mine') };
    engineWith({ containers });
    const asked = [clear(), clear()];
    // It is gone as soon as it is removed.
    const { push } = removed;
    removed.push = (...names) => {
      for (const name of names) delete containers[name];
      return push.apply(removed, names);
    };
    await Promise.all(asked);
    expect([...removed]).toEqual(['b-prometheus']);
  });

  it.each([
    ['of another state', labels('theirs'), /a container of the stack "dev", deployed from another state/],
    ['of nobody that is known', {}, /belongs to another container/],
  ])('%s is left alone', async (_, theirs, words) => {
    engineWith({ containers: { 'b-prometheus': theirs } });
    await expect(clear()).rejects.toThrow(words);
    expect(removed).toEqual([]);
  });
});

describe('a volume', () => {
  const claim = () => claimVolume({ ...own, name: 'b-prometheus-data', container: 'b-prometheus' });

  it.each([
    ['none', {}],
    ['its own', { volumes: { 'b-prometheus-data': labels('mine') } }],
    ['one that a stack of its name has left', { volumes: { 'b-prometheus-data': labels('before') } }],
  ])('is taken: %s', async (_, found) => {
    engineWith(found);
    await expect(claim()).resolves.toBeUndefined();
  });

  it.each([
    ['of another stack', { volumes: { 'b-prometheus-data': labels('theirs', 'prod') } }],
    ['of nobody that is known', { volumes: { 'b-prometheus-data': {} } }],
    [
      'of another state that uses it',
      { volumes: { 'b-prometheus-data': labels('theirs') }, containers: { 'b-prometheus': labels('theirs') } },
    ],
  ])('%s is refused', async (_, found) => {
    engineWith(found);
    await expect(claim()).rejects.toThrow(/is watched by "b-prometheus-data", a name that belongs to/);
  });
});

describe('a network', () => {
  const clear = () => clearNetwork({ ...own, name: 'b-monitoring' });
  const network = (id: string, ...members: string[]) => ({ 'b-monitoring': { Labels: labels(id), members } });

  it('that an update has left is removed, and what watches from there', async () => {
    engineWith({ networks: network('mine', 'b-exporter'), containers: { 'b-exporter': labels('mine') } });
    await clear();
    expect(removed).toEqual(['b-exporter', 'b-monitoring']);
  });

  it.each([
    ['of another state', network('theirs'), /belongs to a network of the stack "dev"/],
    ['that others are in', network('mine', 'worker'), /other containers are in it \(worker\)/],
  ])('%s is left alone', async (_, networks, words) => {
    engineWith({ networks });
    await expect(clear()).rejects.toThrow(words);
    expect(removed).toEqual([]);
  });
});

test('what is somebody else’s is told all at once, and nothing is done to it', async () => {
  engineWith({
    containers: { 'b-exporter': labels('mine'), 'b-grafana': labels('theirs') },
    volumes: { 'b-exporter': labels('mine'), 'b-grafana-data': {} },
    networks: { 'b-monitoring': { Labels: labels('theirs') } },
  });
  const problems = await companionProblems(
    { dockerHost: undefined, broker: 'b', owner: own.owner },
    {
      containers: ['b-exporter', 'b-grafana', 'b-prometheus'],
      volumes: [
        ['b-exporter', 'b-exporter'],
        ['b-grafana-data', 'b-grafana'],
      ],
      networks: ['b-monitoring'],
    },
  );
  expect(problems.map((each) => /watched by "([^"]+)"/.exec(each)?.[1])).toEqual([
    'b-grafana',
    'b-grafana-data',
    'b-monitoring',
  ]);
  expect(removed).toEqual([]);
});
