import { imageLayout, serviceLayout } from '../../mosquitto/layout';
import { problemsOf, settingsOf } from './rawConfig';

const service = { runtime: 'service' };

describe('runtime', () => {
  it('is a container, unless it is said', () => {
    expect(settingsOf()).toMatchObject({ runtime: 'container', dockerHost: undefined });
    expect(settingsOf().layout ?? imageLayout).toEqual(imageLayout);
  });

  it('names the other ones where it is none', () => {
    expect(problemsOf({ runtime: 'podman' })).toEqual([
      expect.stringMatching(/^runtime: .*podman.*container.*service/),
    ]);
  });

  it('as a service has a layout of its own, on this machine or another', () => {
    expect(settingsOf(service)).toMatchObject({ runtime: 'service', dockerHost: 'systemd:', layout: serviceLayout });
    expect(settingsOf({ ...service, host: 'ssh://pi@server:2222' }).dockerHost).toBe('systemd+ssh://pi@server:2222');
  });
});

describe('host', () => {
  it('is that of a Docker engine, too', () => {
    expect(settingsOf({ host: 'ssh://pi@server' }).dockerHost).toBe('ssh://pi@server');
  });

  it.each([
    [{ host: 'ssh://pi@server', dockerHost: 'ssh://pi@other' }, 'dockerHost: is given beside host; write host alone'],
    [
      { ...service, host: 'tcp://server:2376' },
      'host: "tcp://server:2376" is no machine that ssh leads to; write ssh://USER@HOST',
    ],
    [
      { ...service, host: 'ssh://pi:s3cret@server' },
      'host: "ssh://…@server" holds a password, which would be shown; use a key of SSH, and write ssh://USER@HOST',
    ],
  ])('%j is refused', (config, problem) => {
    expect(problemsOf(config)).toEqual([problem]);
  });
});

describe('mosquittoVersion', () => {
  it.each([
    ['', '2.0'],
    ['2.0', '2.0'],
    ['2.1', '2.1'],
  ])('"%s" of a service is one of %s', (mosquittoVersion, version) => {
    expect(settingsOf({ ...service, mosquittoVersion }).release?.version).toMatch(`${version}`);
  });

  it('is that of its image for a container', () => {
    expect(problemsOf({ mosquittoVersion: '2.0' })).toEqual([
      'mosquittoVersion: is "2.0", and a container has that of its image; leave it out, or write runtime: service',
    ]);
  });

  it.each(['1.6', '3.0', '2', 'latest'])('%s is refused', (mosquittoVersion) => {
    expect(problemsOf({ ...service, mosquittoVersion })).toEqual([
      expect.stringMatching(/^mosquittoVersion: .*2\.[01]/),
    ]);
  });
});

describe('what a service has not', () => {
  it('is named with what to write in its place, all at once', () => {
    expect(problemsOf({ ...service, dockerHost: 'ssh://pi@other', network: 'inside' })).toEqual([
      'dockerHost: is given, and a service has no Docker engine; write host: ssh://USER@HOST',
      'network: is given, and a service is in the network of its machine; leave it out, or write runtime: container',
    ]);
  });
});
