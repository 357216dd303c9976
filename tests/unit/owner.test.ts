import { type Claim, holderOf, holderProblem, mustBeOurs, type SeenOwners, takeOverWords } from '../../change/owner';
import { isOfAnotherState } from '../../change/staying';
import { hasBroker } from '../../commands/stack/possession';
import { containerLabels, type Owner, ownerIn, ownerLabels, recordIn, recordText } from '../../mosquitto/owner';
import { renderPasswords } from '../../mosquitto/passwords';
import { problemWords } from '../../mosquitto/problem';
import { restartDigestLabel } from '../../mosquitto/reload';
import { witnessUsername } from '../../mosquitto/witness';
import { processStart } from '../../operate/engine';
import { isLeft, temporaryLabel, temporaryLabels } from '../../operate/temporary';

const ours: Owner = { project: 'aipi-mqtt', stack: 'dev', id: 'ours' };
const theirs: Owner = { ...ours, id: 'theirs' };
const prod: Owner = { ...theirs, stack: 'prod' };
const by = 'root@ci';

const nothing: SeenOwners = {
  record: undefined,
  container: undefined,
  configuration: undefined,
  data: undefined,
  folder: undefined,
};
const known: Claim = { ...ours, containerId: 'one', folder: 'proved', hasVolumes: true };
/** Of a state that has made nothing yet. */
const fresh: Claim = { ...ours, id: undefined, containerId: undefined, folder: undefined, hasVolumes: false };

const volume = (owner?: Owner) => ({ owner });
const container = (id: string, owner?: Owner, isBroker = true) => ({ id, owner, isBroker });
const whole = (owner: Owner): SeenOwners => ({
  record: { ...owner, by },
  container: container('one', owner),
  configuration: volume(owner),
  data: volume(owner),
  folder: 'proved',
});
/** As every earlier version has left it. */
const unlabelled: SeenOwners = {
  ...nothing,
  container: container('one'),
  configuration: volume(),
  data: volume(),
  folder: 'proved',
};

describe('holderOf', () => {
  it.each<[string, SeenOwners, Claim]>([
    ['nothing is there', nothing, fresh],
    ['everything is ours', whole(ours), known],
    ['the record is ours, whatever labels say', { ...whole(theirs), record: { ...ours, by } }, known],
    ['the container was made by hand, beside a record of ours', { ...whole(ours), container: container('two') }, known],
    ['a first update was killed before the files', { ...nothing, configuration: volume(ours) }, { ...fresh, ...ours }],
    ['an earlier version has made the container of our state', unlabelled, known],
    ['an earlier version has proved the files', { ...unlabelled, container: container('two') }, known],
    [
      'of an earlier version volumes of our state are left',
      { ...unlabelled, container: undefined, folder: 'x' },
      known,
    ],
    ['messages are left alone by a stack of the name', { ...nothing, data: volume(theirs) }, fresh],
    ['so they are beside an empty volume', { ...nothing, configuration: volume(), data: volume(theirs) }, known],
    ['somebody has put messages there by hand', { ...nothing, data: volume() }, fresh],
    ['both volumes were made by hand', { ...nothing, configuration: volume(), data: volume() }, fresh],
    ['another program has the name', { ...nothing, container: container('x', undefined, false) }, fresh],
  ])('is nobody where %s', (_, seen, claim) => {
    expect(holderOf(seen, claim)).toBeUndefined();
  });

  it.each<[string, SeenOwners, Claim, object]>([
    ['another state has all of it', whole(theirs), known, { owner: theirs, by, what: 'broker' }],
    ['this one has made nothing', whole(theirs), fresh, { owner: theirs, by }],
    ['another stack has the name', whole(prod), known, { owner: prod, by }],
    ['it was taken over', { ...whole(ours), record: { ...theirs, by } }, known, { owner: theirs }],
    [
      'the record is lost, by the container',
      { ...whole(theirs), record: undefined, configuration: volume(ours) },
      known,
      { owner: theirs, by: '' },
    ],
    [
      'the container is gone, by its volume',
      { ...whole(theirs), record: undefined, container: undefined },
      known,
      { owner: theirs },
    ],
    ['an earlier version has deployed it elsewhere', unlabelled, fresh, { owner: undefined, what: 'broker' }],
    ['so it did since', { ...unlabelled, container: container('two'), folder: 'other' }, known, { owner: undefined }],
    ['its files alone are left', { ...unlabelled, container: undefined }, fresh, { owner: undefined, what: 'broker' }],
    ['messages are those of another stack', { ...nothing, data: volume(prod) }, fresh, { owner: prod, what: 'data' }],
  ])('is somebody else where %s', (_, seen, claim, holder) => {
    expect(holderOf(seen, claim)).toMatchObject({ ...holder });
  });
});

