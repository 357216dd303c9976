import { defaultsOf } from '../../mosquitto/configKey';
import { descriptorLimit, limitKeys } from '../../mosquitto/limits';

describe('limitKeys', () => {
  it.each(Object.entries(limitKeys))('%s gives a reason for its range', (_, { reason }) => {
    expect(reason).not.toBe('');
  });

  it('never lets 0 through, which means "no limit" to Mosquitto', () => {
    expect(Object.values(limitKeys).every(({ least }) => least > 0)).toBe(true);
  });

  it('keeps to the bounds of MQTT', () => {
    expect(limitKeys.maxPacketSizeBytes.greatest).toBe(268_435_455);
    expect(limitKeys.maxInflightMessages.greatest).toBe(65_535);
    expect(limitKeys.maxKeepaliveSeconds.greatest).toBe(65_535);
  });
});

describe('descriptorLimit', () => {
  it('has room for every connection and for the broker itself', () => {
    expect(descriptorLimit({ ...defaultsOf(limitKeys), maxConnections: 10_000 })).toBe(11_024);
  });
});
