/** Laws of lists of devices: what is written as CSV or YAML reads back the same, and the digest tells fleets apart. */

import fc from 'fast-check';
import { stringify } from 'yaml';
import { type Device, fleetDigest } from '../../fleet/device';
import { parseDeviceList } from '../../fleet/list/list';
import type { DeviceList, ListedDevice } from '../../fleet/list/listed';
import { fleet, nasty, shuffled } from './arbitraries';

interface CsvForm {
  /** How often a field is quoted that need not be. */
  quoted: boolean;
  lineEnd: string;
  /** Comments and empty lines between the others. */
  noise: string[];
}

const csvForm: fc.Arbitrary<CsvForm> = fc.record({
  quoted: fc.boolean(),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  noise: fc.array(fc.constantFrom('', '# a "comment, pi-1', '#'), { maxLength: 3 }),
});

/** Columns in the order that the test chooses. */
function asCsv(devices: readonly Device[], columns: readonly string[], form: CsvForm): string {
  const field = (text: string) => (form.quoted || /[",#]|^$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = devices.map((device) => columns.map((column) => field(cell(device, column))).join(','));
  return [...form.noise, columns.map(field).join(','), ...lines.flatMap((line) => [line, ...form.noise])].join(
    form.lineEnd,
  );
}

function cell(device: Device, column: string): string {
  if (column === 'id' || column === 'role') return device[column];
  if (column === 'generation') return String(device.generation);
  return new Map(Object.entries(device.metadata)).get(column.slice('metadata.'.length)) ?? '';
}

function columnsOf(devices: readonly Device[]): string[] {
  const facts = new Set(devices.flatMap(({ metadata }) => Object.keys(metadata)));
  return ['id', 'generation', 'role', ...[...facts].map((name) => `metadata.${name}`)];
}

/** The devices of a list that has no problem; facts as pairs, so that `__proto__` is compared like any other name. */
function read({ entries, problems }: DeviceList): unknown[] {
  expect(problems).toEqual([]);
  return entries.map(comparable);
}

function comparable({ id, generation, role, metadata }: Device | ListedDevice): unknown {
  return [id, generation, role, new Map(Object.entries(metadata))];
}

it('any fleet reads back the same from CSV, with its columns in any order', () => {
  const cases = fleet.chain((devices) =>
    fc.record({ devices: fc.constant(devices), columns: shuffled(columnsOf(devices)), form: csvForm }),
  );
  fc.assert(
    fc.property(cases, ({ devices, columns, form }) => {
      expect(read(parseDeviceList(asCsv(devices, columns, form), 'a.csv'))).toEqual(devices.map(comparable));
    }),
    { numRuns: 300 },
  );
});

it('each device is placed at the line that it is written on', () => {
  fc.assert(
    fc.property(fleet, csvForm, (devices, form) => {
      const text = asCsv(devices, columnsOf(devices), form);
      const lines = text.split(form.lineEnd);
      for (const { id, place } of parseDeviceList(text, 'a.csv').entries) {
        const line = lines[Number(place.replace('a.csv, line ', '')) - 1];
        expect(line?.replaceAll('"', '').startsWith(`${id},`)).toBe(true);
      }
    }),
  );
});

it('any fleet reads back the same from YAML, in block and flow style, at the top and under "devices"', () => {
  const cases = fc.tuple(fleet, fc.boolean(), fc.boolean());
  fc.assert(
    fc.property(cases, ([devices, isFlow, isUnder]) => {
      const items = devices.map(({ metadata, ...fields }) => ({
        ...fields,
        metadata: new Map(Object.entries(metadata)),
      }));
      const text = stringify(isUnder ? { devices: items } : items, { collectionStyle: isFlow ? 'flow' : 'block' });
      expect(read(parseDeviceList(text, 'a.yaml'))).toEqual(devices.map(comparable));
    }),
    { numRuns: 200 },
  );
});

it.each(['a.csv', 'a.yaml'])('no text of %s ends the reader: it is read, or refused in whole lines', (file) => {
  const line = fc.array(
    fc.oneof(nasty, fc.constantFrom('id', 'id,role', 'pi-1', 'pi-1,', '- pi-1', '- id: a', '[', '{')),
  );
  fc.assert(
    fc.property(line, (parts) => {
      const { entries, problems } = parseDeviceList(parts.join('\n'), file);
      for (const { id, place } of entries) {
        expect(id).toMatch(/^[A-Za-z0-9_.-]{1,64}$/);
        expect(place).toMatch(/^a\.(csv|yaml), line [1-9]\d*$/);
      }
      for (const problem of problems) {
        expect(problem).toMatch(/^a\.(csv|yaml)(, line [1-9]\d*)?: \S/);
        expect(problem).not.toMatch(/[\n\r\0]/);
      }
    }),
    { numRuns: 500 },
  );
});

it('the digest is the same in any order of devices and of facts', () => {
  const cases = fleet.chain((devices) =>
    fc.record({ devices: fc.constant(devices), other: shuffled(devices.map(reversed)) }),
  );
  fc.assert(
    fc.property(cases, ({ devices, other }) => {
      expect(fleetDigest(other)).toBe(fleetDigest(devices));
    }),
  );
});

function reversed(device: Device): Device {
  return { ...device, metadata: Object.fromEntries(Object.entries(device.metadata).reverse()) };
}

it.each<[string, (device: Device) => Device | undefined]>([
  ['id', (device) => ({ ...device, id: `${device.id}x` })],
  ['generation', (device) => ({ ...device, generation: device.generation + 1 })],
  ['role', (device) => ({ ...device, role: `${device.role}x` })],
  ['facts, by one more', (device) => ({ ...device, metadata: { ...device.metadata, 'a-name-of-no-other-fact': '' } })],
  [
    'facts, by a value',
    ({ metadata, ...device }) => ({ ...device, metadata: { ...metadata, room: `${metadata.room}x` } }),
  ],
  ['presence', () => undefined],
])('the digest changes with the %s of any device', (_, change) => {
  const cases = fleet
    .filter((devices) => devices.length > 0)
    .chain((devices) => fc.tuple(fc.constant(devices), fc.nat({ max: devices.length - 1 })));
  fc.assert(
    fc.property(cases, ([devices, index]) => {
      const changed = devices.flatMap((device, at) => (at === index ? (change(device) ?? []) : [device]));
      expect(fleetDigest(changed)).not.toBe(fleetDigest(devices));
    }),
  );
});
