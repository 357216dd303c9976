/**
 * What is found by what was seen: the cause first, nothing that follows from it, and each with its remedy.
 *
 * That real faults are seen as they are given here is proved with real brokers.
 */

import { termOf } from '../../certificates/terms';
import { shownFindings, termFindings } from '../../doctor/certificates';
import { containerFindings, type SeenState } from '../../doctor/container';
import { driftFindings } from '../../doctor/drift';
import { diagnosed, exitCode, type Finding, type FindingKind, finding, kinds } from '../../doctor/finding';
import { answerFindings, nameFindings, unpublishedFindings } from '../../doctor/listeners';
import { isGoingOn, logFindings } from '../../doctor/log';
import { order, type Patient } from '../../doctor/patient';
import { roomFindings, type Usage } from '../../doctor/room';
import { timedIn } from '../../operate/doctor/lines';
import { selfSigned } from './selfSigned';

const patient: Patient = { stack: 'prod', container: 'aipi-mqtt-prod', runtime: 'container', engine: undefined };
const some = (kind: FindingKind, weight?: Finding['weight']) =>
  finding(kind, { says: '', remedy: '', ...(weight && { weight }) });
const kindsOf = (findings: readonly Finding[]) => findings.map(({ kind }) => kind);

describe('an order of findings', () => {
  test('has the cause first, and leaves out what follows from it', () => {
    const all = (['listener-silent', 'unhealthy', 'certificate-ends', 'container-stopped'] as const).map((kind) =>
      some(kind),
    );
    expect(kindsOf(diagnosed(all))).toEqual(['container-stopped', 'certificate-ends']);
  });

  test('keeps causes that have nothing to do with each other', () => {
    expect(kindsOf(diagnosed([some('firewall-changed'), some('files-changed')]))).toEqual([
      'files-changed',
      'firewall-changed',
    ]);
  });

  test('has an engine that does not answer alone', () => {
    const all = (Object.keys(kinds) as FindingKind[]).reverse().map((kind) => some(kind));
    expect(kindsOf(diagnosed(all))).toEqual(['engine-silent']);
  });

  test('has what is over last, and lets nothing follow from it', () => {
    const all = [some('contested-client-id', 'note'), some('flapping-client')];
    expect(kindsOf(diagnosed(all))).toEqual(['flapping-client', 'contested-client-id']);
  });

  test.each(Object.entries(kinds))('%s hides nothing that stands above it', (kind, { hides }) => {
    const order = Object.keys(kinds);
    const hidden: readonly string[] =
      (hides as readonly string[] | 'all') === 'all' ? [] : (hides as readonly string[]);
    expect(hidden.filter((each) => order.indexOf(each) <= order.indexOf(kind))).toEqual([]);
  });
});

describe('an exit code', () => {
  const unseen = [{ what: 'the firewall', why: 'it needs root' }];

  test.each([
    [0, [], []],
    [0, [some('log-lines')], []],
    [1, [some('certificate-ends')], []],
    [1, [some('container-gone')], unseen],
    [2, [], unseen],
    [2, [some('log-lines')], unseen],
  ])('%d', (code, findings, left) => {
    expect(exitCode(findings, left)).toBe(code);
  });
});

