import { type BrokerPlace, isMove, moveWords, staysBehind } from '../../change/move';

const place = (kind: BrokerPlace['kind'], machine?: string): BrokerPlace => ({ kind, machine });

describe('a move', () => {
  it('is another kind, or another machine', () => {
    expect(isMove(place('container'), place('container'))).toBe(false);
    expect(isMove(place('service', 'a'), place('service', 'a'))).toBe(false);
    expect(isMove(place('container'), place('service'))).toBe(true);
    expect(isMove(place('service', 'a'), place('service', 'b'))).toBe(true);
    expect(moveWords('b', place('service', 'a'), place('service', 'a'), false)).toEqual([]);
  });

  it('says what is lost, and what is not', () => {
    const words = moveWords('garden', place('container'), place('service'), false);
    expect(words).toEqual([
      'The broker moves, from a container on this machine to a service on this machine, and everybody is disconnected:',
      '  accounts, devices and certificates stay as they are, and nobody is provisioned again',
      '  sessions, queued and retained messages do not come along; save them first where they are needed',
    ]);
    expect(moveWords('garden', place('container'), place('service'), true)[2]).toContain(
      'they stay in garden-data there',
    );
  });

  it('to another machine says that clients have to find it', () => {
    const words = moveWords('garden', place('service', 'old'), place('container', 'new'), false).join('\n');
    expect(words).toContain('from a service on old to a container on new');
    expect(words).toContain('see to DNS');
    expect(words).not.toContain('remove it there');
  });

  it('between Docker engines leaves the one from before', () => {
    const [from, to] = [place('container', 'old'), place('container')];
    expect(staysBehind(from, to)).toBe(true);
    expect(staysBehind(place('container', 'old'), place('service'))).toBe(false);
    expect(moveWords('garden', from, to, false).at(-1)).toContain('remove it there');
  });
});