describe('what is said', () => {
  const says = (owner: Owner | undefined, who: string, what: 'broker' | 'data' = 'broker') =>
    problemWords(holderProblem('name', { owner, by: who, what }, 'dev'));

  it('names whose it is, and what can be done', () => {
    const remedy =
      'choose another name, work where that state is, or take it over with its messages: npm run up -- dev --take-over';
    expect(says(prod, by)).toBe(
      `containerName: "name" is the broker of the stack "prod", deployed by root@ci from another state than this one; ${remedy}`,
    );
    expect(says(undefined, '')).toBe(
      `containerName: "name" is the broker of an earlier version, not deployed from this state; ${remedy}`,
    );
    expect(says(prod, '', 'data')).toBe(
      `containerName: "name" has messages in name-data of the stack "prod", deployed from another state than this one; ${remedy}`,
    );
    expect(() => mustBeOurs('name', { owner: prod, by, what: 'broker' }, 'dev')).toThrow(says(prod, by));
    expect(() => mustBeOurs('name', undefined, 'dev')).not.toThrow();
  });

  it('warns of what taking over means', () => {
    const [first = '', second = ''] = takeOverWords('name', { owner: prod, by, what: 'broker' });
    expect(first).toContain('from the stack "prod" of root@ci, messages in name-data included');
    expect(second).toContain('everybody who has others is out');
    expect(takeOverWords('name', { owner: undefined, by: '', what: 'broker' })[0]).toContain('from an earlier version');
  });
});

describe('labels and record', () => {
  it('say whose something is', () => {
    expect(ownerIn(ownerLabels(ours))).toEqual(ours);
    expect(recordIn(recordText({ ...ours, by }))).toEqual({ ...ours, by });
  });

  it.each([undefined, '', '{', 'null', '[]', '{"project":"a","stack":"b"}', '{"project":"a","stack":"b","id":""}'])(
    'say nothing where they are damaged: %p',
    (text) => {
      expect(recordIn(text)).toBeUndefined();
    },
  );

  it('say nothing where one is missing', () => {
    for (const labels of [undefined, null, {}, { 'aipi-mqtt.stack': 'dev' }]) expect(ownerIn(labels)).toBeUndefined();
  });

  it('make no container anew: one keeps what it has, until it is another one in any case', () => {
    const old = { [restartDigestLabel]: 'digest' };
    const full = { ...old, ...ownerLabels(ours) };
    expect(containerLabels('digest', ours, undefined)).toEqual(full);
    expect(containerLabels('digest', ours, old)).toEqual(old);
    expect(containerLabels('digest', ours, full)).toEqual(full);
    expect(containerLabels('digest', { ...ours, stack: 'renamed' }, full)).toEqual(full);
    expect(containerLabels('another', ours, old)).toEqual({ ...full, [restartDigestLabel]: 'another' });
    expect(containerLabels('digest', ours, { ...old, ...ownerLabels(theirs) })).toEqual(full);
    expect(containerLabels('digest', ours, {})).toEqual(full);
  });
});

describe('isOfAnotherState', () => {
  const witness = { username: witnessUsername, password: 'one' };

  it('knows the state by the password that nobody else has', () => {
    expect(isOfAnotherState(renderPasswords([witness]), [{ ...witness, password: 'two' }])).toBe(true);
    expect(isOfAnotherState(renderPasswords([witness]), [witness])).toBe(false);
  });

  it('is false where the files say nothing', () => {
    for (const text of [undefined, '', 'damaged', renderPasswords([{ username: 'a', password: 'b' }])]) {
      expect(isOfAnotherState(text, [witness])).toBe(false);
    }
  });
});

test('hasBroker tells a state that has something of a broker', () => {
  const of = (type: string) => [{ urn: 'urn', type }];
  expect(hasBroker(of('docker:index/container:Container'))).toBe(true);
  expect(hasBroker(of('docker:index/volume:Volume'))).toBe(true);
  expect(hasBroker(of('docker:index/remoteImage:RemoteImage'))).toBe(false);
});

describe('isLeft', () => {
  const { [temporaryLabel]: own } = temporaryLabels();
  const [space = '', , started = ''] = own.split(' ');

  it('is false of what a process uses that is there', () => {
    expect(isLeft(own, 1_000, 1_001)).toBe(false);
    expect(processStart(process.pid)).toBe(Number(started));
  });

  it('is true of what a process has left that is gone, or whose number another one has by now', () => {
    expect(isLeft(`${space} 4194305 ${started}`, 1_000, 1_001)).toBe(true);
    expect(isLeft(`${space} ${process.pid} 1`, 1_000, 1_001)).toBe(true);
  });

  it('leaves what another machine uses, until it has been there for too long', () => {
    expect(isLeft('elsewhere 1 1', 1_000, 1_599)).toBe(false);
    expect(isLeft('elsewhere 1 1', 1_000, 1_601)).toBe(true);
    expect(isLeft(`${space} 1 `, 1_000, 1_001)).toBe(false);
  });
});
