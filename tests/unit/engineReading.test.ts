import { misreadFacts } from '../../settings/engineReading';
import { readStackFile } from '../../settings/stackFile';

const key = 'aipi-mqtt:devices';
const words = 'is no text to the engine, or another one than is written; put it in quotes';

/** Problems of facts as they are written, and the set that the engine makes of them. */
function problemsOf(line: string, facts: Record<string, unknown>): string[] {
  const text = `config:\n  devices:\n    - id: pi\n      metadata:\n        ${line}\n`;
  const { written } = readStackFile(Buffer.from(text), 'Pulumi.dev.yaml', 'aipi-mqtt');
  return misreadFacts(JSON.stringify([{ id: 'pi', metadata: facts }]), written, 'Pulumi.dev.yaml', key);
}

describe('facts that the engine has read by itself', () => {
  it.each([
    ['0000000012345670', 2_739_128],
    ['1.10', 1.1],
    ['10000000123456e7', 100_000_001_234_560_000_000],
    ['2024-01-05', '2024-01-05 00:00:00 +0000 UTC'],
    ['1_000', 1000],
    ['TRUE', true],
    ['2739128', 2_739_128],
  ])('are refused by their line, as %s', (text, value) => {
    const place = 'aipi-mqtt:devices[0].metadata.fact';
    expect(problemsOf(`fact: ${text}`, { fact: value })).toEqual([`Pulumi.dev.yaml, line 5: ${place} ${words}`]);
    expect(problemsOf(`fact: ${text}`, { fact: text })).toEqual([]);
    expect(problemsOf(`fact: "${text}"`, { fact: text })).toEqual([]);
  });

  it('are refused by their path, where the engine has written the file anew', () => {
    const fact = '2024-01-05 00:00:00 +0000 UTC';
    expect(problemsOf(`fact: ${fact}`, { fact })).toEqual([`aipi-mqtt:devices[0].metadata.fact ${words}`]);
    const devices = '["a", {"id": "b", "metadata": {"serial": 5}}]';
    expect(misreadFacts(devices, [], 'Pulumi.dev.yaml', key)).toEqual([
      `aipi-mqtt:devices[1].metadata.serial ${words}`,
    ]);
  });

  it('have their names, too', () => {
    expect(problemsOf('010: x', { '010': 'x' })).toEqual([]);
    expect(problemsOf('010: x', { 8: 'x' })).toEqual([
      `Pulumi.dev.yaml, line 5: aipi-mqtt:devices[0].metadata.010 ${words}`,
    ]);
  });

  it.each([undefined, 'pi-001', '{"a": 1}', '[null, {"metadata": null}]'])('are none in %s', (devices) => {
    expect(misreadFacts(devices, [], 'Pulumi.dev.yaml', key)).toEqual([]);
  });
});
