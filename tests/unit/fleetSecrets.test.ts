import { createHmac } from 'node:crypto';
import { devicePassword } from '../../fleet/secrets';

const root = Buffer.alloc(32, 7).toString('base64');

describe('devicePassword', () => {
  it('is the base64url of an HMAC-SHA256 of context, id and generation', () => {
    const expected = createHmac('sha256', Buffer.alloc(32, 7)).update('aipi-mqtt device password 1\npi-1\n2').digest();
    expect(devicePassword(root, { id: 'pi-1', generation: 2 })).toBe(expected.toString('base64url'));
  });

  it('stays the same from version to version: every card in the field holds it', () => {
    expect(devicePassword(root, { id: 'pi-001', generation: 1 })).toBe('TdvqkfT4t4A8TkB0ko1sAVj65FPhUlIqEq9hF8a_n1E');
  });

  it.each([
    ['another id', root, 'pi-2', 1],
    ['another generation', root, 'pi-1', 2],
    ['another root secret', Buffer.alloc(32, 8).toString('base64'), 'pi-1', 1],
  ])('is another one for %s', (_, secret, id, generation) => {
    expect(devicePassword(secret, { id, generation })).not.toBe(devicePassword(root, { id: 'pi-1', generation: 1 }));
  });

  it('never mixes up id and generation', () => {
    expect(devicePassword(root, { id: 'pi-1', generation: 11 })).not.toBe(
      devicePassword(root, { id: 'pi-11', generation: 1 }),
    );
  });
});
