import type { OptionChanges } from '../../change/container';
import type { Decision } from '../../change/decide';
import { unknown } from '../../change/unknown';
import { changeWords as wordsOf } from '../../change/words';
import { problemWords } from '../../mosquitto/problem';

const nothing: Decision = {
  problems: [],
  isFirst: false,
  fleet: { added: [], revoked: [], rotated: [], reassigned: [] },
  leaving: [],
  issued: {},
  evicted: [],
  authorities: [],
  restart: [],
  staying: unknown,
  secretStays: unknown,
};
const fleet = { added: ['n'], revoked: ['g'], rotated: ['t'], reassigned: ['m'] };

const options: OptionChanges = { restart: [], live: [], isImageMoved: false, isUnapplied: false };
const changeWords = (decision: Decision) => wordsOf(decision, options);

describe('changeWords', () => {
  it('are none where nothing changes, with devices and without', () => {
    expect(changeWords(nothing)).toEqual([]);
    expect(changeWords({ ...nothing, fleet: null })).toEqual([]);
    expect(changeWords({ ...nothing, evicted: [{ kind: 'devices', names: [] }] })).toEqual([]);
  });

  it('are none where nothing is deployed yet', () => {
    expect(changeWords({ ...nothing, isFirst: true, fleet, authorities: ['a'], restart: ['+ listener 1'] })).toEqual(
      [],
    );
  });

  it('say that a container which does not fit the same text restarts, once', () => {
    const unapplied = { ...options, isUnapplied: true };
    const lines = [
      'The broker restarts and everybody is away for seconds, because only a restart applies:',
      '  mosquitto.conf: options that were changed while the broker ran and may not be in force',
    ];
    expect(wordsOf(nothing, unapplied)).toEqual(lines);
    const restart = ['- max_keepalive 600', '+ max_keepalive 700'];
    expect(wordsOf({ ...nothing, restart }, unapplied)).toEqual([lines[0], ...restart.map((line) => `  ${line}`)]);
  });

  it('say what becomes of devices, of authorities and of everybody, a line each', () => {
    const restart = ['- listener 1', '+ listener 2'];
    expect(changeWords({ ...nothing, fleet, authorities: ['Bundles will hold ca-2'], restart })).toEqual([
      '1 device to be added: n',
      '1 device to be revoked, and out at once: g',
      '1 device to get a new password, and out until they have it: t',
      '1 device to get another role: m',
      'Bundles will hold ca-2',
      'The broker restarts and everybody is away for seconds, because only a restart applies:',
      '  - listener 1',
      '  + listener 2',
    ]);
  });

  it('name five devices at most, and count all', () => {
    const added = (count: number) => Array.from({ length: count }, (_, index) => `pi-${index}`);
    const said = (count: number) =>
      changeWords({ ...nothing, fleet: { added: added(count), revoked: [], rotated: [], reassigned: [] } });
    expect(said(2)).toEqual(['2 devices to be added: pi-0, pi-1']);
    expect(said(5)).toEqual(['5 devices to be added: pi-0, pi-1, pi-2, pi-3, pi-4']);
    expect(said(6)).toEqual(['6 devices to be added: pi-0, pi-1, pi-2, pi-3, pi-4, …']);
    expect(said(100_000)).toHaveLength(1);
  });

  it('say of a change that is refused why, and nothing that will not happen', () => {
    const problems = [
      { path: 'devices', says: 'this is wrong', remedy: 'write that' },
      { says: 'the clock is wrong', remedy: 'set it' },
    ];
    const refused = { ...nothing, problems, fleet, authorities: ['Bundles will hold ca-2'], restart: ['+ listener 1'] };
    expect(changeWords(refused)).toEqual([
      'Will be refused: devices: this is wrong; write that',
      'Will be refused: the clock is wrong; set it',
    ]);
  });
});

describe('problemWords', () => {
  it('are path, what is wrong, and the remedy', () => {
    expect(problemWords({ path: 'devices: a', says: 'is wrong', remedy: 'write b' })).toBe(
      'devices: a: is wrong; write b',
    );
    expect(problemWords({ says: 'is wrong', remedy: 'write b' })).toBe('is wrong; write b');
  });
});
