import { descriptorLimit, type Limits, limitRanges } from '../../mosquitto/limits';
import { defaults } from './rawConfig';

describe('limitRanges', () => {
  it.each(Object.entries(limitRanges))('%s holds its default between least and greatest', (key, range) => {
    expect(range.least).toBeLessThanOrEqual(Number(defaults()[key]));
    expect(range.greatest).toBeGreaterThanOrEqual(Number(defaults()[key]));
    expect(range.reason).not.toBe('');
  });

  it('never lets 0 through, which means "no limit" to Mosquitto', () => {
    expect(Object.values(limitRanges).every(({ least }) => least > 0)).toBe(true);
  });

  it('keeps to the bounds of MQTT', () => {
    expect(limitRanges.maxPacketSizeBytes.greatest).toBe(268_435_455);
    expect(limitRanges.maxInflightMessages.greatest).toBe(65_535);
    expect(limitRanges.maxKeepaliveSeconds.greatest).toBe(65_535);
  });
});

describe('descriptorLimit', () => {
  it('has room for every connection and for the broker itself', () => {
    const { maxConnections } = defaults();
    const limits = { maxConnections } as Limits;
    expect(descriptorLimit(limits)).toBe(11_024);
  });
});
