/**
 * Proves that the real broker takes every golden file: each case is started on them in a container without network. What
 * the broker then does for a client is proved by the other integration tests.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { revocationLists } from '../../certificates/revocation';
import { clientFileNames, serverFileNames } from '../../mosquitto/files';
import { clientKinds } from '../../mosquitto/listeners';
import { dockerEngine, logs } from '../../operate/docker';
import { rehearse } from '../../operate/rehearsal';
import { brokerFiles, goldenCases } from '../golden/cases';

jest.setTimeout(60_000);

/** A certificate for the broker, of which only the form matters here. */
async function certificates(): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-golden-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=golden'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const text = readFileSync(certificate, 'utf8');
  const authority = { certificate: text, privateKey: readFileSync(key, 'utf8') };
  rmSync(folder, { recursive: true });
  const server = serverFileNames('ec');
  const files = { [server.certificate]: text, [server.privateKey]: authority.privateKey };
  for (const kind of clientKinds) {
    const { authorities, revoked } = clientFileNames(kind);
    files[authorities] = text;
    files[revoked] = await revocationLists([authority], kind, [['gone', 1]]);
  }
  return files;
}

test.each(goldenCases().map((golden) => [golden.name, golden] as const))('the broker runs on %s', async (_, golden) => {
  const files = brokerFiles(golden, golden.tls ? await certificates() : {});
  const args = {
    image: 'eclipse-mosquitto:2.1.2',
    prepare: async () => {},
    folders: () => [{ folder: 'golden', files }],
  };
  const log = await rehearse(dockerEngine(null), args, (container) => logs(container));
  expect(log).toMatch(/mosquitto version 2\.1\.2 running/);
  // What all devices share stands in patterns, too: a topic line without a user is for anonymous clients only.
  expect(log).not.toMatch(/: (Error|Warning: (?!ACL pattern '\S+' does not contain))/);
  for (const { port } of golden.settings.listeners) expect(log).toContain(`listen socket on port ${port}.`);
});
