/**
 * What a line of a broker's log is read as: lines as Mosquitto 2.1.2 has written them.
 *
 * It does not prove that these are all lines there are: those that are not known keep their words.
 */

import { disconnectionKind, readLine } from '../../watching/logLines';
import { logFlowOf } from './logFlows';

const time = '2026-11-26T17:04:35';

test.each([
  ['Client pi-001 negotiated TLSv1.3 cipher TLS_AES_256_GCM_SHA384', { kind: 'negotiated', clientId: 'pi-001' }],
  [
    'OpenSSL Error while trying to get the error[0]: error:0A000126:SSL routines::unexpected eof while reading',
    { kind: 'hungUp', weight: 'note' },
  ],
  [
    'OpenSSL Error while trying to get the error[0]: error:0A00010B:SSL routines::wrong version number',
    { kind: 'tlsFailed', weight: 'warning', reason: 'error:0A00010B:SSL routines::wrong version number' },
  ],
  ["Warning: ACL pattern 'device/control' does not contain '%c' or '%u'.", { kind: 'forEverybody', weight: 'note' }],
  ['Warning: File passwords owner is not mosquitto.', { kind: 'warned', weight: 'warning' }],
  ["Plugin acl-file has registered to receive 'reload' events.", { kind: 'startDetail', weight: 'note' }],
  ['sqlite: Restored 0 clients (0 failed)', { kind: 'startDetail' }],
  ['Opening ipv4 listen socket on port 8883.', { kind: 'startDetail' }],
  ['Info: running mosquitto as user: mosquitto.', { kind: 'startDetail' }],
  ['Expiring client pi-001 due to timeout.', { kind: 'sessionExpired', clientId: 'pi-001' }],
  ['Something else.', { kind: undefined, weight: 'note' }],
])('%s', (message, expected) => {
  expect(readLine(`${time}: ${message}`)).toMatchObject({ time, message, ...expected });
});

test.each([
  ['Protocol error', 'protocol_error'],
  ['protocol error', 'protocol_error'],
  ['session taken over', 'takeover'],
  ['exceeded timeout', 'keepalive'],
])('a connection that ended by "%s"', (reason, kind) => {
  expect(disconnectionKind(reason)).toBe(kind);
});

test('the first line of a connection is marked by what the next ones say, and the order stays', () => {
  const lines = [
    `${time}: New connection from 10.0.0.1:1000 on port 8883.`,
    `${time}: New connection from 10.0.0.2:2000 on port 8883.`,
    `${time}: Client aipi-verify-0c50b43bc765 [10.0.0.1:1000] disconnected: not authorised.`,
    `${time}: New client connected from 10.0.0.2:2000 as pi-001 (p5, c1, k60, u'pi-001').`,
    `${time}: New connection from 10.0.0.3:3000 on port 8883.`,
  ];
  const said = logFlowOf(lines);
  expect(said.map(({ message }) => message)).toEqual(lines.map((line) => line.slice(time.length + 2)));
  expect(said.map(({ probe }) => probe)).toEqual([true, false, true, false, false]);
});