describe('a container', () => {
  const runs: SeenState = {
    state: 'running',
    exitCode: 0,
    startError: undefined,
    isKilled: false,
    complaint: undefined,
    lastWords: [],
  };
  const of = (seen: Partial<SeenState> | undefined, taken: Array<{ port: number; bindAddress: string }> = []) =>
    containerFindings(patient, seen && { ...runs, ...seen }, taken, 512);

  test('that runs is sound', () => {
    expect(of({})).toEqual([]);
  });

  test.each([
    ['container-gone', undefined, ['npm run up -- prod']],
    ['container-stopped', { state: 'stopped' }, ['docker start aipi-mqtt-prod']],
    ['container-paused', { state: 'paused' }, ['docker unpause aipi-mqtt-prod']],
    ['container-restarting', { state: 'restarting', exitCode: 3, lastWords: ['Error: x'] }, ['npm run up -- prod']],
    ['container-killed', { state: 'stopped', exitCode: 137, isKilled: true }, ['npm run up -- prod']],
    ['unhealthy', { complaint: 'stands still' }, ['npm run log -- prod --since 1h', 'docker restart aipi-mqtt-prod']],
  ] as const)('%s', (kind, seen, run) => {
    expect(of(seen as Partial<SeenState> | undefined)).toMatchObject([{ kind, weight: 'critical', run }]);
  });

  test('that a program keeps from starting is told by that program alone', () => {
    const found = diagnosed(of({ state: 'stopped' }, [{ port: 8883, bindAddress: '0.0.0.0' }]));
    expect(found).toMatchObject([
      { kind: 'port-taken', of: ['0.0.0.0:8883'], run: ["ss -ltnp 'sport = :8883'", 'docker start aipi-mqtt-prod'] },
    ]);
    expect(of(undefined, [{ port: 8883, bindAddress: '0.0.0.0' }])[0]?.run[1]).toBe('npm run up -- prod');
  });

  test('says why Docker could not start it', () => {
    expect(of({ state: 'stopped', startError: 'cannot assign requested address' })[0]?.says).toContain(
      'cannot assign requested address',
    );
  });

  test('on another engine, and a service, are reached by their own commands', () => {
    expect(order({ ...patient, engine: 'ssh://root@broker' }, 'start')).toBe(
      'docker -H ssh://root@broker start aipi-mqtt-prod',
    );
    const service = { ...patient, runtime: 'service' as const };
    expect(order(service, 'unpause')).toBe('systemctl thaw aipi-mqtt-prod.service');
    expect(order({ ...service, engine: 'systemd+ssh://root@broker' }, 'start')).toBe(
      'ssh ssh://root@broker systemctl enable --now aipi-mqtt-prod.service',
    );
  });
});

test('what others have changed is told by what they changed', () => {
  const nothing = {
    container: [],
    restore: undefined,
    files: [],
    networks: [],
    firewall: [],
    isUnfinished: false,
    unreadable: [],
  };
  expect(driftFindings(patient, nothing)).toEqual([]);
  const all = driftFindings(patient, {
    container: ['Somebody changed the container; it is changed back:', '  memory in MiB: 1 in place of 2'],
    restore: { memoryMebibytes: 2, memorySwapMebibytes: 2, restart: 'unless-stopped' },
    files: ['Somebody changed files'],
    networks: ['a network is gone'],
    firewall: ['the firewall is gone'],
    isUnfinished: true,
    unreadable: ['/mosquitto/config/deployed/current/acl'],
  });
  expect(kindsOf(diagnosed(all))).toEqual([
    'file-unreadable',
    'files-changed',
    'container-changed',
    'network-changed',
    'firewall-changed',
    'delivery-unfinished',
  ]);
  expect(all.find(({ kind }) => kind === 'container-changed')?.says).toBe(
    'Somebody changed the container; it is changed back: memory in MiB: 1 in place of 2',
  );
  expect(all.find(({ kind }) => kind === 'container-changed')?.run).toEqual([
    'docker update --memory 2m --memory-swap 2m --restart unless-stopped aipi-mqtt-prod',
  ]);
});

describe('room and limits', () => {
  const mebibyte = 2 ** 20;
  const enough: Usage = {
    allowance: { database: '/mosquitto/data/mosquitto.sqlite3', flushPeriodSeconds: 0, memoryBytes: 512 * mebibyte },
    space: { free: 900_000, size: 1_000_000 },
    residentBytes: 10 * mebibyte,
    limitBytes: 1_024 * mebibyte,
    connections: 10,
    maxConnections: 100,
    descriptors: 30,
    maxDescriptors: 1_124,
  };

  test.each<[FindingKind | undefined, Partial<Usage>]>([
    [undefined, {}],
    [undefined, { space: undefined, connections: undefined, descriptors: undefined, limitBytes: undefined }],
    ['disk-full', { space: { free: 10, size: 2_048 } }],
    ['disk-filling', { space: { free: 100_000, size: 1_000_000 } }],
    [undefined, { space: { free: 10, size: 2_048 }, allowance: { ...enough.allowance, database: undefined } }],
    ['memory-near-limit', { residentBytes: 480 * mebibyte }],
    ['memory-near-limit', { residentBytes: 70 * mebibyte, limitBytes: 64 * mebibyte }],
    ['connections-near-limit', { connections: 95 }],
    ['descriptors-near-limit', { descriptors: 1_100 }],
  ])('%s', (kind, usage) => {
    expect(kindsOf(roomFindings(patient, { ...enough, ...usage }))).toEqual(kind === undefined ? [] : [kind]);
  });
});

