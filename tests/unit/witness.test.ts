import { allows, parseAcl, renderAcl, type UserAcl, withRules } from '../../mosquitto/acl';
import { literalTopics, markerTopic, probeTopics, rehearsedWitness, witnessAcl } from '../../mosquitto/witness';
import { settingsOf } from './rawConfig';

const { accounts } = settingsOf();

describe('probeTopics', () => {
  it('samples each topic of AIPI that has a wildcard, the test of the guide and a foreign topic', () => {
    expect(probeTopics([])).toEqual([
      'aipi-verify/foreign',
      'device/aipi-verify/data',
      'device/aipi-verify/status',
      'langchain/process/aipi-verify',
      'langchain/response/aipi-verify',
      'system/alerts/aipi-verify',
      'test/topic',
    ]);
  });

  it('samples the rules of accounts, a denied one too', () => {
    const topics = probeTopics([
      {
        username: 'pi',
        rules: [
          { access: 'read', topic: 'sensor/+/temperature' },
          { access: 'deny', topic: 'sensor/secret/#' },
        ],
      },
    ]);
    expect(topics).toEqual(expect.arrayContaining(['sensor/aipi-verify/temperature', 'sensor/secret/aipi-verify']));
  });

  it('leaves out what only the broker may write', () => {
    const users: UserAcl[] = [{ username: 'monitor', rules: [{ access: 'read', topic: '$SYS/#' }] }];
    expect(probeTopics(users).filter((topic) => topic.startsWith('$'))).toEqual([]);
  });
});

describe('literalTopics', () => {
  it('are the topics without wildcard that real clients may listen to', () => {
    expect(literalTopics(accounts)).toEqual(['device/control', 'system/server/status']);
  });

  it('hold those of accounts once, without the test of the guide and without $', () => {
    const rules = ['b/c', 'b/c', 'device/control', 'test/topic', '$SYS/broker/version'];
    const users: UserAcl[] = [{ username: 'pi', rules: rules.map((topic) => ({ access: 'read', topic })) }];
    expect(literalTopics(users)).toEqual(['b/c', 'device/control', 'system/server/status']);
  });
});

describe('witnessAcl', () => {
  const { username, rules } = witnessAcl(accounts);

  it('belongs to the reserved account', () => {
    expect(username).toBe('aipi_verify');
  });

  it.each([...probeTopics(accounts), markerTopic])('reads and writes %s', (topic) => {
    expect(allows(rules, 'read', topic)).toBe(true);
    expect(allows(rules, 'write', topic)).toBe(true);
  });

  it.each([
    'device/control',
    'device/pi-001/data',
    'langchain/process/pi-001',
    'system/server/status',
    '$SYS/broker/uptime',
  ])('does not reach %s', (topic) => {
    expect(allows(rules, 'read', topic)).toBe(false);
    expect(allows(rules, 'write', topic)).toBe(false);
  });
});

describe('rehearsedWitness', () => {
  it('leaves the accounts as they are and lets the witness see everything', () => {
    const rendered = renderAcl([...accounts, witnessAcl(accounts)]);
    const { users } = parseAcl(withRules(rendered, rehearsedWitness));
    expect(users.slice(0, -1)).toEqual(parseAcl(rendered).users);
    expect(users.at(-1)).toEqual({ username: 'aipi_verify', rules: [{ access: 'readwrite', topic: '#' }] });
  });
});
