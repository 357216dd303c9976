/** Answers of explain by chosen questions; that they are the broker's is asked by tests/integration/explainLaw.test.ts. */

import fc from 'fast-check';
import { type Explanation, explain, explainPublish, explainSubscribe } from '../../access/explain';
import { accessModel } from '../../access/model';
import { type Subject, subjectOf } from '../../access/subject';
import { fill } from '../../fleet/role';
import { parseRule } from '../../mosquitto/acl';
import { stack } from '../property/stacks';
import { accountWith, type Config, problemsOf, settingsOf } from './rawConfig';

const fleet = { devices: ['pi-001', { id: 'pi-002', role: 'device' }] };

function answer(user: string, action: 'publish' | 'subscribe', topic: string, config: Config = fleet): Explanation {
  const explanation = explain(accessModel(settingsOf(config)), user, action, topic);
  if ('problem' in explanation) throw new Error(explanation.problem);
  return explanation;
}

const publish = (topic: string, ...topics: string[]) => answer('pi', 'publish', topic, accountWith(...topics));
const subscribe = (filter: string, ...topics: string[]) => answer('pi', 'subscribe', filter, accountWith(...topics));

describe('a publication', () => {
  it('is allowed by each line that grants it, and taken away with them', () => {
    expect(publish('a/b', 'write a/+', 'read a/b', 'readwrite #')).toMatchObject({
      allowed: true,
      because: {
        reason: 'granted',
        lines: [
          { path: 'accounts[0].topics[0]', text: 'write a/+' },
          { path: 'accounts[0].topics[2]', text: 'readwrite #' },
        ],
      },
      changes: [
        { does: 'remove', path: 'accounts[0].topics[0]', line: 'write a/+' },
        { does: 'remove', path: 'accounts[0].topics[2]', line: 'readwrite #' },
      ],
      notes: [expect.stringContaining('add "deny a/b" to accounts[0].topics'), expect.stringContaining('retain flag')],
    });
  });

  it('is denied where no rule grants it, with the line that would', () => {
    expect(publish('a/b', 'read a/b')).toMatchObject({
      allowed: false,
      because: { reason: 'no rule grants it', lines: [] },
      seen: {
        mqtt5: expect.stringContaining('0x87'),
        mqtt311: expect.stringContaining('though the message is dropped'),
      },
      changes: [{ does: 'add', path: 'accounts[0].topics', line: 'write a/b' }],
    });
  });

  it('is denied by a deny, whatever grants it and wherever it stands', () => {
    expect(publish('a/b', 'readwrite #', 'deny a/+')).toMatchObject({
      allowed: false,
      because: { reason: 'denied', lines: [{ path: 'accounts[0].topics[1]' }] },
      changes: [{ does: 'remove', path: 'accounts[0].topics[1]', line: 'deny a/+' }],
    });
    expect(publish('a/b', 'deny a/+')).toMatchObject({
      changes: [{ does: 'remove' }, { does: 'add', line: 'write a/b' }],
    });
  });

  it('to "$" topics is nobody’s to allow', () => {
    expect(publish('$SYS/broker/uptime', 'readwrite #')).toMatchObject({
      allowed: false,
      because: { reason: 'belongs to the broker', lines: [] },
      changes: [],
    });
  });

  it('to an empty level takes a wildcard, which no line can name', () => {
    expect(publish('a//b')).toMatchObject({ changes: [{ line: 'write a/+/b' }] });
    expect(publish('/')).toMatchObject({ changes: [{ line: 'write +/+' }] });
  });

  it('that no client can send ends the connection', () => {
    expect(publish('a/+', 'readwrite #')).toMatchObject({
      allowed: false,
      because: { reason: 'closed', lines: [] },
      seen: { mqtt5: expect.stringContaining('0x81'), mqtt311: 'the broker ends the connection without a word' },
      notes: ['It contains "+", and nobody can publish to a wildcard; write one topic.'],
    });
  });
});

describe('a device', () => {
  it('has the lines of its role with its own id', () => {
    expect(answer('pi-001', 'publish', 'device/pi-001/data')).toMatchObject({
      kind: 'device',
      role: 'device',
      allowed: true,
      because: {
        lines: [
          {
            path: 'roles[0].topics[0]',
            text: 'write device/{id}/data',
            rule: { access: 'write', topic: 'device/pi-001/data' },
          },
        ],
      },
    });
  });

  it('has no other’s topics, and is told why', () => {
    expect(answer('pi-001', 'publish', 'device/pi-002/data')).toMatchObject({
      allowed: false,
      notes: [
        'roles[0].topics[0], "write device/{id}/data", reaches the topics of one device each; those of pi-001 have its own id.',
        'A line of the role device counts for every device of it; 2 devices have it.',
        expect.any(String),
      ],
    });
  });

  it('is given a line with {id}', () => {
    expect(answer('pi-001', 'publish', 'camera/pi-001')).toMatchObject({
      changes: [{ does: 'add', path: 'roles[0].topics', line: 'write camera/{id}' }],
    });
  });
});

