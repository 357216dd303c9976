/** Lists of devices: what is read, and each kind of bad input with its exact words. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Device, fleetDigest } from '../../fleet/device';
import { readDeviceList } from '../../fleet/list/file';
import { firstProblems, parseDeviceList } from '../../fleet/list/list';
import type { DeviceList } from '../../fleet/list/listed';

const range = 'write a whole number from 1 to 1000000';
const characters = 'use letters, digits, "-", "_", "."';
const listRemedy = 'write a list of ids, or of sets of id, generation, role and metadata';

function csv(...lines: string[]): DeviceList {
  return parseDeviceList(lines.join('\n'), 'devices.csv');
}

function yaml(...lines: string[]): DeviceList {
  return parseDeviceList(lines.join('\n'), 'devices.yaml');
}

/** A device as a list has it. */
function listed(place: string, id: string, fields: Partial<Device> = {}) {
  return { id, generation: 1, role: 'device', metadata: {}, ...fields, place };
}

describe('CSV', () => {
  it('gives each device with its line', () => {
    expect(csv('id,generation,role,metadata.room,metadata.serial', 'pi-1,3,sensor,hall,0012', 'pi-2,,,,')).toEqual({
      entries: [
        listed('devices.csv, line 2', 'pi-1', {
          generation: 3,
          role: 'sensor',
          metadata: { room: 'hall', serial: '0012' },
        }),
        listed('devices.csv, line 3', 'pi-2'),
      ],
      problems: [],
    });
  });

  it('takes the columns in any order', () => {
    expect(csv('metadata.room,role,id', 'hall,sensor,pi-1').entries).toEqual([
      listed('devices.csv, line 2', 'pi-1', { role: 'sensor', metadata: { room: 'hall' } }),
    ]);
  });

  it('needs no column but id', () => {
    expect(csv('id', 'pi-1', 'pi-2').entries.map(({ id }) => id)).toEqual(['pi-1', 'pi-2']);
  });

  it('ignores comments and empty lines, and still counts them', () => {
    const list = csv(
      '# North wing, it\'s "new',
      '',
      'id,role',
      '',
      '# pi-0,sensor',
      'pi-1,sensor',
      '',
      'pi/2,',
      '#',
      '',
    );
    expect(list.entries).toEqual([listed('devices.csv, line 6', 'pi-1', { role: 'sensor' })]);
    expect(list.problems).toEqual([`devices.csv, line 8: id "pi/2" contains "/"; ${characters}`]);
  });

  it('takes a "#" inside a line for what it is', () => {
    expect(
      csv('metadata.a,id,metadata.b', '"#1",pi-1,#2', 'x #,pi-2,').entries.map(({ metadata }) => metadata),
    ).toEqual([{ a: '#1', b: '#2' }, { a: 'x #' }]);
  });

  it('takes quoted fields', () => {
    expect(csv('"id","metadata.note"', '"pi-1","a, ""b"""', 'pi-2," c "').entries).toEqual([
      listed('devices.csv, line 2', 'pi-1', { metadata: { note: 'a, "b"' } }),
      listed('devices.csv, line 3', 'pi-2', { metadata: { note: ' c ' } }),
    ]);
  });

  it.each([
    ['LF', '\n', '\n'],
    ['CRLF', '\r\n', '\r\n'],
    ['CR', '\r', '\r'],
    ['a mixture, as of a line appended to a file of Excel', '\r\n', '\n'],
  ])('takes lines that end in %s', (_, first, second) => {
    expect(parseDeviceList(['id,role', first, 'pi-1,a', second, 'pi-2,b', first].join(''), 'devices.csv')).toEqual({
      entries: [
        listed('devices.csv, line 2', 'pi-1', { role: 'a' }),
        listed('devices.csv, line 3', 'pi-2', { role: 'b' }),
      ],
      problems: [],
    });
  });

  it('names the first of the lines that a quoted field goes over, and the right one after it', () => {
    for (const end of ['\n', '\r\n']) {
      const text = ['id,metadata.note', '', 'pi-1,"a', '', 'b"', 'pi/2,', '"pi', '3",', 'pi/4,'].join(end);
      expect(parseDeviceList(text, 'devices.csv').problems).toEqual([
        'devices.csv, line 3: metadata "note" contains a control character; remove it',
        `devices.csv, line 6: id "pi/2" contains "/"; ${characters}`,
        `devices.csv, line 7: id "pi\\n3" contains "\\n"; ${characters}`,
        `devices.csv, line 9: id "pi/4" contains "/"; ${characters}`,
      ]);
    }
  });

  it.each([
    ['semicolons', ['id;generation;metadata.room', 'pi-1;2;Küche, links', 'pi-2;;']],
    ['semicolons, all in quotes', ['"id";"generation";"metadata.room"', '"pi-1";"2";"Küche, links"', '"pi-2";"";""']],
    ['tabs', ['id\tgeneration\tmetadata.room', 'pi-1\t2\tKüche, links', 'pi-2\t\t']],
    ['bars', ['id|generation|metadata.room', 'pi-1|2|Küche, links', 'pi-2||']],
    ['commas', ['id,generation,metadata.room', 'pi-1,2,"Küche, links"', 'pi-2,,']],
    ['semicolons, the ids last', ['metadata.room;generation;id', 'Küche, links;2;pi-1', ';;pi-2']],
  ])('takes columns that are separated by %s', (_, lines) => {
    const devices = [{ generation: 2, metadata: { room: 'Küche, links' } }, {}];
    const listedAt = (first: number) =>
      devices.map((fields, index) => listed(`devices.csv, line ${first + index}`, `pi-${index + 1}`, fields));
    expect(csv(...lines)).toEqual({ entries: listedAt(2), problems: [] });
    expect(parseDeviceList(`\ufeff${lines.join('\r\n')}\r\n`, 'devices.csv').entries).toEqual(listedAt(2));
    const [separator = ''] = lines[0]?.match(/[;\t|,]/) ?? [];
    for (const line of [`sep=${separator}`, `"sep=${separator}"`, `SEP=${separator}${separator}`.slice(0, 6)]) {
      expect(csv(line, ...lines)).toEqual({ entries: listedAt(3), problems: [] });
    }
  });

  it('takes a column of ids for what it is, whatever the file says of its separator', () => {
    expect(csv('sep=;', 'id,role', 'pi-1,a').entries).toEqual([listed('devices.csv, line 3', 'pi-1', { role: 'a' })]);
    expect(csv('sep="', 'id,role', 'pi-1,a').problems).toHaveLength(1);
    expect(csv('sep=:', 'id:role', 'pi-1:a').entries).toEqual([listed('devices.csv, line 3', 'pi-1', { role: 'a' })]);
  });

  it('takes rows and columns without a value for nothing, and counts the rows', () => {
    const ghosts = [',,,,', '   ', '\t ', '\u00a0,\u200b', '"","",', ',,,,,,,,'];
    expect(csv(...ghosts, 'id,,role,,', ...ghosts, 'pi-1,,a', ...ghosts, 'pi-2,,a,, ,', 'pi/3,,', ...ghosts)).toEqual({
      entries: [
        listed('devices.csv, line 14', 'pi-1', { role: 'a' }),
        listed('devices.csv, line 21', 'pi-2', { role: 'a' }),
      ],
      problems: [`devices.csv, line 22: id "pi/3" contains "/"; ${characters}`],
    });
  });

  it('takes a comment that a spreadsheet has put into quotes, or filled up, for one', () => {
    const comment = '"# One device a line, and no more";;';
    expect(csv(comment, '# Two; of; them', 'id;role', comment, 'pi-1;a', '# three;')).toEqual({
      entries: [listed('devices.csv, line 5', 'pi-1', { role: 'a' })],
      problems: [],
    });
  });

  it('may hold no device at all', () => {
    expect(csv('id,role')).toEqual({ entries: [], problems: [] });
  });

  it('keeps a fact of any permitted name', () => {
    const [device] = csv('id,metadata.constructor', 'pi-1,b').entries;
    expect(Object.entries(device?.metadata ?? {})).toEqual([['constructor', 'b']]);
  });

  it('refuses the one name that the outputs of a stack lose', () => {
    expect(csv('id,metadata.__proto__', 'pi-1,a').problems).toEqual([
      expect.stringContaining('"metadata.__proto__" is lost in the outputs of a stack; choose another name'),
    ]);
    expect(csv('id', '__proto__').problems).toEqual([
      expect.stringContaining('"__proto__" is lost in the outputs of a stack; choose another id'),
    ]);
  });

  it('takes a fact of 1,024 characters', () => {
    expect(csv('id,metadata.note', `pi-1,${'é'.repeat(1_024)}`).problems).toEqual([]);
  });

  it.each<[string, string[], string[]]>([
    ['nothing', [''], ['devices.csv: is empty; write a first line such as "id,generation,role"']],
    ['only comments', ['# a', '', '# b'], ['devices.csv: is empty; write a first line such as "id,generation,role"']],
    [
      'a misspelt column',
      ['id,genration', 'pi-1,2'],
      ['devices.csv, line 1: there is no column "genration"; did you mean "generation"?'],
    ],
    [
      'a column in other letters, after a comment',
      ['# a', 'id,Role', 'pi-1,2'],
      ['devices.csv, line 2: there is no column "Role"; did you mean "role"?'],
    ],
    [
      'a space after a comma',
      ['id, role', 'pi-1,2'],
      ['devices.csv, line 1: there is no column " role"; did you mean "role"?'],
    ],
    [
      'a fact without its prefix',
      ['id,room', 'pi-1,hall'],
      ['devices.csv, line 1: there is no column "room"; did you mean "metadata.room"?'],
    ],
    [
      'a fact of another prefix',
      ['id,Metadata.room,meta data', 'pi-1,,'],
      [
        'devices.csv, line 1: there is no column "Metadata.room"; did you mean "metadata.room"?',
        'devices.csv, line 1: there is no column "meta data"; did you mean "metadata.meta_data"?',
      ],
    ],
    [
      'a fact with a bad name',
      ['id,metadata.a b,metadata.', 'pi-1,,'],
      [
        'devices.csv, line 1: column "metadata.a b" is not the name of a fact; ' +
          'write 1 to 64 letters, digits, "-", "_", after "metadata."',
        'devices.csv, line 1: column "metadata." is not the name of a fact; ' +
          'write 1 to 64 letters, digits, "-", "_", after "metadata."',
      ],
    ],
    [
      'a value in a column without a name, or beyond the last one',
      ['id,,role,', 'pi-1,,a,', 'pi-2,x,a,', 'pi-3,,a,x', 'pi-4,,,,x'],
      [
        ...[2, 4].map(
          (column, index) =>
            `devices.csv, line ${index + 3}: has a value in column ${column}, which has no name in the first line; ` +
            'name it there, or remove the value',
        ),
        'devices.csv, line 5: has 5 columns, and the first line 3; write as many',
      ],
    ],
    ['a column twice', ['id,role,id', 'a,b,c'], ['devices.csv, line 1: column "id" stands twice; use each once']],
    [
      'no column for ids, and all else that is wrong with the header',
      ['ID,generation,room', 'pi-1,2,hall'],
      [
        'devices.csv, line 1: has no column "id"; write a first line such as "id,generation,role"',
        'devices.csv, line 1: there is no column "ID"; did you mean "id"?',
        'devices.csv, line 1: there is no column "room"; did you mean "metadata.room"?',
      ],
    ],
    [
      'no header',
      ['pi-001', 'pi-002'],
      ['devices.csv, line 1: has no column "id"; write a first line such as "id,generation,role"'],
    ],
    [
      'semicolons, and no column for ids',
      ['Id;role', 'pi-1;sensor'],
      [
        'devices.csv, line 1: has no column "id"; write a first line such as "id;generation;role"',
        'devices.csv, line 1: there is no column "Id"; did you mean "id"?',
      ],
    ],
    [
      'semicolons, and a comma in the name of a column',
      ['id;metadata.room, floor', 'pi-1;hall'],
      [
        'devices.csv, line 1: column "metadata.room, floor" is not the name of a fact; ' +
          'write 1 to 64 letters, digits, "-", "_", after "metadata."',
      ],
    ],
    [
      'semicolons in the first line alone',
      ['id;role', 'pi-1,sensor'],
      ['devices.csv, line 2: has 1 column, and the first line 2; write as many'],
    ],
    [
      'a blank around the id, or nothing else in a row with a value',
      ['id;role', ' pi-1;', 'pi-2\u00a0;', ' ;a'],
      [
        `devices.csv, line 2: id " pi-1" contains " "; ${characters}`,
        String.raw`devices.csv, line 3: id "pi-2\u00a0" (U+00A0 at character 5) contains "\u00a0"; ${characters}`,
        `devices.csv, line 4: id " " contains " "; ${characters}`,
      ],
    ],
    [
      'a column of ids with a character that cannot be seen',
      ['id\u200b;role', 'pi-1;'],
      [
        'devices.csv, line 1: has no column "id"; write a first line such as "id;generation;role"',
        String.raw`devices.csv, line 1: there is no column "id\u200b" (U+200B at character 3); did you mean "id"?`,
      ],
    ],
    [
      'an umlaut in two characters, and a Cyrillic letter',
      ['id', 'ku\u0308che-1', '\u0440i-001'],
      [
        String.raw`devices.csv, line 2: id "ku\u0308che-1" (U+0308 at character 3) contains "\u0308"; ${characters}`,
        `devices.csv, line 3: id "\u0440i-001" (U+0440 at character 1) contains "\u0440"; ${characters}`,
      ],
    ],
    [
      'a decimal comma',
      ['id;generation', 'pi-1;1,0'],
      [`devices.csv, line 2: generation "1,0" cannot be used; ${range}`],
    ],
    [
      'too few and too many columns',
      ['id,role', 'pi-1', 'pi-2,a', 'pi-3,a,b'],
      [
        'devices.csv, line 2: has 1 column, and the first line 2; write as many',
        'devices.csv, line 4: has 3 columns, and the first line 2; write as many',
      ],
    ],
    [
      'bad ids',
      ['id,role', ',a', 'pi 1,', '..,', `${'a'.repeat(65)},`],
      [
        'devices.csv, line 2: id "" is empty; write an id such as "pi-001"',
        `devices.csv, line 3: id "pi 1" contains " "; ${characters}`,
        'devices.csv, line 4: id ".." is the name of a folder; write an id such as "pi-001"',
        `devices.csv, line 5: id "${'a'.repeat(65)}" is longer than 64 characters; shorten it`,
      ],
    ],
    [
      'bad generations',
      ['id,generation', 'a,0', 'b,1000001', 'c,1.0', 'd,02', 'e,-1', 'f,x', 'g, 2', 'h,1e3'],
      ['0', '1000001', '1.0', '02', '-1', 'x', ' 2', '1e3'].map(
        (text, index) => `devices.csv, line ${index + 2}: generation "${text}" cannot be used; ${range}`,
      ),
    ],
    [
      'bad facts, which are not shown',
      ['id,metadata.key', `pi-1,${'s3cret'.repeat(200)}`, 'pi-2,s3cret\u0007'],
      [
        'devices.csv, line 2: metadata "key" is longer than 1024 characters; shorten it',
        'devices.csv, line 3: metadata "key" contains a control character; remove it',
      ],
    ],
    [
      'a line with several faults',
      ['id,generation,metadata.key', 'a/b,x,\u0007'],
      [
        `devices.csv, line 2: id "a/b" contains "/"; ${characters}`,
        `devices.csv, line 2: generation "x" cannot be used; ${range}`,
        'devices.csv, line 2: metadata "key" contains a control character; remove it',
      ],
    ],
    [
      'a quote that is never closed, and a fault before it',
      ['id,role', 'a/b,', '', '# c', 'pi-2,"sensor', 'pi-3,'],
      [
        `devices.csv, line 2: id "a/b" contains "/"; ${characters}`,
        'devices.csv, line 5: opens a quote that is never closed; close it',
      ],
    ],
    [
      'a header with an open quote',
      ['"id', 'pi-1'],
      ['devices.csv, line 1: opens a quote that is never closed; close it'],
    ],
    ...['pi-2,a"b"', 'pi-2,"a"b'].map((line): [string, string[], string[]] => [
      `a quote inside a field, as in ${line}`,
      ['id,role', 'pi-1,', line, 'pi-3,'],
      [
        'devices.csv, line 3: has a quote inside a field; ' +
          'put the whole field in quotes, and write each quote inside it twice',
      ],
    ]),
  ])('with %s is refused', (_, lines, problems) => {
    expect(csv(...lines).problems).toEqual(problems);
  });

  it('of 100,000 lines with a bad one names that line', () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `pi-${index},1,device,hall`);
    lines[54_321] = 'pi 54321,1,device,hall';
    const list = csv('id,generation,role,metadata.room', ...lines);
    expect(list.problems).toEqual([`devices.csv, line 54323: id "pi 54321" contains " "; ${characters}`]);
    expect(list.entries).toHaveLength(99_999);
  });
});

