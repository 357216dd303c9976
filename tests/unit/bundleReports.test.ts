import { reportOf } from '../../operate/reports';

const nothing = { generation: null, trusted: null, issuer: null, certificateExpires: null };

describe('reportOf', () => {
  it('reads what a device says of its bundle', () => {
    const properties = {
      generation: '3',
      ca: '0011223344556677,8899aabbccddeeff',
      certificate_issuer: '0123456789abcdef',
      certificate_expires: '2027-01-01T00:00:00.000Z',
      other: 'words',
    };
    expect(reportOf(properties)).toEqual({
      generation: 3,
      trusted: ['0011223344556677', '8899aabbccddeeff'],
      issuer: '0123456789abcdef',
      certificateExpires: '2027-01-01T00:00:00.000Z',
    });
  });

  it('knows nothing of a device that says nothing', () => {
    expect(reportOf({})).toEqual(nothing);
  });

  it('takes the first of two answers', () => {
    expect(reportOf({ generation: ['2', '7'], ca: ['a', 'b'] })).toEqual({ ...nothing, generation: 2, trusted: ['a'] });
  });

  it.each(['', ' ', 'x', '1.5', '-1', '0x10', '1e3', 'NaN', 'Infinity'])('takes %j for no generation', (generation) => {
    expect(reportOf({ generation })).toEqual(nothing);
  });

  it('takes empty words for none', () => {
    expect(reportOf({ ca: '', certificate_issuer: '', certificate_expires: '' })).toEqual({ ...nothing, trusted: [] });
  });
});
