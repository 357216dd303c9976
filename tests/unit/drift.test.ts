import { type Deployed, driftOf, type Seen, type SeenContainer } from '../../change/drift';
import { folderName } from '../../mosquitto/files';

const files = {
  'mosquitto.conf': 'listener 1883\nallow_anonymous false\n',
  acl: 'user aipi-verify\ntopic read a\n\nuser aisa_rpi\ntopic read device/control\n',
  passwords: 'aisa_rpi:hash\n',
  'device-acl': 'pattern read device/%u/data\n',
};
const folder = folderName(files);
const options = { user: '1883:1883', 'read-only root': 'true', 'restart policy': 'unless-stopped' };
const running: SeenContainer = { id: 'one', state: 'running', exitCode: 0, options };
const seen: Seen = { container: running, folder, files, unfinished: false };
const deployed: Deployed = { container: { name: 'broker', id: 'one', options }, folder };
const nothing = { words: [], refresh: false, replace: false, deliver: false, unpause: false };
const { 'device-acl': _, ...wanted } = files;

const withFiles = (changed: Record<string, string | undefined>): Seen => ({
  ...seen,
  files: Object.fromEntries(
    Object.entries({ ...files, ...changed }).filter((entry): entry is [string, string] => entry[1] !== undefined),
  ),
});

describe('driftOf', () => {
  it('finds nothing where everything is as it was deployed', () => {
    expect(driftOf(seen, deployed)).toEqual(nothing);
  });

  it('finds nothing where nothing was deployed, whatever is there', () => {
    expect(driftOf({ ...seen, folder: 'another' }, { container: undefined, folder: undefined })).toEqual(nothing);
  });

  it('does not look at what is remembered of the clock', () => {
    expect(driftOf(withFiles({ 'trust.json': '{}' }), deployed)).toEqual(nothing);
  });

  it.each<[string, SeenContainer | undefined, object, string]>([
    ['gone', undefined, { refresh: true }, 'The container broker is gone, and nobody is connected; it is made again'],
    [
      'stopped',
      { ...running, state: 'stopped', exitCode: 137 },
      { refresh: true, replace: true },
      'The container broker has stopped (exit code 137), and nobody is connected; it is made again',
    ],
    [
      'paused',
      { ...running, state: 'paused' },
      { unpause: true },
      'The container broker is paused, and nobody is served; it goes on',
    ],
    [
      'looping',
      { ...running, state: 'restarting', exitCode: 13 },
      { deliver: true, replace: true },
      'The broker in broker ends at each start (exit code 13), and nobody is connected; it is made again',
    ],
  ])('has an answer of its own for a container that is %s', (_name, container, mending, words) => {
    expect(driftOf({ ...seen, container }, deployed)).toEqual({ ...nothing, ...mending, words: [words] });
  });

  it('names each option of a container that somebody changed', () => {
    const container = { ...running, options: { ...options, 'restart policy': 'no' } };
    expect(driftOf({ ...seen, container }, deployed)).toEqual({
      ...nothing,
      refresh: true,
      words: ['Somebody changed the container broker:', '  restart policy: no in place of unless-stopped'],
    });
  });

  it('takes no other words of an engine for a change that nobody can make to a container', () => {
    const container = { ...running, options: { ...options, user: '1883' } };
    expect(driftOf({ ...seen, container }, deployed)).toEqual(nothing);
  });

  it('tells one that was made by other hands, and how it differs', () => {
    const container = { ...running, id: 'two', options: { ...options, 'read-only root': 'false' } };
    expect(driftOf({ ...seen, container }, deployed)).toEqual({
      ...nothing,
      refresh: true,
      words: [
        'The container broker is not the one that was deployed; it is replaced, and everybody is away for seconds',
        '  read-only root: false in place of true',
      ],
    });
  });

  it('does not ask the engine to replace a container that it will not find', () => {
    const text = `${files['mosquitto.conf']}listener 1999\n`;
    const other = { ...withFiles({ 'mosquitto.conf': text }), container: { ...running, id: 'two' } };
    expect(driftOf(other, deployed, wanted)).toMatchObject({ refresh: true, deliver: true, replace: false });
  });

  it('delivers again after a delivery that was cut off, or that the state knows nothing of', () => {
    expect(driftOf({ ...seen, unfinished: true }, deployed)).toEqual({ ...nothing, deliver: true });
    expect(driftOf(seen, { ...deployed, folder: 'before' })).toMatchObject({
      deliver: true,
      words: ['The broker reads other files than were proved last; they are delivered again'],
    });
    expect(driftOf({ ...seen, folder: undefined, files: {} }, deployed)).toMatchObject({ deliver: true });
  });

  it.each<[string, Record<string, string | undefined>, string]>([
    [
      'a right too many',
      { acl: `${files.acl}topic readwrite secret/#\n` },
      'acl: user aisa_rpi gained readwrite secret/#',
    ],
    [
      'a right too few',
      { acl: files.acl.replace('read device/control', 'read other') },
      'acl: user aisa_rpi lost read device/control',
    ],
    ['rights of everybody', { acl: `pattern read #\n\n${files.acl}` }, 'acl: user (everybody) gained read #'],
    ['rules that the broker cannot read', { acl: 'user\n' }, 'acl cannot be read any more'],
    ['another user', { acl: `${files.acl}\nuser eve\ntopic read #\n` }, 'acl: user eve gained read #'],
    ['a password', { passwords: 'eve:hash\n' }, 'passwords is another one'],
    ['a missing file', { passwords: undefined }, 'passwords is missing'],
    [
      'an option that a reload applies',
      { 'mosquitto.conf': files['mosquitto.conf'].replace('false', 'true') },
      'mosquitto.conf: + allow_anonymous true, - allow_anonymous false',
    ],
  ])('says in words what became of a file: %s', (_name, changed, words) => {
    const drift = driftOf(withFiles(changed), deployed, wanted);
    expect(drift).toMatchObject({ deliver: true, replace: false, refresh: false });
    expect(drift.words).toContain(`  ${words}`);
  });

  it('never says a secret that somebody wrote into a file', () => {
    const text = `${files['mosquitto.conf']}remote_password hunter2\nbridge_psk 00ff\n`;
    const { words } = driftOf(withFiles({ 'mosquitto.conf': text }), deployed, wanted);
    expect(words).toContain('  mosquitto.conf: + remote_password …, + bridge_psk …');
  });

  it('sees a change of files that it has no words for, and one file too many', () => {
    for (const changed of [{ 'device-acl': 'pattern read #\n' }, { extra: '' }]) {
      expect(driftOf(withFiles(changed), deployed, wanted)).toEqual({
        ...nothing,
        deliver: true,
        words: ['Somebody changed files of the broker on its volume; they are delivered again'],
      });
    }
  });

  it('replaces the container where a running broker may have a listener too many', () => {
    const text = `${files['mosquitto.conf']}listener 1999\n`;
    expect(driftOf(withFiles({ 'mosquitto.conf': text }), deployed, wanted)).toMatchObject({
      deliver: true,
      replace: true,
    });
  });
});