describe('YAML', () => {
  it('gives each device with its line, ids and sets side by side', () => {
    const list = yaml(
      '# North wing',
      '- pi-1',
      '- id: pi-2',
      '  generation: 3',
      '  role: sensor',
      '  metadata:',
      '    room: hall',
      '- {id: pi-3}',
    );
    expect(list).toEqual({
      entries: [
        listed('devices.yaml, line 2', 'pi-1'),
        listed('devices.yaml, line 3', 'pi-2', { generation: 3, role: 'sensor', metadata: { room: 'hall' } }),
        listed('devices.yaml, line 8', 'pi-3'),
      ],
      problems: [],
    });
  });

  it('takes the list under "devices" too', () => {
    expect(yaml('devices:', '  - pi-1').entries).toEqual([listed('devices.yaml, line 2', 'pi-1')]);
  });

  it('is known by .yml too, and in capitals', () => {
    expect(parseDeviceList('- pi-1', 'a.yml').entries).toEqual([listed('a.yml, line 1', 'pi-1')]);
    expect(parseDeviceList('- pi-1', 'A.YAML').entries).toEqual([listed('A.YAML, line 1', 'pi-1')]);
  });

  it('takes numbers and booleans for the texts that stand there', () => {
    const list = yaml('- 0012', '- id: 1e3', '  metadata: {serial: 007, version: 1.10, on: true, tag: no}');
    expect(list.entries).toEqual([
      listed('devices.yaml, line 1', '0012'),
      listed('devices.yaml, line 2', '1e3', { metadata: { serial: '007', version: '1.10', on: 'true', tag: 'no' } }),
    ]);
  });

  it('takes lines that end in CRLF', () => {
    expect(parseDeviceList('- pi-1\r\n- id: pi-2\r\n  role: a\r\n', 'd.yaml').entries).toEqual([
      listed('d.yaml, line 1', 'pi-1'),
      listed('d.yaml, line 2', 'pi-2', { role: 'a' }),
    ]);
  });

  it.each([['[]'], ['devices: []']])('may hold no device at all: %s', (text) => {
    expect(yaml(text)).toEqual({ entries: [], problems: [] });
  });

  it.each<[string, string[], string[]]>([
    ['nothing', [''], [`devices.yaml: is empty; ${listRemedy}`]],
    ['only comments', ['# a'], [`devices.yaml: is empty; ${listRemedy}`]],
    ['a text', ['', 'pi-1'], [`devices.yaml, line 2: is no list; ${listRemedy}`]],
    ['another key', ['device: [pi-1]'], ['devices.yaml, line 1: there is no key "device"; did you mean "devices"?']],
    ['no list under "devices"', ['devices:'], [`devices.yaml, line 1: "devices" is no list; ${listRemedy}`]],
    ['a key twice', ['- id: a', '- id: b', '  id: c'], ['devices.yaml, line 3: a key stands twice; use each once']],
    [
      'bad syntax',
      ['- a', '- [b', '- c'],
      [
        'devices.yaml, line 3: this is not YAML ' +
          '(Flow sequence in block collection must be sufficiently indented and end with a ]); correct it',
      ],
    ],
    ['two documents', ['- a', '---', '- b'], ['devices.yaml, line 2: a second document begins; write one']],
    [
      'things that are no device',
      ['- a', '-', '- [b]', '- *c', '-'],
      [
        'devices.yaml, line 2: id "" is empty; write an id such as "pi-001"',
        'devices.yaml, line 3: is no device; write an id, or a set of id, generation, role and metadata',
        'devices.yaml, line 4: is no device; write an id, or a set of id, generation, role and metadata',
        'devices.yaml, line 5: id "" is empty; write an id such as "pi-001"',
      ],
    ],
    ['a misspelt key', ['- {id: a, rol: b}'], ['devices.yaml, line 1: there is no key "rol"; did you mean "role"?']],
    ['a merge', ['- &a {id: b}', '- <<: *a'], ['devices.yaml, line 2: there is no key "<<"; did you mean "id"?']],
    [
      'a key that is no text',
      ['- {id: a, [b]: c}'],
      ['devices.yaml, line 1: a key is no text; write id, generation, role or metadata'],
    ],
    ['no id', ['- role: a'], ['devices.yaml, line 1: id is missing; write one such as "pi-001"']],
    [
      'lists for texts',
      ['- {id: [a], role: {b: c}}'],
      ['id', 'role'].map((name) => `devices.yaml, line 1: ${name} is no text; write one`),
    ],
    [
      'no set for facts',
      ['- {id: a, metadata: b}'],
      ['devices.yaml, line 1: metadata is no set; write "name: value" lines'],
    ],
    [
      'bad facts, which are not shown',
      ['- id: a', '  metadata: {"b c": d, e: "s3cret\\u0007", f: [s3cret], g: ""}'],
      ['devices.yaml, line 1: metadata "f" is no text; write one'],
    ],
    [
      'bad facts, which are not shown either',
      ['- id: a', '  metadata: {"b c": d, e: "s3cret\\u0007", g: "", h: "s3cret\\ud800"}'],
      [
        'devices.yaml, line 1: metadata "b c" is not the name of a fact; write 1 to 64 letters, digits, "-", "_"',
        'devices.yaml, line 1: metadata "e" contains a control character; remove it',
        'devices.yaml, line 1: metadata "g" is empty; write a text, or leave the fact out',
        'devices.yaml, line 1: metadata "h" contains half a character; write whole ones',
      ],
    ],
    [
      'bad generations',
      ['- {id: a, generation: 0}', '- {id: b, generation: }'],
      ['0', ''].map((text, index) => `devices.yaml, line ${index + 1}: generation "${text}" cannot be used; ${range}`),
    ],
  ])('with %s is refused', (_, lines, problems) => {
    expect(yaml(...lines).problems).toEqual(problems);
  });
});

