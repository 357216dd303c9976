import { systemProblem } from '../../mosquitto/systems';

const release = (id: string, version: string, words = 'Some System') =>
  `PRETTY_NAME="${words}"\nNAME="Some"\nVERSION_ID="${version}"\nVERSION="${version} (name)"\nVERSION_CODENAME=name\nID=${id}\n`;

test.each([
  ['debian', '12'],
  ['debian', '13'],
  ['raspbian', '12'],
  ['ubuntu', '22.04'],
  ['ubuntu', '24.04'],
])('%s %s is known', (id, version) => {
  expect(systemProblem(release(id, version))).toBeUndefined();
  expect(systemProblem(`ID_LIKE=other\n${release(id, version).replaceAll('"', '')}`)).toBeUndefined();
});

test.each([
  ['debian', '11'],
  ['debian', ''],
  ['ubuntu', '23.10'],
  ['fedora', '41'],
  ['linuxmint', '22'],
  ['toString', '12'],
])('%s %s is not, and is called by its name', (id, version) => {
  expect(systemProblem(release(id, version))).toMatch(/^runs Some System, and a service is made on Debian 12 and 13, /);
});

test('one that says nothing of itself is told so', () => {
  expect(systemProblem('')).toMatch(/^runs a system that does not say what it is, /);
});

test('words in single quotes are read, too', () => {
  expect(systemProblem("ID='debian'\nVERSION_ID='12'\n")).toBeUndefined();
});
