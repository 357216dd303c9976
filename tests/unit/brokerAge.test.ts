import { ageIn } from '../../operate/clock';

/** @param ticks when it began, in hundredths of a second */
const statOf = (program: string, ticks: number) =>
  `1 (${program}) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 ${ticks} 12345 678 18446744073709551615\n`;

describe('ageIn', () => {
  it('is what has passed since the program began', () => {
    expect(ageIn(`1000.50 1800.25\n${statOf('mosquitto', 90_000)}`)).toBe(100.5);
  });

  it.each(['two words', 'a) S 9 9 (b', ')'])('is not misled by the name "%s"', (program) => {
    expect(ageIn(`1000.50 1800.25\n${statOf(program, 90_000)}`)).toBe(100.5);
  });

  it.each([
    '',
    '\n',
    '1000.50 1800.25\n',
    "1000.50 1800.25\ncat: can't open '/proc/1/stat'\n",
    `cat: can't open '/proc/uptime'\n${statOf('mosquitto', 90_000)}`,
  ])('is unknown where the kernel does not say: %j', (output) => {
    expect(ageIn(output)).toBeUndefined();
  });
});
