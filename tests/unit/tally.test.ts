import { readLine } from '../../watching/logLines';
import { Tally } from '../../watching/tally';

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
