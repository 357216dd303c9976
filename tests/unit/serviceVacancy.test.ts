import { holderIn } from '../../operate/service/vacancy';

const row = (number: number, local: string, state: string, inode: number) =>
  `${String(number).padStart(4)}: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;
const anywhere6 = '0'.repeat(32);

const said = [
  '41\n0\n',
  row(0, '00000000:075B', '0A', 1001) +
    row(1, '0100007F:22B3', '0A', 1002) +
    row(2, '0100007F:22B4', '01', 1003) +
    row(0, `${anywhere6}:2329`, '0A', 1004) +
    row(1, '00000000:2328', '0A', 1005),
  '/proc/41/fd socket:[1001]\n/proc/52/fd socket:[1002]\n/proc/53/fd socket:[1004]\n',
  '/proc/41/comm:mosquitto\n/proc/52/comm:nc\n/proc/53/comm:mosquitto\n',
].join('--- aipi-mqtt ---\n');

const holder = (port: number, bindAddress = '0.0.0.0') => holderIn(said, { port, bindAddress });

test('a port that another program has is told with that program', () => {
  expect(holder(8883)).toBe('nc');
  expect(holder(9000)).toBe('another program');
});

test('of the broker itself, on another address, and of connections a port is free', () => {
  expect(holder(1883)).toBeUndefined();
  expect(holder(8883, '192.0.2.7')).toBeUndefined();
  expect(holder(8884)).toBeUndefined();
  expect(holder(8885)).toBeUndefined();
});

test('another Mosquitto is another program, and one on all addresses of IPv6 has those of IPv4, too', () => {
  expect(holder(9001)).toBe('mosquitto');
});
