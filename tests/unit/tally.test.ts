import { readLine } from '../../watching/logLines';
import { Tally } from '../../watching/tally';

const start = Date.parse('2026-01-01T00:00:00Z');

/** A tally that has heard lines, one each millisecond from `at` on. */
function heard(lines: readonly string[], tally = new Tally(), at = start): Tally {
  for (const [index, line] of lines.entries()) tally.add(readLine(line), at + index);
  return tally;
}

const login = (clientId: string, port: number, username = clientId) =>
  `2026-01-01T00:00:00: New client connected from 192.0.2.7:${port} as ${clientId} (p5, c1, k60, u'${username}').`;
const end = (clientId: string, port: number, reason = ': connection closed by client') =>
  `2026-01-01T00:00:00: Client ${clientId} [192.0.2.7:${port}] disconnected${reason}.`;

describe('who is connected', () => {
  it('is whoever has logged in and has not left', () => {
    const { connected, left } = heard([login('a', 1), login('b', 2), end('a', 1)]);
    expect([...connected.keys()]).toEqual(['b']);
    expect(connected.get('b')).toEqual({ username: 'b', address: '192.0.2.7:2', since: start + 1 });
    expect(left.get('a')).toBe(start + 2);
  });

  it('is the later one, where its session was taken over', () => {
    const { connected, takeovers } = heard([login('a', 1), end('a', 1, ': session taken over'), login('a', 2)]);
    expect(connected.get('a')?.address).toBe('192.0.2.7:2');
    expect(takeovers).toBe(1);
  });

  it('has left, too, where nothing but a full stop says so', () => {
    expect(heard([login('a', 1), end('a', 1, '')]).connected.size).toBe(0);
  });

  it('is nobody who connected before the broker started anew', () => {
    const tally = heard([login('a', 1)]);
    heard([login('b', 2)], tally, start + 60_000);
    tally.restarted(start + 30_000);
    expect([...tally.connected.keys()]).toEqual(['b']);
    expect(tally.left.get('a')).toBe(start + 30_000);
  });

  it('is also who others saw, unless it has been seen to leave since', () => {
    const tally = heard([login('a', 1), end('a', 1), login('c', 3)]);
    const seen = (since: number) => ({ username: 'x', address: '192.0.2.8:9', since });
    tally.seed([
      ['a', seen(start - 1)],
      ['b', seen(start - 1)],
      ['c', seen(start - 1)],
    ]);
    expect([...tally.connected].map(([id, { username }]) => [id, username])).toEqual([
      ['c', 'c'],
      ['b', 'x'],
    ]);
  });
});

describe('what is counted', () => {
  it.each([
    ['a login that is refused', [end('a', 1, ': not authorised')], { not_authorised: 1 }],
    ['one for an id that is none', [end('a', 1, ': client identifier not valid')], { bad_client_id: 1 }],
    [
      'one too many',
      ['2026-01-01T00:00:00: Client connection from 192.0.2.7 denied: max_connections exceeded.'],
      { too_many_connections: 1 },
    ],
    ['none of a client that was let in', [login('a', 1), end('a', 1, ': not authorised')], {}],
  ])('refused logins: %s', (_, lines, counts) => {
    expect(Object.fromEntries(heard(lines).refusedLogins)).toEqual(counts);
  });

  it.each([
    ['', 'client'],
    [': connection closed by client', 'network'],
    [': exceeded timeout', 'keepalive'],
    [': not authorised', 'not_authorised'],
    [': oversize packet', 'protocol_error'],
    [': Protocol error', 'protocol_error'],
    [': administrative action', 'administrative'],
    [': bad socket read/write: Connection reset by peer', 'network'],
    [': something new', 'other'],
  ])('an end%s is of the kind %s', (reason, kind) => {
    expect(Object.fromEntries(heard([login('a', 1), end('a', 1, reason)]).disconnections)).toEqual({ [kind]: 1 });
  });

  it('an end of TLS without a goodbye is one of the network, and no error of the protocol', () => {
    const hungUp =
      '2026-01-01T00:00:00: OpenSSL Error while trying to get the error[0]: error:0A000126:SSL routines::unexpected eof while reading';
    const tally = heard([login('a', 1), hungUp, end('a', 1, ': Protocol error')]);
    expect(Object.fromEntries(tally.disconnections)).toEqual({ network: 1 });
    expect(tally.protocolErrors).toBe(0);
  });

  it('nobody who only looks whether a port is open', () => {
    expect(heard([end('192.0.2.7', 1)]).disconnections.size).toBe(0);
    expect(heard([end('192.0.2.7', 1, ': Protocol error')]).protocolErrors).toBe(1);
  });

  it('a session that is taken up again is taken over from nobody', () => {
    const tally = heard([login('a', 1), end('a', 1), end('a', 1, ': session taken over'), login('a', 2)]);
    expect([tally.takeovers, Object.fromEntries(tally.disconnections)]).toEqual([0, { network: 1 }]);
  });

  it('nothing of verification, nor what it tries under the names of accounts', () => {
    const tally = new Tally();
    tally.accounts = ['aisa_server'];
    heard(
      [
        login('aipi-verify-1', 1, 'aipi_verify'),
        end('aisa_server', 2, ': not authorised'),
        end('192.0.2.7', 3, ': Protocol error'),
        end('aipi-verify-1', 1),
      ],
      tally,
    );
    expect(tally).toMatchObject({ connections: 0, protocolErrors: 0 });
    expect([tally.refusedLogins.size, tally.disconnections.size]).toEqual([0, 0]);
    heard([end('aisa_server', 4, ': not authorised')], tally, start + 60_000);
    expect(tally.refusedLogins.get('not_authorised')).toBe(1);
  });

  it('a stranger who is refused while verification is at work', () => {
    const tally = heard([login('aipi-verify-1', 1, 'aipi_verify'), end('stranger', 2, ': not authorised')]);
    expect(tally.refusedLogins.get('not_authorised')).toBe(1);
  });
});

test('an id is fought about from the third take-over within five minutes on, and no longer than that', () => {
  const tally = new Tally();
  const turn = (port: number) => [end('twin', port, ': session taken over'), login('twin', port + 1)];
  heard([login('twin', 1), ...turn(1), ...turn(2)], tally);
  expect(tally.contestedIds(start)).toEqual([]);
  heard(turn(3), tally, start + 60_000);
  expect(tally.contestedIds(start + 60_000)).toEqual(['twin']);
  expect(tally.contestedIds(start + 6 * 60_000)).toEqual([]);
});

/** What a connection's end counts as. */
function endOf(username: string, words: string): string[] {
  const tally = new Tally();
  tally.accounts = ['aisa_server'];
  const at = '2026-11-26T12:00:00: ';
  const login = `${at}New client connected from 10.0.0.1:4711 as ${username} (p5, c1, k60, u'${username}').`;
  const end = `${at}Client ${username} [10.0.0.1:4711] disconnected${words}.`;
  for (const line of [login, end]) tally.add(readLine(line), 0);
  return [...tally.disconnections.keys()];
}

test.each([
  ['a device that is gone without a goodbye has lost its connection', 'pi-1', 'network'],
  ['a script of an account closes so', 'aisa_server', 'client'],
])('%s', (_, username, kind) => {
  expect(endOf(username, ': connection closed by client')).toEqual([kind]);
  expect(endOf(username, '')).toEqual(['client']);
});
