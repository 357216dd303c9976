import type { Deployment, StoredResource } from '../../commands/stack/state';
import { putBack } from '../../commands/stack/wayBack';

const urnOf = (name: string) => `urn:pulumi:prod::p::type::${name}`;
const resource = (name: string, more: Partial<StoredResource> = {}): StoredResource => ({
  urn: urnOf(name),
  type: 'type',
  id: `id of ${name}`,
  ...more,
});

const stack = resource('stack');
const provider = resource('engine', { parent: stack.urn });
const broker = resource('broker', { parent: stack.urn });
const image = resource('image', { parent: stack.urn });
const volume = resource('volume', { parent: broker.urn });
const proof = resource('proof', { parent: stack.urn, dependencies: [urnOf('container')] });
const container = resource('container', {
  parent: broker.urn,
  dependencies: [image.urn, volume.urn],
  inputs: { name: 'broker', image: 'old' },
  outputs: { id: 'id of container', name: 'broker' },
});

function after(resources: StoredResource[] | undefined, before = container, id = 'new id'): Deployment {
  const state: Deployment = { ...(resources && { resources }) };
  putBack(state, before, id);
  return state;
}

const namesIn = ({ resources }: Deployment) => resources?.map(({ urn }) => urn.split('::').at(-1));
const containerIn = ({ resources }: Deployment) => resources?.find(({ urn }) => urn === container.urn);

describe('putBack', () => {
  it('has the container from before again, under the id that it runs by now', () => {
    expect(containerIn(after([stack, provider, broker, image, volume, proof]))).toEqual({
      ...container,
      id: 'new id',
      outputs: { id: 'new id', name: 'broker' },
    });
  });

  it('tells an id to no resource that has none among its outputs', () => {
    const command = resource('command', { parent: stack.urn, outputs: { stdout: '' } });
    expect(after([stack], command).resources?.[1]).toEqual({ ...command, id: 'new id', dependencies: [] });
  });

  it('puts it behind everything that it depends on, before what depends on it', () => {
    expect(namesIn(after([stack, provider, broker, image, volume, proof]))).toEqual([
      'stack',
      'engine',
      'broker',
      'image',
      'volume',
      'container',
      'proof',
    ]);
    expect(namesIn(after([stack, provider, image, volume, broker, proof]))?.slice(-2)).toEqual(['container', 'proof']);
  });

  it('takes away the one that took its place, and those that still were to be deleted', () => {
    const pending = { ...container, id: 'oldest', delete: true } as StoredResource;
    const replaced = { ...container, id: 'failed', inputs: { name: 'broker', image: 'new' } };
    const state = after([stack, provider, broker, image, volume, replaced, proof, pending]);
    expect(namesIn(state)).toEqual(['stack', 'engine', 'broker', 'image', 'volume', 'container', 'proof']);
    expect(containerIn(state)).toMatchObject({ id: 'new id', inputs: { image: 'old' } });
  });

  it('leaves every other resource as it is', () => {
    const others = [stack, provider, broker, image, volume, proof];
    const copy = structuredClone(others);
    const { resources } = after(others);
    expect(resources?.filter(({ urn }) => urn !== container.urn)).toEqual(copy);
    expect(others).toEqual(copy);
  });

  it('forgets what is no longer there, which the engine would refuse', () => {
    const propertyDependencies = { image: [image.urn], volumes: [volume.urn], name: [] };
    const state = after([stack, provider, broker, volume], { ...container, propertyDependencies });
    expect(containerIn(state)).toMatchObject({
      dependencies: [volume.urn],
      propertyDependencies: { image: [], volumes: [volume.urn], name: [] },
    });
  });

  it('puts it behind its provider, which is no dependency', () => {
    const before = { ...container, dependencies: [], provider: `${provider.urn}::${provider.id}` };
    expect(namesIn(after([stack, broker, image, provider, proof], before))).toEqual([
      'stack',
      'broker',
      'image',
      'engine',
      'container',
      'proof',
    ]);
  });

  it('bears a state that has nothing, and a container that says little', () => {
    expect(namesIn(after(undefined))).toEqual(['container']);
    expect(after([], { urn: container.urn, type: 'type' }).resources).toEqual([
      { urn: container.urn, type: 'type', id: 'new id', dependencies: [] },
    ]);
  });

  it('calls it anew where the update that failed has done so with what it stands on', () => {
    const urn = (path: string) => `urn:pulumi:prod::p::${path}`;
    const whole = 'aipi:index:MqttBroker';
    const former = {
      urn: urn('aipi:index:Broker$docker:index/container:Container::broker-container'),
      type: 'docker:index/container:Container',
      id: 'id',
      parent: urn('aipi:index:Broker::broker'),
      provider: `${urn('pulumi:providers:docker::engine')}::known`,
      dependencies: [urn('aipi:index:Storage$docker:index/remoteImage:RemoteImage::storage-image')],
    };
    const made = [
      stack,
      { urn: urn(`${whole}$pulumi:providers:docker::mqtt-engine`), type: 'pulumi:providers:docker' },
      { urn: urn(`${whole}$aipi:index:Storage$docker:index/remoteImage:RemoteImage::mqtt-storage-image`), type: 'i' },
      { urn: urn(`${whole}$aipi:index:Broker::mqtt-broker`), type: 'aipi:index:Broker' },
    ];
    const failed = urn(`${whole}$aipi:index:Broker$docker:index/container:Container::mqtt-broker-container`);
    for (const present of [made, [...made, { ...former, urn: failed, id: 'failed' }]]) {
      expect(after(present, former).resources?.slice(made.length)).toEqual([
        {
          urn: failed,
          type: 'docker:index/container:Container',
          id: 'new id',
          parent: made[3]?.urn,
          provider: `${made[1]?.urn}::known`,
          dependencies: [made[2]?.urn],
        },
      ]);
    }
    const untouched = [stack, { urn: former.parent, type: 'aipi:index:Broker' }];
    expect(after(untouched, former).resources?.at(-1)).toMatchObject({ urn: former.urn, parent: former.parent });
  });
});
