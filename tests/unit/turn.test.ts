import { setTimeout as sleep } from 'node:timers/promises';
import { inTurn } from '../../operate/turn';

const name = `aipi-mqtt-test.${process.pid}`;

describe('inTurn', () => {
  it('lets one go at a time, and gives back what each has done', async () => {
    let going = 0;
    let most = 0;
    const act = async (value: number) => {
      going += 1;
      most = Math.max(most, going);
      await sleep(20);
      going -= 1;
      return value;
    };
    expect(await Promise.all([1, 2, 3].map((value) => inTurn(name, 10_000, () => act(value))))).toEqual([1, 2, 3]);
    expect(most).toBe(1);
  });

  it('passes the turn on where it has failed', async () => {
    await expect(inTurn(name, 10_000, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await inTurn(name, 0, async () => 'yes')).toBe('yes');
  });

  it('waits for nobody who is stuck', async () => {
    let free = () => {};
    const stuck = inTurn(name, 0, () => new Promise<void>((done) => (free = done)));
    expect(await inTurn(name, 100, async () => 'went on')).toBe('went on');
    free();
    await stuck;
    expect(await inTurn(`${name}.other`, 0, async () => 'another name')).toBe('another name');
  });
});