describe('a subscription', () => {
  it('is granted whatever is delivered', () => {
    expect(subscribe('a/#', 'read a/#')).toMatchObject({ granted: true, delivered: 'everything', topics: ['a/#'] });
    expect(subscribe('a/#', 'read a/b')).toMatchObject({ granted: true, delivered: 'part', topics: ['a/b'] });
    expect(subscribe('a/#', 'write a/#')).toMatchObject({ granted: true, delivered: 'nothing', topics: [] });
  });

  it('is delivered but for what is denied', () => {
    expect(subscribe('#', 'read #', 'deny a/+', 'deny b')).toMatchObject({
      delivered: 'part',
      topics: ['#'],
      except: ['a/+', 'b'],
      changes: [
        { does: 'remove', line: 'deny a/+' },
        { does: 'remove', line: 'deny b' },
      ],
    });
    expect(subscribe('a/+', 'read #', 'deny a/#')).toMatchObject({
      delivered: 'nothing',
      because: { reason: 'denied' },
    });
    // What nobody grants needs no deny.
    expect(subscribe('#', 'read a', 'deny b')).toMatchObject({ delivered: 'part', topics: ['a'], except: [] });
  });

  it('to "#" has nothing of $SYS', () => {
    expect(subscribe('$SYS/#', 'read #')).toMatchObject({
      delivered: 'nothing',
      changes: [{ does: 'add', line: 'read $SYS/#' }],
    });
    expect(subscribe('#', 'read $SYS/#')).toMatchObject({ delivered: 'nothing' });
    expect(subscribe('$SYS/#', 'read $SYS/broker/+')).toMatchObject({ delivered: 'part', topics: ['$SYS/broker/+'] });
    expect(subscribe('$x/#', 'read #')).toMatchObject({ because: { reason: 'belongs to the broker' }, changes: [] });
  });

  it('to a share has what its filter has, but nothing of $SYS', () => {
    expect(subscribe('$share/g/a/+', 'read a/b')).toMatchObject({ delivered: 'part', topics: ['a/b'] });
    expect(subscribe('$share/g/$SYS/#', 'read $SYS/#')).toMatchObject({
      granted: true,
      delivered: 'nothing',
      because: { reason: 'never shared' },
    });
    expect(subscribe('$share/g/')).toMatchObject({ granted: false, seen: { mqtt5: expect.stringContaining('0x82') } });
  });
});

test.each([
  ['aisa_serve', '"aisa_serve" is neither an account nor a device; did you mean "aisa_server"?'],
  ['pi-003', '"pi-003" is neither an account nor a device; did you mean "pi-001"?'],
  ['device', '"device" is neither an account nor a device, but a role; name a device of it, such as "pi-001".'],
  [
    'pi-00\u200b1',
    '"pi-00\\u200b1" (U+200B at character 6) is neither an account nor a device; did you mean "pi-001"?',
  ],
])('%s is nobody', (name, problem) => {
  expect(explain(accessModel(settingsOf(fleet)), name, 'publish', 'a')).toEqual({ problem });
});

test('the account of verification has rules of its own, which nobody can change', () => {
  expect(answer('aipi_verify', 'publish', 'device/pi-001/data')).toMatchObject({
    kind: 'verification',
    allowed: false,
    changes: [],
  });
  expect(answer('aipi_verify', 'subscribe', 'device/+/status')).toMatchObject({ delivered: 'everything', changes: [] });
});

test('what holds more than access gives no more', () => {
  const model = accessModel(settingsOf(fleet));
  expect(Object.keys(model).sort()).toEqual(['accounts', 'devices', 'firewall', 'listeners', 'network', 'roles']);
  expect(model.devices[0]).toEqual({ id: 'pi-001', role: 'device' });
  expect(Object.keys(model.accounts[0] ?? {})).toEqual(['username', 'rules']);
});

/** The lines of a subject after some of them were taken away or added. */
function changed(subject: Subject, { changes }: Explanation): Subject {
  const gone = changes.filter(({ does }) => does === 'remove').map(({ path }) => path);
  const added = changes.flatMap(({ does, path, line }) => {
    const rule = does === 'add' ? parseRule(line) : undefined;
    if (rule === undefined) return [];
    const topic = subject.kind === 'device' ? fill(rule.topic, subject.username) : rule.topic;
    return [{ path: `${path}[99]`, text: line, rule: { ...rule, topic } }];
  });
  return { ...subject, lines: [...subject.lines.filter(({ path }) => !gone.includes(path ?? '')), ...added] };
}

test('the changes that it names turn the answer around, and the settings take each of the lines', () => {
  const asked = { remedies: 0 };
  fc.assert(
    fc.property(stack, ({ config, topics, filters }) => {
      const settings = settingsOf(config);
      for (const name of [
        ...settings.devices.map(({ id }) => id),
        ...settings.accounts.map(({ username }) => username),
      ]) {
        const subject = subjectOf(settings, name);
        if ('problem' in subject) throw new Error(subject.problem);
        for (const topic of topics) {
          const before = explainPublish(subject, topic);
          if (before.changes.length === 0) continue;
          asked.remedies += 1;
          expect(explainPublish(changed(subject, before), topic).allowed).toBe(!before.allowed);
        }
        for (const filter of filters) {
          const before = explainSubscribe(subject, filter);
          const after = explainSubscribe(changed(subject, before), filter);
          const isRemedied = before.changes.length > 0;
          if (isRemedied) expect(after.delivered).toBe(before.delivered === 'everything' ? 'nothing' : 'everything');
          for (const { line } of before.changes) {
            const [role, account] = [{ roles: [{ name: 'device', topics: [line] }] }, accountWith(line)];
            expect(problemsOf(subject.kind === 'device' ? role : account)).toEqual([]);
          }
        }
      }
    }),
    { numRuns: 30 },
  );
  expect(asked.remedies).toBeGreaterThan(500);
});
