import { isKnown, unknown } from '../../change/unknown';
import { lastReview } from '../../components/lastReview';
import { recordIn, recordText, withDevices } from '../../review/record';
import { sideOf } from '../../settings/side';
import { type Config, settingsOf } from './rawConfig';

const stack: Config = {
  listeners: [
    { port: 1883, bindAddress: '127.0.0.1' },
    { port: 8884, bindAddress: '0.0.0.0', tls: true, clients: 'devices' },
  ],
  dnsNames: ['broker.example'],
  devices: ['pi-1', { id: 'pi-2', generation: 2, metadata: { place: 'the roof' } }],
};

/** As many that they do not fit into the outputs of a stack: no two of their ids are alike. */
const many = Array.from({ length: 90_000 }, (_, index) => ({
  id: Buffer.from(String((index + 1) * 7_919_317)).toString('hex'),
  generation: 1 + (index % 977),
  role: 'device',
}));

describe('a record', () => {
  it('is read as it was written', () => {
    const side = sideOf(settingsOf(stack));
    expect(recordIn(recordText(side))?.side).toEqual(side);
  });

  it('holds nothing of what devices are said to be', () => {
    expect(JSON.stringify(recordIn(recordText(sideOf(settingsOf(stack)))))).not.toContain('the roof');
  });

  it.each([[undefined], [''], ['nonsense'], [{ secret: true }], [Buffer.from('{}').toString('base64')]])(
    'is none in %j',
    (text) => {
      expect(recordIn(text)).toBeUndefined();
    },
  );

  it('of too many devices finds them in the list that was deployed, and in no other', () => {
    const record = recordIn(recordText({ ...sideOf(settingsOf(stack)), devices: many }));
    if (record === undefined) throw new Error('there is no record');
    expect(record.fleet.count).toBe(many.length);
    expect(record.side.devices).toBe(unknown);
    expect(isKnown(withDevices(record, [many.slice(1)]).devices)).toBe(false);
    expect(withDevices(record, [many.slice(1), many]).devices).toBe(many);
  });
});

describe('what the program says', () => {
  const outputs = { deployed: recordText(sideOf(settingsOf(stack))), certificateTerms: {} };
  const said = (changes: Config) => lastReview(settingsOf({ ...stack, ...changes }), 'prod', outputs, 0);

  it('is nothing of a first deployment, or where nothing changes', () => {
    expect(lastReview(settingsOf(stack), 'prod', {}, 0)).toEqual({ lines: [], isGrave: false });
    expect(said({})).toEqual({ lines: [], isGrave: false });
  });

  it('is nothing of what an earlier version has not recorded', () => {
    const { guards: _, ...side } = sideOf(settingsOf(stack));
    expect(lastReview(settingsOf(stack), 'prod', { ...outputs, deployed: recordText(side) }, 0).lines).toEqual([]);
  });

  it('is no warning where nobody is disconnected', () => {
    expect(said({ devices: ['pi-1', { id: 'pi-2', generation: 2 }, 'pi-3'] })).toEqual({
      lines: ['Nobody is disconnected.', 'Devices:', '  1 device to be added: pi-3', '  3 devices in place of 2'],
      isGrave: false,
    });
  });

  it('is a warning where somebody is', () => {
    expect(said({ devices: ['pi-1'] })).toMatchObject({
      lines: expect.arrayContaining([
        'Nobody is disconnected but pi-2.',
        '  1 device to be revoked, and out at once: pi-2',
      ]),
      isGrave: true,
    });
    expect(said({ maxConnections: 500 }).lines.slice(0, 3)).toEqual([
      'Everybody is disconnected for about 2 s, because only a restart applies:',
      '  - global_max_connections 10000',
      '  + global_max_connections 500',
    ]);
  });

  it('is never that nobody is disconnected where the list of devices that were deployed is unknown', () => {
    const deployed = recordText({ ...sideOf(settingsOf(stack)), devices: many });
    const { lines, isGrave } = lastReview(settingsOf(stack), 'prod', { deployed, certificateTerms: {} }, 0);
    expect(lines[0]).toBe('Who is disconnected is not known here: which devices were deployed is not.');
    expect(isGrave).toBe(true);
    const accounts = [{ username: 'aisa_server', topics: ['readwrite #'] }];
    const gone = lastReview(settingsOf({ ...stack, accounts }), 'prod', { deployed, certificateTerms: {} }, 0);
    expect(gone.lines[0]).toBe(
      'Who is disconnected beside aisa_rpi is not known here: which devices were deployed is not.',
    );
  });

  it('is why it would be refused, and nothing that will not happen then', () => {
    const { lines, isGrave } = said({ devices: [], maxConnections: 500 });
    expect(lines).toEqual([expect.stringMatching(/^Will be refused: devices: this would revoke all 2 deployed/)]);
    expect(isGrave).toBe(true);
  });
});