describe('certificates', () => {
  const now = Date.parse('2030-06-01T12:00:00.000Z');
  const shown = {
    listener: 'mqtts-8883',
    fingerprint: 'aa',
    notBefore: '2030-01-01T00:00:00.000Z',
    notAfter: '2031-01-01T00:00:00.000Z',
    missing: [],
  };

  test.each<[FindingKind | undefined, object]>([
    [undefined, {}],
    ['certificate-differs', { fingerprint: 'bb' }],
    ['certificate-expired', { notAfter: '2030-05-31T00:00:00.000Z' }],
    ['certificate-early', { notBefore: '2030-06-02T00:00:00.000Z' }],
    ['certificate-names', { missing: ['mqtt.example.org'] }],
  ])('as it is shown: %s', (kind, changed) => {
    const found = shownFindings(patient, [{ ...shown, ...changed }], 'aa', now);
    expect(kindsOf(found)).toEqual(kind === undefined ? [] : [kind]);
    if (kind !== undefined) expect(found[0]?.of).toEqual(['mqtts-8883']);
  });

  test('that end soon are told by who renews them', () => {
    const term = termOf(selfSigned().certificate, 'elsewhere');
    const late = Date.parse(term.notAfter) - 86_400_000 * 2;
    expect(termFindings(patient, { server: term }, Date.parse(term.notBefore))).toEqual([]);
    expect(termFindings(patient, { server: term }, late)).toMatchObject([
      { kind: 'certificate-ends', of: ['server'], says: expect.stringContaining('in 2 days') },
    ]);
    // What has ended is told of what is shown.
    expect(termFindings(patient, { server: term }, Date.parse(term.notAfter))).toEqual([]);
  });
});

test('listeners that are silent, open or not published, and names that lead elsewhere', () => {
  const answers = [
    { listener: 'mqtts-8883', isOpen: false, silence: undefined },
    { listener: 'mqtt-1883', isOpen: false, silence: 'timeout: no answer' },
    { listener: 'wss-9001', isOpen: true, silence: undefined },
  ];
  expect(answerFindings(patient, answers)).toMatchObject([
    { kind: 'listener-silent', of: ['mqtt-1883'] },
    { kind: 'listener-open', of: ['wss-9001'] },
  ]);
  expect(unpublishedFindings(patient, [])).toEqual([]);
  expect(unpublishedFindings(patient, ['8883'])).toMatchObject([{ kind: 'port-unpublished', of: ['8883'] }]);
  const names = [
    { name: 'a.example.org', addresses: [], stranger: undefined },
    { name: 'b.example.org', addresses: ['192.0.2.1'], stranger: 'port 8883 does not answer' },
    { name: 'c.example.org', addresses: ['192.0.2.2'], stranger: undefined },
    { name: 'd.local', addresses: [], stranger: undefined },
  ];
  expect(nameFindings(patient, names)).toMatchObject([
    { kind: 'name-unresolved', weight: 'warning', of: ['a.example.org'] },
    { kind: 'name-elsewhere', of: ['b.example.org'] },
    // Devices find such a name without this machine's resolver.
    { kind: 'name-unresolved', weight: 'note', of: ['d.local'] },
  ]);
});

