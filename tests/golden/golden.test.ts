import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrokerFiles } from '../../mosquitto/files';
import { parsePasswords } from '../../mosquitto/passwords';
import { fileProblems } from '../../mosquitto/validation';
import { defaults, problemsOf } from '../unit/rawConfig';
import { selfSigned } from '../unit/selfSigned';
import { brokerFiles, expectedFiles, type GoldenCase, goldenCases, handedOver, serviceFiles } from './cases';

const cases = goldenCases();

function onDisk({ folder, settings }: GoldenCase): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name !== 'stack.yaml' && name !== settings.devicesFile);
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function update(golden: GoldenCase): void {
  for (const name of Object.keys(onDisk(golden))) rmSync(join(golden.folder, name));
  for (const [name, text] of Object.entries(expectedFiles(golden))) writeFileSync(join(golden.folder, name), text);
}

it('the cases are the ones that are meant to be', () => {
  expect(cases.map(({ name, tls }) => [name, tls])).toEqual([
    ['deny', false],
    ['dev', false],
    ['everything', true],
    ['prod', true],
  ]);
});

describe.each(cases)('$name', (golden) => {
  it('gives the files beside it', () => {
    if (process.env.UPDATE_GOLDEN === '1') update(golden);
    expect(expectedFiles(golden)).toEqual(onDisk(golden));
  });

  it('gives files in which our own reader finds nothing wrong', () => {
    const { certificate, privateKey } = selfSigned();
    const given = { 'server-ec.pem': certificate, 'server-ec.key': privateKey };
    const clients = ['accounts', 'devices'].flatMap((kind) => [`${kind}-ca.pem`, `${kind}-crl.pem`]);
    const certificates: BrokerFiles = golden.tls
      ? { ...given, ...Object.fromEntries(clients.map((name) => [name, certificate])) }
      : {};
    expect(fileProblems(brokerFiles(golden, certificates))).toEqual([]);
  });

  it('gives a password to every account', () => {
    const names = golden.users.map(({ username }) => username).sort();
    expect(parsePasswords(onDisk(golden).passwords ?? '').map(({ username }) => username)).toEqual(names);
  });
});

const usual = cases.filter(({ name }) => ['dev', 'prod'].includes(name));

it.each([
  ['releases', serviceFiles],
  ['handover', handedOver],
] as const)('%s are the files beside it', (folder, filesOf) => {
  const services = join(__dirname, folder);
  const expected: Record<string, string> = Object.assign({}, ...usual.map(filesOf));
  const names = readdirSync(services);
  if (process.env.UPDATE_GOLDEN === '1') {
    for (const name of names) rmSync(join(services, name));
    for (const [name, text] of Object.entries(expected)) writeFileSync(join(services, name), text);
    return;
  }
  const found = names.map((name) => [name, readFileSync(join(services, name), 'utf8')]);
  expect(expected).toEqual(Object.fromEntries(found));
});

it('the case "everything" sets every key that there is', () => {
  const text = readFileSync(join(__dirname, 'everything/stack.yaml'), 'utf8');
  expect(Object.keys(defaults()).filter((key) => !text.includes(`aipi-mqtt:${key}:`))).toEqual([]);
  expect(problemsOf({})).toEqual([]);
});
