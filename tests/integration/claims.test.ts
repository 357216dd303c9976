/**
 * Proves that the product's own proof can fail: for each kind of claim that an update makes, one fault is planted into the
 * files of a real broker and turns exactly the claims red that it breaks. Without a fault all of them hold.
 *
 * It also shows what the proof does not see by itself: a right on a topic that nobody probes. That is told by a look at
 * the files, see drift.test.ts and driftFiles.test.ts.
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { revocationLists } from '../../certificates/revocation';
import { deviceFiles } from '../../fleet/files';
import { fileNames } from '../../mosquitto/files';
import { renderPasswords } from '../../mosquitto/passwords';
import { certificates } from '../../operate/checks/serverCertificate';
import { proveArrivals, proveDepartures } from '../../operate/fleet';
import { proveHandshakes } from '../../operate/handshake';
import { Canaries } from '../../operate/observers';
import { rehearseDeployed } from '../../operate/rehearsedAccess';
import { cleanUp } from '../unit/openssl';
import { ClaimsBroker, clientFiles, failed, host, issueServer, serverFiles } from './claimsBroker';

jest.setTimeout(120_000);

let claims: ClaimsBroker;

beforeAll(async () => {
  claims = await ClaimsBroker.start();
});

afterAll(async () => {
  await claims.remove();
  cleanUp();
});

/** The text of a file with one fault in it. */
function faulty(name: string, pattern: string | RegExp, replacement: string): Record<string, string> {
  const text = claims.files[name] ?? '';
  const changed = text.replace(pattern, replacement);
  if (changed === text) throw new Error(`${name} has no ${pattern}`);
  return { [name]: changed };
}

/** The configuration with one fault in the lines of a listener. */
function faultyListener(name: string, change: (lines: string) => string): Record<string, string> {
  const [, port] = name.split('-');
  const text = claims.files[fileNames.configuration] ?? '';
  const sections = text.split(/(?=^listener )/m);
  const changed = sections.map((section) => (section.startsWith(`listener ${port}\n`) ? change(section) : section));
  if (changed.join('') === text) throw new Error(`the fault changes nothing of ${name}`);
  return { [fileNames.configuration]: changed.join('') };
}

interface Fault {
  files: () => Record<string, string> | Promise<Record<string, string>>;
  how: 'reload' | 'restart';
  /** The claims that it breaks. */
  broken: () => string[];
}

const { configuration, acl, passwords, deviceAcl, devicePasswords } = fileNames;
const at = () => claims.places;
const accounts = (claim: string) => [at().plain, at().secured].map((place) => `${place}: ${claim}`);
const everywhere = (claim: string) => Object.values(at()).map((place) => `${place}: ${claim}`);

const faults: Record<string, Fault> = {
  'a right to publish that is too wide': {
    files: () => faulty(acl, /^user aisa_rpi$/m, '$&\ntopic write test/topic'),
    how: 'reload',
    broken: () => accounts('aisa_rpi may not publish'),
  },
  'a right to read that is too wide': {
    files: () => faulty(acl, /^user aisa_rpi$/m, '$&\ntopic read system/alerts/+'),
    how: 'reload',
    broken: () => accounts('aisa_rpi may not read'),
  },
  'a right to publish that is missing': {
    files: () => faulty(acl, 'topic write device/+/data\n', ''),
    how: 'reload',
    broken: () => accounts('aisa_rpi may publish'),
  },
  'a right to read that is missing': {
    files: () => faulty(acl, 'topic read langchain/process/+\n', ''),
    how: 'reload',
    broken: () => accounts('aisa_rpi may read'),
  },
};

test('without a fault every claim holds', async () => {
  expect(await claims.disproved()).toEqual([]);
  expect(failed(await rehearseDeployed(claims.plan))).toEqual([]);
});

describe('the proof of a broker that runs', () => {
  test.each(Object.entries(faults))('is turned red by %s', async (_, { files, how, broken }) => {
    try {
      await claims.give(await files(), how);
      expect(await claims.disproved()).toEqual(broken().sort());
    } finally {
      await claims.give({}, how);
    }
  });
});
