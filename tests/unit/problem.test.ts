import { problemWords } from '../../mosquitto/problem';

describe('problemWords', () => {
  it('are path, what is wrong, and the remedy', () => {
    expect(problemWords({ path: 'devices: a', says: 'is wrong', remedy: 'write b' })).toBe(
      'devices: a: is wrong; write b',
    );
    expect(problemWords({ says: 'is wrong', remedy: 'write b' })).toBe('is wrong; write b');
  });
});
