import { listeningPorts } from '../../operate/checks/openPorts';

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (number: number, local: string, state: string, remote = '00000000:0000') =>
  `${String(number).padStart(4)}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1883        0 41 1 0\n`;
const anywhere6 = '0'.repeat(32);

const ports = (table: string) => [...listeningPorts(table)].sort((a, b) => a - b);

describe('listeningPorts', () => {
  it('reads both tables of the kernel, and counts a port once', () => {
    const table =
      head +
      row(0, '00000000:075B', '0A') +
      row(1, '00000000:2329', '0A') +
      head +
      row(0, `${anywhere6}:075B`, '0A', `${anywhere6}:0000`) +
      row(1, `${anywhere6}:22B3`, '0A', `${anywhere6}:0000`);
    expect(ports(table)).toEqual([1883, 8883, 9001]);
  });

  it('leaves out whoever is connected, and ports that are only left again', () => {
    const table = head + row(0, '0100007F:075B', '01', '0100007F:C350') + row(1, '0100007F:2329', '06');
    expect(ports(table)).toEqual([]);
  });

  it('leaves out where Docker resolves names, and nothing else on a loopback', () => {
    expect(ports(head + row(0, '0B00007F:9C41', '0A') + row(1, '0100007F:9C42', '0A'))).toEqual([0x9c42]);
  });

  it('reads rows of any number', () => {
    expect(ports(head + row(9, '00000000:0001', '0A') + row(12345, '00000000:FFFF', '0A'))).toEqual([1, 65535]);
  });

  it('finds none where the kernel does not say', () => {
    expect(ports('')).toEqual([]);
    expect(ports("cat: can't open '/proc/net/tcp6': No such file or directory\n")).toEqual([]);
  });
});
