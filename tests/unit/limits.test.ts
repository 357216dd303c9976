import { defaultsOf } from '../../mosquitto/configKey';
import { descriptorLimit, limitKeys } from '../../mosquitto/limits';
import { settingsOf } from './rawConfig';

describe('limitKeys', () => {
  it.each(Object.entries(limitKeys))('%s gives a reason for its range', (_, { reason }) => {
    expect(reason).not.toBe('');
  });

  it('lets 0 through, which means "no limit" to Mosquitto, only where that is said', () => {
    expect(Object.values(limitKeys).every(({ least }) => least > 0)).toBe(true);
    expect(Object.entries(limitKeys).flatMap(([name, key]) => ('zero' in key ? [name] : []))).toEqual([
      'maxKeepaliveSeconds',
    ]);
    expect(settingsOf({ maxKeepaliveSeconds: 0 }).limits.maxKeepaliveSeconds).toBe(0);
    expect(() => settingsOf({ maxInflightMessages: 0 })).toThrow('write a whole number from 1 to');
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
