import { mendingWords } from '../../commands/stack/stack';

const none = { words: [], refresh: false, replace: false, deliver: false, unpause: false };
const container = { urn: 'urn::broker-container', type: 'docker:index/container:Container' };
const delivery = { urn: 'urn::configuration-delivery', type: 'command:local:Command' };

describe('mendingWords', () => {
  it('are none where nothing has to be mended', () => {
    expect(mendingWords(none, [container, delivery])).toEqual([]);
  });

  it('make the engine look, and make anew what it knows', () => {
    expect(mendingWords({ ...none, refresh: true, replace: true, deliver: true }, [container, delivery])).toEqual([
      '--refresh',
      '--replace',
      container.urn,
      '--replace',
      delivery.urn,
    ]);
  });

  it('call what a version before has made as the update will', () => {
    const former = {
      ...delivery,
      urn: 'urn:pulumi:x::p::aipi:index:Configuration$command:local:Command::configuration-delivery',
    };
    expect(mendingWords({ ...none, deliver: true }, [former])).toEqual([
      '--replace',
      'urn:pulumi:x::p::aipi:index:MqttBroker$aipi:index:Configuration$command:local:Command::mqtt-configuration-delivery',
    ]);
  });

  it('never name what the engine does not know yet: it would refuse the whole update', () => {
    expect(mendingWords({ ...none, replace: true, deliver: true }, [])).toEqual([]);
    expect(mendingWords({ ...none, replace: true, deliver: true }, [container])).toEqual(['--replace', container.urn]);
  });
});
