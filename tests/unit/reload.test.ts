import { releaseOf } from '../../mosquitto/release';
import { reloadedOptions, restartChanges, restartLines } from '../../mosquitto/reload';

describe('restartLines', () => {
  it.each([...reloadedOptions])('leaves out %s, which a signal applies', (option) => {
    expect(restartLines(`${option} 1\n`)).toEqual([]);
  });

  it.each([
    'listener',
    'protocol',
    'certfile',
    'keyfile',
    'tls_version',
    'cafile',
    'plugin',
    'plugin_opt_flush_period',
    'plugin_opt_sync',
    'global_max_connections',
    'max_connections',
    'websockets_origin',
    'websockets_headers_size',
    'packet_buffer_size',
    'check_retain_source',
    'max_keepalive',
    'max_packet_size',
    'max_queued_messages',
    'max_inflight_messages',
    'memory_limit',
    'retain_available',
    'an_option_of_a_later_version',
  ])('keeps %s, which only a restart applies', (option) => {
    expect(restartLines(`log_type error\n${option} 1\n`)).toEqual([{ option, value: '1' }]);
  });

  it('leaves out the time between snapshots, which 2.0 takes over and 2.1 does not have', () => {
    expect(restartLines('autosave_interval 1\n', releaseOf('2.0.11'))).toEqual([]);
    expect(restartLines('autosave_interval 1\n')).toHaveLength(1);
  });

  it.each([...reloadedOptions, 'password_file', 'listener'])('counts %s for 2.0 as for 2.1', (option) => {
    const line = `${option} 1\n`;
    expect(restartLines(line, releaseOf('2.0.21'))).toEqual(restartLines(line));
  });

  it('keeps the order, because an option belongs to the listener above it', () => {
    const lines = restartLines('listener 1883\nprotocol mqtt\nsys_interval 1\nlistener 9001\nprotocol websockets\n');
    expect(lines.map(({ option, value }) => `${option} ${value}`)).toEqual([
      'listener 1883',
      'protocol mqtt',
      'listener 9001',
      'protocol websockets',
    ]);
  });
});

describe('restartChanges', () => {
  const before =
    'persistence_sync a\nlog_type error\nlistener 1883\nprotocol mqtt\nlistener 9001\nprotocol websockets\n';

  it('is empty where a signal applies everything', () => {
    expect(restartChanges(before, before.replace('log_type error', 'log_type debug'))).toEqual([]);
  });

  it('names what is gone and what came', () => {
    expect(restartChanges(before, before.replace('persistence_sync a', 'persistence_sync b'))).toEqual([
      '- persistence_sync a',
      '+ persistence_sync b',
    ]);
  });

  it('names the listener of a line', () => {
    expect(restartChanges(before, before.replace('protocol websockets', 'protocol mqtt'))).toEqual([
      '- listener 9001: protocol websockets',
      '+ listener 9001: protocol mqtt',
    ]);
  });

  it('names a listener that came or went once, not each of its lines', () => {
    expect(restartChanges(before, before.replace('listener 9001', 'listener 9002'))).toEqual([
      '- listener 9001',
      '+ listener 9002',
    ]);
  });
});
