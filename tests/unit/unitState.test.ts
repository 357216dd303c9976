import { optionWords } from '../../mosquitto/container';
import { renderUnit, serviceOptions } from '../../mosquitto/unit';
import { stateOf } from '../../operate/docker';
import { optionsOf } from '../../operate/look';
import { infoOf, mountsOf, type Properties, propertiesIn, unitId } from '../../operate/service/unitState';
import { settingsOf } from './rawConfig';

const { containerName, ...rest } = settingsOf({ runtime: 'service', containerName: 'broker' });
const record = { labels: { stack: 'prod' }, options: serviceOptions({ containerName, ...rest }, 'mosquitto 2.0.11') };
const text = renderUnit(record);
const [limit] = record.options.ulimits;

/** As systemd says it of a unit that runs. */
const running: Properties = {
  ActiveState: 'active',
  DropInPaths: '',
  ExecMainStartTimestamp: 'Thu 2026-11-26 10:23:05.639493 UTC',
  ExecMainStatus: '0',
  FreezerState: 'running',
  LimitNOFILE: String(limit?.hard),
  LimitNOFILESoft: String(limit?.soft),
  LoadState: 'loaded',
  MainPID: '42',
  MemoryMax: String(record.options.memoryMebibytes * 2 ** 20),
  NRestarts: '3',
  NeedDaemonReload: 'no',
  NoNewPrivileges: 'yes',
  Restart: 'always',
  SubState: 'running',
  User: '1883',
};
const info = (changed: Properties = {}, unit = text) => infoOf('broker', unit, { ...running, ...changed });

/** Words of options that differ from those of the record. */
const differing = (changed: Properties, unit = text) => {
  const [wanted, found] = [record.options, optionsOf(info(changed, unit))].map(optionWords);
  return Object.entries(found ?? {}).filter(([name, words]) => wanted?.[name] !== words);
};

describe('a unit as a container', () => {
  it('has the options that it was made with, where nobody has changed it', () => {
    expect(differing({})).toEqual([]);
  });

  it('tells its process, its start, and how often it came back', () => {
    const { Id, Name, RestartCount, State, Config } = info();
    expect({ Id, Name, RestartCount, State, labels: Config.Labels }).toEqual({
      Id: unitId(record),
      Name: '/broker',
      RestartCount: 3,
      State: {
        Running: true,
        Paused: false,
        Restarting: false,
        Pid: 42,
        ExitCode: 0,
        Error: '',
        StartedAt: '2026-11-26T10:23:05.639493Z',
      },
      labels: record.labels,
    });
  });

  it('has its folders in place of volumes', () => {
    expect(mountsOf('broker')).toEqual([
      { source: '/var/lib/aipi-mqtt/broker-configuration', destination: '/mosquitto/config', readOnly: true },
      { source: '/var/lib/aipi-mqtt/broker-data', destination: '/mosquitto/data', readOnly: false },
    ]);
    expect(info().Mounts.map(({ Name, RW }) => [Name, RW])).toEqual([
      ['broker-configuration', false],
      ['broker-data', true],
    ]);
  });

  it.each([
    [{ ActiveState: 'inactive', SubState: 'dead', MainPID: '0' }, 'stopped'],
    [{ ActiveState: 'failed', SubState: 'failed', MainPID: '0', ExecMainStatus: '1' }, 'stopped'],
    [{ ActiveState: 'activating', SubState: 'auto-restart', MainPID: '0' }, 'restarting'],
    [{ FreezerState: 'frozen' }, 'paused'],
    [{}, 'running'],
  ])('with %j is %s', (state, word) => {
    expect(stateOf(info(state))).toBe(word);
  });

  it('has never run before its first start', () => {
    expect(info({ ExecMainStartTimestamp: '' }).State.StartedAt).toBe('0001-01-01T00:00:00Z');
    expect(info({ ExecMainStartTimestamp: 'n/a' }).State.StartedAt).toBe('0001-01-01T00:00:00Z');
  });
});

describe('what somebody has changed of a unit', () => {
  it.each<[Properties, string[]]>([
    [{ MemoryMax: 'infinity' }, ['memory in MiB', 'memory and swap in MiB']],
    [{ MemoryMax: '1048576' }, ['memory in MiB', 'memory and swap in MiB']],
    [{ User: 'root' }, ['user']],
    [{ User: '' }, ['user']],
    [{ NoNewPrivileges: 'no' }, ['security options']],
    [{ Restart: 'no' }, ['restart policy']],
    [{ LimitNOFILE: '10' }, ['open files']],
    [{ LimitNOFILESoft: 'infinity' }, ['open files']],
    [{ DropInPaths: '/etc/systemd/system/broker.service.d/own.conf' }, ['quotas']],
  ])('is seen by what is in force: %j', (changed, names) => {
    expect(differing(changed).map(([name]) => name)).toEqual(names);
  });

  it('is seen by its text', () => {
    const found = differing({}, text.replace('ProtectHome=yes', 'ProtectHome=no'));
    expect(found).toEqual([['quotas', 'directives that were changed by hand']]);
  });

  it('leaves it the same one', () => {
    expect(info({}, text.replace('ProtectHome=yes', 'ProtectHome=no')).Id).toBe(info().Id);
    expect(unitId({ ...record, labels: {} })).not.toBe(unitId(record));
  });
});

describe('propertiesIn', () => {
  it('takes a value as it is, also one with a sign of equality', () => {
    expect(propertiesIn('A=b=c\nEmpty=\n')).toMatchObject({ A: 'b=c', Empty: '' });
  });
});
