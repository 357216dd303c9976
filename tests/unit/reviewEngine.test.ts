import { engineSteps } from '../../review/engine';

const urn = (type: string, name: string) => `urn:pulumi:prod::aipi-mqtt::${type}::${name}`;
const container = urn(
  'aipi:index:MqttBroker$aipi:index:Broker$docker:index/container:Container',
  'mqtt-broker-container',
);
const provider = urn('aipi:index:MqttBroker$pulumi:providers:docker', 'mqtt-engine');

describe('engineSteps', () => {
  it('are none where nothing changes', () => {
    expect(engineSteps({})).toEqual([]);
    expect(
      engineSteps({
        steps: [
          { op: 'same', urn: container },
          { op: 'read', urn: container },
        ],
      }),
    ).toEqual([]);
  });

  it('tell a replacement once, with all that it is for', () => {
    const steps = ['delete-replaced', 'replace', 'create-replacement'].map((op) => ({
      op,
      urn: container,
      diffReasons: ['labels', 'ports'],
      ...(op === 'replace' && { replaceReasons: ['ports', 'image'] }),
    }));
    expect(engineSteps({ steps })).toEqual([
      {
        operation: 'replace',
        type: 'docker:index/container:Container',
        name: 'mqtt-broker-container',
        properties: ['image', 'labels', 'ports'],
        protected: false,
      },
    ]);
  });

  it('leave out where the preview itself reaches Docker, and nothing else of it', () => {
    const step = (diffReasons: string[]) => ({ op: 'update', urn: provider, diffReasons });
    expect(engineSteps({ steps: [step(['host', 'context'])] })).toEqual([]);
    expect(engineSteps({ steps: [step(['host', 'version'])] })).toHaveLength(1);
    expect(engineSteps({ steps: [{ op: 'delete', urn: provider }] })).toHaveLength(1);
  });

  it('say what is protected, in one order', () => {
    const steps = [
      { op: 'update', urn: urn('b:c:D', 'second'), oldState: { protect: true } },
      { op: 'create', urn: urn('b:c:D', 'first') },
    ];
    expect(engineSteps({ steps }).map(({ name, protected: isProtected }) => [name, isProtected])).toEqual([
      ['first', false],
      ['second', true],
    ]);
  });
});