describe('a log', () => {
  const start = Date.parse('2026-11-26T12:00:00Z');
  const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString().slice(0, 19);
  const found = (lines: string[], seconds: number, devices: string[] = []) =>
    logFindings(patient, timedIn(lines.join('\n')), start + seconds * 1_000, new Set(devices));
  const opened = (seconds: number, port: number) =>
    `${at(seconds)}: New connection from 10.0.0.1:${port} on port 8884.`;
  const connected = (seconds: number, port: number, id = 'pi-001') =>
    `${at(seconds)}: New client connected from 10.0.0.1:${port} as ${id} (p5, c1, k60, u'${id}').`;
  const ended = (seconds: number, port: number, reason: string, id = 'pi-001') =>
    `${at(seconds)}: Client ${id} [10.0.0.1:${port}] disconnected${reason === '' ? '' : `: ${reason}`}.`;
  const refused = (seconds: number, port: number, id = 'pi-001') => [
    opened(seconds, port),
    ended(seconds, port, 'not authorised', id),
  ];

  test('tells who is refused again and again, and how to give a device its password', () => {
    const lines = [0, 60, 120].flatMap((seconds, index) => refused(seconds, 1_000 + index));
    expect(found(lines, 130, ['pi-001'])).toMatchObject([
      {
        kind: 'refused-logins',
        weight: 'warning',
        of: ['pi-001'],
        says: expect.stringContaining('pi-001 (3 times from 10.0.0.1, last at 2026-11-26T12:02:00Z)'),
        run: ['npm run provision -- prod pi-001 --out FOLDER'],
      },
    ]);
    // One mistyped password is none.
    expect(found(lines.slice(0, 4), 130)).toEqual([]);
  });

  test('tells of nobody who was let in since, and as a note of whom has given up', () => {
    const lines = [0, 60, 120].flatMap((seconds, index) => refused(seconds, 1_000 + index));
    expect(found([...lines, connected(130, 2_000)], 140)).toEqual([]);
    expect(found(lines, 600)).toMatchObject([{ kind: 'refused-logins', weight: 'note' }]);
  });

  test('does not take attempts of verification for those of a device', () => {
    const lines = [0, 60, 120].flatMap((seconds, index) => [
      ...refused(seconds, 1_000 + index, 'aisa_server'),
      ...refused(seconds, 2_000 + index, 'aipi-verify-0c50b43bc765'),
    ]);
    expect(found(lines, 130)).toEqual([]);
  });

  test('tells of clients that fight about one id', () => {
    const lines = [0, 10, 20, 30].flatMap((seconds, index) => [
      connected(seconds, 1_000 + index),
      ...(index === 0 ? [] : [ended(seconds, 999 + index, 'session taken over')]),
    ]);
    expect(found(lines, 40)).toMatchObject([{ kind: 'contested-client-id', weight: 'warning', of: ['pi-001'] }]);
    expect(found(lines, 90)).toMatchObject([{ kind: 'contested-client-id', weight: 'note' }]);
  });

  test('takes a session that is taken up again for no fight', () => {
    const lines = [0, 10, 20, 30].flatMap((seconds, index) => [
      ...(index === 0 ? [] : [ended(seconds, 999 + index, 'session taken over')]),
      connected(seconds, 1_000 + index),
      ended(seconds + 1, 1_000 + index, ''),
    ]);
    expect(found(lines, 40)).toEqual([]);
  });

  test('takes a client with TLS that hangs up for one that breaks nothing', () => {
    const lines = [0, 100, 200, 300].flatMap((seconds, index) => [
      connected(seconds, 1_000 + index, 'script'),
      `${at(seconds + 1)}: OpenSSL Error while trying to get the error[0]: error:0A000126:SSL routines::unexpected eof while reading`,
      ended(seconds + 1, 1_000 + index, 'Protocol error', 'script'),
    ]);
    expect(found(lines, 310)).toEqual([]);
    expect(found(lines, 310, ['script'])).toMatchObject([{ kind: 'flapping-client' }]);
  });

  test('tells of clients that lose their connection; one that says goodbye does not, nor one that only closes', () => {
    const times = [0, 100, 200, 300];
    const lines = (reason: string, id = 'pi-001') =>
      times.flatMap((seconds, index) => [
        connected(seconds, 1_000 + index, id),
        ended(seconds + 50, 1_000 + index, reason, id),
      ]);
    expect(found(lines('exceeded timeout'), 360)).toMatchObject([{ kind: 'flapping-client', weight: 'warning' }]);
    expect(found(lines(''), 360, ['pi-001'])).toEqual([]);
    expect(found(lines('connection closed by client', 'script'), 360)).toEqual([]);
    expect(found(lines('connection closed by client'), 360, ['pi-001'])).toMatchObject([{ kind: 'flapping-client' }]);
  });

  test('tells of dropped messages, and of warnings and errors by their words', () => {
    const lines = [
      `${at(0)}: Outgoing messages are being dropped for client worker.`,
      `${at(1)}: Error: Unable to write to 10.0.0.1:1000.`,
      `${at(2)}: Error: Unable to write to 10.0.0.2:2000.`,
      `${at(3)}: Warning: ACL pattern 'device/control' does not contain '%c' or '%u'.`,
    ];
    expect(found(lines, 60)).toMatchObject([
      { kind: 'messages-dropped', weight: 'warning', of: ['worker'] },
      {
        kind: 'log-lines',
        weight: 'note',
        says: expect.stringMatching(/days?.*: 2 times, last at 2026-11-26T12:00:02Z/),
      },
    ]);
    expect(found(lines, 7_200)[0]?.weight).toBe('note');
  });

  test('what has paused for longer than it ever did is over', () => {
    const pattern = { times: 3, within: 900_000 } as never;
    expect(isGoingOn([0, 1_000, 2_000], pattern, 5_000)).toBe(true);
    expect(isGoingOn([0, 1_000, 2_000], pattern, 8_000)).toBe(false);
    expect(isGoingOn([0, 60_000, 120_000], pattern, 290_000)).toBe(true);
    expect(isGoingOn([0, 60_000, 120_000], pattern, 310_000)).toBe(false);
  });
});