describe('firstProblems', () => {
  it('lists 20 problems of a file, and counts the rest', () => {
    const problems = Array.from({ length: 117 }, (_, index) => `problem ${index}`);
    expect(firstProblems(problems, 'a.csv')).toEqual([...problems.slice(0, 20), 'a.csv: and 97 more']);
    expect(firstProblems(problems.slice(0, 20), 'a.csv')).toEqual(problems.slice(0, 20));
  });
});

describe('readDeviceList', () => {
  const outer = mkdtempSync(join(tmpdir(), 'aipi-list-'));
  const folder = join(outer, 'project');

  beforeAll(() => {
    mkdirSync(join(folder, 'fleet'), { recursive: true });
    writeFileSync(join(outer, 'outside.csv'), 'id\npi-1\n');
    writeFileSync(join(folder, 'fleet', 'devices.csv'), 'id\npi-1\n');
    mkdirSync(join(folder, 'folder.csv'));
    symlinkSync(join(outer, 'outside.csv'), join(folder, 'link.csv'));
    symlinkSync(join(outer), join(folder, 'out'));
    symlinkSync('fleet/devices.csv', join(folder, 'inner.csv'));
    symlinkSync('nothing', join(folder, 'dangling.csv'));
  });

  afterAll(() => rmSync(outer, { recursive: true }));

  function read(name: string, content: string | Uint8Array): DeviceList {
    writeFileSync(join(folder, name), content);
    return readDeviceList(folder, name);
  }

  it.each(['fleet/devices.csv', 'fleet/../fleet/devices.csv', './fleet/devices.csv'])('reads %s', (path) => {
    expect(readDeviceList(folder, path)).toEqual({ entries: [listed(`${path}, line 2`, 'pi-1')], problems: [] });
  });

  it('follows a link that stays inside', () => {
    expect(readDeviceList(folder, 'inner.csv').entries).toEqual([listed('inner.csv, line 2', 'pi-1')]);
  });

  it('skips a byte order mark', () => {
    expect(read('bom.csv', '\ufeffid,role\r\npi-1,a\r\n').entries).toEqual([
      listed('bom.csv, line 2', 'pi-1', { role: 'a' }),
    ]);
    expect(read('bom.yml', '\ufeff- pi-1\r\n').entries).toEqual([listed('bom.yml, line 1', 'pi-1')]);
  });

  it('reads every character of UTF-8', () => {
    expect(read('utf8.csv', 'id,metadata.place\npi-1,温室 é 😀\n').entries[0]?.metadata).toEqual({
      place: '温室 é 😀',
    });
  });

  const outside = 'leads outside of the project folder; write a path inside it, such as "devices.csv"';
  it.each<[string, string]>([
    ['devices.txt', 'is neither CSV nor YAML; write a path that ends in .csv, .yaml or .yml'],
    ['csv', 'is neither CSV nor YAML; write a path that ends in .csv, .yaml or .yml'],
    ['devices.csv.bak', 'is neither CSV nor YAML; write a path that ends in .csv, .yaml or .yml'],
    ['missing.csv', 'does not exist; write the path of a file that is there'],
    ['dangling.csv', 'does not exist; write the path of a file that is there'],
    ['fleet/devices.csv/a.csv', 'cannot be read (ENOTDIR); write the path of a file that can be'],
    ['folder.csv', 'is not a regular file; write the path of one'],
    ['/etc/devices.csv', outside],
    ['../outside.csv', outside],
    ['../missing.csv', outside],
    ['fleet/../../outside.csv', outside],
    ['link.csv', outside],
    ['out/outside.csv', outside],
  ])('refuses %s', (path, problem) => {
    expect(readDeviceList(folder, path)).toEqual({ entries: [], problems: [`devicesFile: "${path}" ${problem}`] });
  });

  it('refuses an absolute path even where it leads inside', () => {
    const path = join(folder, 'fleet/devices.csv');
    expect(readDeviceList(folder, path).problems).toEqual([`devicesFile: "${path}" ${outside}`]);
  });

  it('refuses a file of no bytes', () => {
    expect(read('empty.csv', '').problems).toEqual(['empty.csv: is empty; write a list of devices']);
    expect(read('empty.yaml', '').problems).toEqual(['empty.yaml: is empty; write a list of devices']);
  });

  const remedy = 'save it as UTF-8, which spreadsheets call "CSV UTF-8"';
  it.each<[string, Uint8Array, number, number]>([
    ['Latin-1', Buffer.from('id,metadata.a\npi-1,x\npi-2,café\n', 'latin1'), 3, 29],
    ['half a character at the end', Buffer.from('id\r\npi-1\r\n\u6e29', 'utf8').subarray(0, -1), 3, 10],
  ])('refuses %s by its place', (_, bytes, line, offset) => {
    expect(read('encoding.csv', bytes).problems).toEqual([
      `encoding.csv, line ${line}: is not UTF-8 from byte ${offset} of the file on; ${remedy}`,
    ]);
  });

  it.each<[string, Uint8Array, string]>([
    [
      'UTF-16 without its mark',
      Buffer.from('id\npi-1\n', 'utf16le'),
      'is neither UTF-8 nor UTF-16 with a byte order mark',
    ],
    ['UTF-16 cut off', Buffer.from('\ufeffid\0\n', 'utf16le').subarray(0, -1), 'is neither UTF-8 nor UTF-16 with'],
    ['UTF-32', Buffer.from('\ufeff\0i\0d\0', 'utf16le'), 'is neither UTF-8 nor UTF-16 with a byte order mark'],
    ['a workbook', Buffer.from('PK\u0003\u0004\u0014\0'), 'is a workbook and no text'],
    ['an older workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'is a workbook and no text'],
  ])('refuses %s', (_, bytes, words) => {
    const [problem = '', ...others] = read('encoding.csv', bytes).problems;
    expect(problem.startsWith(`encoding.csv: ${words}`)).toBe(true);
    expect(problem.endsWith(`; ${remedy}`)).toBe(true);
    expect(others).toEqual([]);
  });

  it('takes UTF-16 with its mark, in either order, as CSV and as YAML', () => {
    const little = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
    const big = (text: string) => little(text).swap16();
    for (const [index, encoded] of [little, big].entries()) {
      const name = `utf16-${index}`;
      expect(read(`${name}.csv`, encoded('id\tmetadata.room\r\npi-1\tKüche\r\n'))).toEqual({
        entries: [listed(`${name}.csv, line 2`, 'pi-1', { metadata: { room: 'Küche' } })],
        problems: [],
      });
      expect(read(`${name}.yaml`, encoded('- pi-1\r\n')).entries).toEqual([listed(`${name}.yaml, line 1`, 'pi-1')]);
    }
  });
});

describe('fleetDigest', () => {
  const device: Device = { id: 'pi-1', generation: 1, role: 'device', metadata: { a: '1', b: '2' } };

  it('is SHA-256 in hex, and the same each time', () => {
    expect(fleetDigest([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(fleetDigest([device])).toMatch(/^[0-9a-f]{64}$/);
    expect(fleetDigest([device])).toBe(fleetDigest([{ ...device, metadata: { b: '2', a: '1' } }]));
  });

  it('takes no notice of where a device is written down', () => {
    expect(fleetDigest([Object.assign({ place: 'devices.csv, line 2' }, device)])).toBe(fleetDigest([device]));
  });
});
