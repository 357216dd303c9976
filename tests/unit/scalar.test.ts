import { scalar } from '../../settings/scalar';

/** What `pulumi config` of 3.259.0 shows for each is told in the names of the groups. */
describe('a text without quotes', () => {
  it.each([
    'pi-001',
    '1.2.3',
    '1:30',
    '12:34:56:12:34:56',
    '2024-01-05 00:00:00 +0000 UTC',
    '2024-01-05-a',
    'yes',
    'no',
    'on',
    'off',
    'y',
    'N',
    '_1',
    '0x',
    '0o',
    '=',
  ])('%s is a text to the engine, too', (source) => {
    expect(scalar(source)).toEqual({ kind: 'text' });
  });

  it.each([
    ['0', 0],
    ['10000', 10_000],
    ['-5', -5],
    ['9007199254740991', 9_007_199_254_740_991],
    ['true', true],
    ['False', false],
  ])('%s is one value to every reader', (source, value) => {
    expect(scalar(source)).toEqual({ kind: 'value', value });
  });

  it.each(['', '~', 'null', 'Null', 'NULL'])('"%s" is nothing', (source) => {
    expect(scalar(source)).toEqual({ kind: 'nothing' });
  });

  it.each([
    ['010000', /write decimal digits without a zero before them, or put it in quotes/],
    ['0000000012345670', /decimal digits/],
    ['09', /decimal digits/],
    ['0o17', /decimal digits/],
    ['0x1F', /decimal digits/],
    ['-0b11', /decimal digits/],
    ['+5', /decimal digits/],
    ['-0', /decimal digits/],
    ['1_000', /write digits alone/],
    ['0x_1F', /write digits alone/],
    ['9007199254740992', /too large for a number; put it in quotes/],
    ['18446744073709551616', /too large/],
    ['1.10', /write a whole number, or put it in quotes/],
    ['1.', /whole number/],
    ['.5', /whole number/],
    ['1e3', /whole number/],
    ['10000000123456e7', /whole number/],
    ['-.Inf', /whole one/],
    ['.nan', /whole one/],
    ['2024-01-05', /is a date to some readers; put it in quotes/],
    ['2001-1-1', /date/],
    ['2024-01-05T10:00:00Z', /date/],
    ['2024-01-05 10:00:00', /date/],
    ['2001-12-14 21:59:43.10 -5', /date/],
  ])('%s is something else to some', (source, says) => {
    expect(scalar(source)).toEqual({ kind: 'ambiguous', says: expect.stringMatching(says) });
  });
});
