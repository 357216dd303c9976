import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { isOfConnection } from '../../operate/lateErrors';

const coded = (code: string | undefined, more: object = {}) => Object.assign(new Error('words'), { code, ...more });

it.each([
  [coded('ECONNRESET')],
  [coded('EPIPE', { syscall: 'write' })],
  [coded('PERMITTED_VIOLATION')],
  [coded('CERT_HAS_EXPIRED')],
  [coded('SELF_SIGNED_CERT_IN_CHAIN')],
  [coded('ERR_TLS_CERT_ALTNAME_INVALID')],
  [coded('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', { library: 'SSL routines' })],
])('an error of a connection is outlived: %j', (error) => {
  expect(isOfConnection(error)).toBe(true);
});

it.each([
  [coded(undefined)],
  [coded('ENOENT', { syscall: 'open' })],
  [coded('EACCES', { syscall: 'listen' })],
  [coded('ERR_INVALID_ARG_TYPE')],
  [new TypeError('x is not a function')],
])('a fault of the program is not: %j', (error) => {
  expect(isOfConnection(error)).toBe(false);
});

it('cleans up after a handshake whose second error nobody hears', () => {
  const program = `
    require('${resolve(__dirname, '../../setup/typescript.cjs')}');
    if (process.argv[1] === 'with') require('${resolve(__dirname, '../../operate/lateErrors.ts')}').outliveConnections();
    const { EventEmitter } = require('node:events');
    const socket = new EventEmitter();
    const handshake = new Promise((_, reject) => socket.once('error', reject));
    handshake.catch(() => console.log('refused')).finally(() => console.log('removed'));
    setImmediate(() => {
      for (const code of ['CERT_HAS_EXPIRED', 'ECONNRESET']) socket.emit('error', Object.assign(new Error(code), { code }));
    });
  `;
  const run = (word: string) => spawnSync(process.execPath, ['-e', program, word], { encoding: 'utf8' });
  expect(run('without').stdout).toBe('');
  expect(run('with')).toMatchObject({ status: 0, stdout: 'refused\nremoved\n', stderr: '' });
});
