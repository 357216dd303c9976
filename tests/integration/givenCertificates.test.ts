/**
 * Proves with the real engine and broker that a certificate from elsewhere which lasts for a day, and whose chain was
 * cross-signed, is served so that a client with either root alone accepts it, is not called due in its first hours, and
 * that one that is past its time is refused before anything is touched.
 */

import { writeFileSync } from 'node:fs';
import { connect as connectTls } from 'node:tls';
import { Authorities } from './authorities';
import { freePorts, Project } from './project';

jest.setTimeout(600_000);

const host = 'broker.example.org';
const authorities = new Authorities();
let project: Project;
let stack: string;
let ports: number[];

beforeAll(async () => {
  project = new Project();
  ports = await freePorts(2);
  stack = `test-${ports[0]}`;
  authorities.root('old');
  authorities.root('fresh');
  authorities.crossed('crossed', 'fresh', 'old');
  authorities.intermediate('issuing', 'fresh');
  authorities.server('leaf', 'issuing', host, 1);
  writeFileSync(authorities.path('chain.pem'), authorities.read('leaf.pem', 'issuing.pem', 'crossed.pem'));
});

afterAll(async () => {
  await project.dispose();
  authorities.dispose();
});

function configure(changed: Record<string, unknown> = {}): void {
  project.configure(stack, {
    listeners: [{ port: ports[0] }, { port: ports[1], tls: true }],
    dnsNames: [host],
    serverCertificate: authorities.path('chain.pem'),
    serverPrivateKey: authorities.path('leaf.key'),
    trustedCertificates: [authorities.path('old.pem'), authorities.path('fresh.pem')],
    ...changed,
  });
}

/** Whether a client that trusts one root alone accepts what is served; else why not. */
function accepts(root: string): Promise<string> {
  const ca = authorities.read(`${root}.pem`);
  return new Promise((done) => {
    const socket = connectTls({ host: '127.0.0.1', port: ports[1] ?? 0, ca, servername: host }, () => {
      socket.destroy();
      done('accepted');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => done(`${error.code}`));
  });
}

test('a cross-signed chain is served as a whole, and proved with each root alone', async () => {
  configure();
  const { stderr } = await project.must('up', stack, '--checks');
  expect(stderr).toMatch(/✓ \S+: who trusts trusted-[0-9a-f]{8} alone accepts the certificate/);
  expect(stderr.match(/✓ rehearsal: who trusts trusted-\S+ alone accepts/g)).toHaveLength(2);
  expect([await accepts('old'), await accepts('fresh')]).toEqual(['accepted', 'accepted']);
});

test('a certificate of a day is not due in its first hours, and nothing changes', async () => {
  const idle = await project.must('up', stack, '--only-if-due');
  expect(idle.stderr).toContain('Nothing is due');
  expect((await project.must('certificates', stack, '--json')).code).toBe(0);
});

test('a certificate that has expired is refused before anything is touched; an authority by what it may not sign', async () => {
  authorities.server('past', 'issuing', host, -1);
  writeFileSync(authorities.path('past-chain.pem'), authorities.read('past.pem', 'issuing.pem', 'crossed.pem'));
  configure({ serverCertificate: authorities.path('past-chain.pem'), serverPrivateKey: authorities.path('past.key') });
  const { code, stdout, stderr } = await project.run('up', stack);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/\n {2}serverCertificate: has expired at .*; renew it, or set the clock/);
  configure();
  expect(await accepts('old')).toBe('accepted');
});
