import { engineReading } from '../../settings/engineReading';
import { readStackFile } from '../../settings/stackFile';

const key = 'aipi-mqtt:devices';

/** Facts as they are written, and the set that the engine makes of them. */
function reading(lines: readonly string[], facts: Record<string, unknown>) {
  const text = ['config:', '  devices:', '    - id: pi', '      metadata:', ...lines.map((line) => `        ${line}`)];
  const { written } = readStackFile(Buffer.from(text.join('\n')), 'Pulumi.dev.yaml', 'aipi-mqtt');
  const handed = { [key]: JSON.stringify([{ id: 'pi', metadata: facts }]), other: '1' };
  const { raw, problems } = engineReading(handed, written, 'Pulumi.dev.yaml', key);
  return { facts: JSON.parse(raw[key] ?? '')[0].metadata, problems };
}

describe('facts that the engine has read by itself', () => {
  it('are texts as they are written, where it has changed nothing', () => {
    expect(reading(['floor: 2', 'cellar: false', 'room: hall'], { floor: 2, cellar: false, room: 'hall' })).toEqual({
      facts: { floor: '2', cellar: 'false', room: 'hall' },
      problems: [],
    });
  });

  it.each([
    ['0000000012345670', 2_739_128],
    ['1.10', 1.1],
    ['10000000123456e7', 100_000_001_234_560_000_000],
    ['2024-01-05', '2024-01-05 00:00:00 +0000 UTC'],
    ['1_000', 1000],
    ['TRUE', true],
  ])('are refused by their line, as %s', (text, value) => {
    const problem =
      'Pulumi.dev.yaml, line 5: aipi-mqtt:devices[0].metadata.fact is another text to the engine than it is here; put it in quotes';
    expect(reading([`fact: ${text}`], { fact: value }).problems).toEqual([problem]);
    expect(reading([`fact: ${text}`], { fact: text })).toEqual({ facts: { fact: text }, problems: [] });
    expect(reading([`fact: "${text}"`], { fact: text })).toEqual({ facts: { fact: text }, problems: [] });
  });

  it('have their names, too', () => {
    expect(reading(['010: x'], { '010': 'x' }).problems).toEqual([]);
    expect(reading(['010: x'], { 8: 'x' }).problems).toHaveLength(1);
  });

  it('are refused where no file shows what was written', () => {
    const handed = { [key]: '["a", {"id": "b", "metadata": {"serial": 5}}]' };
    expect(engineReading(handed, [], 'Pulumi.dev.yaml', key).problems).toEqual([
      'aipi-mqtt:devices[1].metadata.serial is no text to the engine; put it in quotes',
    ]);
  });

  it.each<Record<string, string>>([{}, { [key]: 'pi-001' }, { [key]: '{"a": 1}' }])('are none in %j', (handed) => {
    expect(engineReading(handed, [], 'Pulumi.dev.yaml', key)).toEqual({ raw: handed, problems: [] });
  });
});
