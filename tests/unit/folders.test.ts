import { folderOf, labelsOf, pathOnMachine } from '../../operate/service/folders';

const mounts = [
  { source: '/var/lib/aipi-mqtt/broker-configuration', destination: '/mosquitto/config', readOnly: true },
  { source: '/var/lib/aipi-mqtt/broker-data', destination: '/mosquitto/data', readOnly: false },
];

test('a folder stands for a volume, with its labels beside it', () => {
  expect([folderOf('broker-data'), labelsOf('broker-data')]).toEqual([
    '/var/lib/aipi-mqtt/broker-data',
    '/var/lib/aipi-mqtt/broker-data.labels',
  ]);
});

test.each([
  ['/mosquitto/config', '/var/lib/aipi-mqtt/broker-configuration'],
  ['/mosquitto/config/deployed/current', '/var/lib/aipi-mqtt/broker-configuration/deployed/current'],
  ['/mosquitto/data/mosquitto.db', '/var/lib/aipi-mqtt/broker-data/mosquitto.db'],
  ['/mosquitto/configuration', undefined],
  ['/mosquitto', undefined],
  ['/etc/passwd', undefined],
])('%s is %s of the machine', (path, place) => {
  expect(pathOnMachine(path, mounts)).toBe(place);
});
