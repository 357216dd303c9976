/**
 * Whatever the environment adds to what Node trusts or accepts, a proof trusts the authority of the stack alone; and
 * whatever it wants to see, the libraries of a program print nothing.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-hostile-'));
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=a.test'.split(' ');
  for (const name of ['own', 'other']) {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-addext', 'subjectAltName=DNS:a.test'];
    execFileSync('openssl', [...words, ...files], { cwd: folder, stdio: 'ignore' });
  }
  const program = `
    require(${JSON.stringify(resolve(__dirname, '../../setup/typescript.cjs'))});
    const { trust } = require(${JSON.stringify(resolve(__dirname, '../../operate/client.ts'))});
    const { readFileSync } = require('node:fs');
    const { connect, createServer } = require('node:tls');
    const read = (name) => readFileSync(${JSON.stringify(folder)} + '/' + name, 'utf8');
    const plan = { certificateAuthority: read('own.pem'), serverNames: ['a.test'] };
    const weak = { ciphers: 'DEFAULT@SECLEVEL=0' };
    const handshake = (served, version) => new Promise((done) => {
      const versions = version === undefined ? {} : { minVersion: version, maxVersion: version };
      const server = createServer({ cert: read(served + '.pem'), key: read(served + '.key'), ...weak, ...versions });
      server.on('tlsClientError', () => {}).on('secureConnection', (socket) => socket.on('error', () => {}));
      server.listen(0, '127.0.0.1', () => {
        connect({ host: '127.0.0.1', port: server.address().port, ...weak, ...trust(plan) })
          .once('secureConnect', () => done('accepted'))
          .on('error', () => done('refused'));
      });
    });
    Promise.all([handshake('own'), handshake('other'), handshake('own', 'TLSv1.1')])
      .then((words) => process.stdout.write(words.join(' '), () => process.exit(0)));
  `;
  writeFileSync(join(folder, 'program.cjs'), program);
});

afterAll(() => rmSync(folder, { recursive: true }));

it('accepts what the stack has made, and neither another authority nor an old TLS', () => {
  const other = join(folder, 'other.pem');
  const env = {
    ...process.env,
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_EXTRA_CA_CERTS: other,
    SSL_CERT_FILE: other,
    NODE_OPTIONS: '--use-openssl-ca --tls-min-v1.0',
  };
  const { stdout } = spawnSync('node', [join(folder, 'program.cjs')], { env, encoding: 'utf8' });
  expect(stdout).toBe('accepted refused refused');
});

it('is silent where the engine of a person is told to have everything printed', () => {
  const env = { ...process.env, DEBUG: '*' };
  const words = ['--require', './setup/typescript.cjs', '--eval', "require('debug')('mqttjs')('printed')"];
  const { status, stderr } = spawnSync('node', words, { cwd: resolve(__dirname, '../..'), env, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
