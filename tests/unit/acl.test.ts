import { type AclRule, allows, formatRule, parseAcl, parseRule, renderAcl } from '../../mosquitto/acl';

describe('parseRule', () => {
  it.each([
    ['read device/control', { access: 'read', topic: 'device/control' }],
    ['write device/+/data', { access: 'write', topic: 'device/+/data' }],
    ['readwrite #', { access: 'readwrite', topic: '#' }],
    ['deny a b/c', { access: 'deny', topic: 'a b/c' }],
    ['read read a', { access: 'read', topic: 'read a' }],
  ])('reads %j', (text, rule) => {
    expect(parseRule(text)).toEqual(rule);
  });

  it.each(['', 'read', 'read ', 'read   ', 'reads', 'denyx', 'reader a', 'Read a', 'publish a', 'a/b', ' read a', '#'])(
    'refuses %j',
    (text) => {
      expect(parseRule(text)).toBeUndefined();
    },
  );

  it('reads what formatRule writes', () => {
    expect(formatRule({ access: 'readwrite', topic: 'a b/#' })).toBe('readwrite a b/#');
    expect(parseRule('readwrite a b/#')).toEqual({ access: 'readwrite', topic: 'a b/#' });
  });
});

describe('allows', () => {
  const read: AclRule = { access: 'read', topic: 'a/#' };
  const write: AclRule = { access: 'write', topic: 'a/#' };
  const both: AclRule = { access: 'readwrite', topic: '#' };
  const deny: AclRule = { access: 'deny', topic: 'a/secret' };

  it.each<[string, AclRule[], 'read' | 'write', string, boolean]>([
    ['no rule allows nothing', [], 'read', 'a/b', false],
    ['read allows reading', [read], 'read', 'a/b', true],
    ['read allows no writing', [read], 'write', 'a/b', false],
    ['write allows writing', [write], 'write', 'a/b', true],
    ['write allows no reading', [write], 'read', 'a/b', false],
    ['readwrite allows reading', [both], 'read', 'a/b', true],
    ['readwrite allows writing', [both], 'write', 'a/b', true],
    ['another topic is not allowed', [read], 'read', 'b', false],
    ['deny after a grant wins', [both, deny], 'read', 'a/secret', false],
    ['deny before a grant wins', [deny, both], 'write', 'a/secret', false],
    ['deny reaches its own topic only', [deny, both], 'read', 'a/public', true],
    ['deny alone allows nothing', [deny], 'read', 'a/public', false],
    ['# does not reach $SYS', [both], 'read', '$SYS/broker/version', false],
    ['$SYS by name is allowed', [{ access: 'read', topic: '$SYS/#' }], 'read', '$SYS/broker/version', true],
  ])('%s', (_, rules, access, topic, expected) => {
    expect(allows(rules, access, topic)).toBe(expected);
  });
});

describe('renderAcl', () => {
  it('writes one block a user, users and rules sorted', () => {
    const text = renderAcl([
      {
        username: 'pi',
        rules: [
          { access: 'write', topic: 'device/+/data' },
          { access: 'read', topic: 'device/control' },
        ],
      },
      { username: 'aisa_server', rules: [{ access: 'readwrite', topic: '#' }] },
      { username: 'nobody', rules: [] },
    ]);
    expect(text).toBe(
      [
        'user aisa_server',
        'topic readwrite #',
        '',
        'user nobody',
        '',
        'user pi',
        'topic read device/control',
        'topic write device/+/data',
        '',
      ].join('\n'),
    );
  });

  it('of nobody is empty', () => {
    expect(renderAcl([])).toBe('');
  });

  it('leaves its input alone', () => {
    const users = [
      { username: 'b', rules: [] },
      { username: 'a', rules: [] },
    ];
    renderAcl(users);
    expect(users.map(({ username }) => username)).toEqual(['b', 'a']);
  });
});

describe('parseAcl', () => {
  it('reads users with their rules, and skips comments and empty lines', () => {
    expect(parseAcl('# made by hand\n\nuser pi\n# its topics\ntopic read a\ntopic deny a b\n\nuser other\n')).toEqual({
      patterns: [],
      users: [
        {
          username: 'pi',
          rules: [
            { access: 'read', topic: 'a' },
            { access: 'deny', topic: 'a b' },
          ],
        },
        { username: 'other', rules: [] },
      ],
    });
  });

  it('reads patterns, wherever they stand', () => {
    expect(parseAcl('pattern write a/%u\n\nuser pi\npattern read b\ntopic read c\n')).toEqual({
      patterns: [
        { access: 'write', topic: 'a/%u' },
        { access: 'read', topic: 'b' },
      ],
      users: [{ username: 'pi', rules: [{ access: 'read', topic: 'c' }] }],
    });
  });

  it.each([
    ['an access that is none', 'user pi\ntopic publish a b\n', 2],
    ['a word that is none', 'user pi\n\ntopics read a\n', 3],
    ['a rule without topic', 'user pi\ntopic read\n', 2],
    ['a rule of nobody', 'topic read a\n', 1],
    ['a pattern without topic', 'pattern read\n', 1],
    ['a rule of nobody after a pattern', 'pattern read a\ntopic read a\n', 2],
    ['a user without name', 'user \ntopic read a\n', 1],
    ['a cut-off line', 'user pi\ntopic read a\nus', 3],
    ['a wildcard before the last level', 'user pi\ntopic read a/#/b\n', 2],
    ['a wildcard that is not alone', 'user pi\ntopic read ok\ntopic read a+/b\n', 3],
    ['more levels than the broker takes', `user pi\ntopic read a${'/a'.repeat(201)}\n`, 2],
  ])('refuses %s by its line', (_, text, line) => {
    expect(() => parseAcl(text)).toThrow(`ACL file, line ${line}: `);
  });
});
