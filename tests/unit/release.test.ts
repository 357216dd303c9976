import { imageRelease, releaseOf, releaseProblem } from '../../mosquitto/release';

describe('releaseOf', () => {
  it.each([
    ['2.0.11', '2.0.11', false],
    ['2.0.11-1.2+deb12u2', '2.0.11', false],
    ['2.0.11-1ubuntu1.1', '2.0.11', false],
    ['1:2.0.21-1', '2.0.21', false],
    ['2.0', '2.0', false],
    ['2.1', '2.1', true],
    ['2.1.2', '2.1.2', true],
  ])('knows %s as %s', (text, version, hasPlugins) => {
    expect(releaseOf(text)).toMatchObject({ version, hasPlugins, hasSqlite: hasPlugins });
  });

  it('refuses what it does not support', () => {
    expect(() => releaseOf('1.6.9')).toThrow('Mosquitto 1.6.9 is too old; install 2.0.11 or newer');
  });
});

describe('what a release does', () => {
  const does = (version: string) => {
    const { forgetsAbsent, mixesFamilies, boundsKeepalive, takesKeepaliveZero } = releaseOf(version);
    return [forgetsAbsent, mixesFamilies, boundsKeepalive, takesKeepaliveZero];
  };

  it.each([
    ['2.0.11', [false, true, false, false]],
    ['2.0.12', [true, false, true, false]],
    ['2.0.18', [true, false, true, true]],
    ['2.0.22', [true, false, true, true]],
    ['2.0.23', [false, false, true, true]],
    ['2.1', [false, false, true, true]],
    ['2.1.2', [false, false, true, true]],
  ])('%s forgets absent clients, mixes families, bounds keep-alives, takes 0: %j', (version, expected) => {
    expect(does(version)).toEqual(expected);
  });

  it('is the least of all where only 2.0 is known', () => {
    expect(does('2.0')).toEqual([true, true, false, false]);
  });
});

describe('releaseProblem', () => {
  it.each(['2.0.10', '1.6.12', '2.0.7-5'])('%s is too old', (version) => {
    expect(releaseProblem(version)).toBe(`Mosquitto ${version} is too old; install 2.0.11 or newer`);
  });

  it.each(['3.0.0', '2.2.0'])('%s is newer than what was tried', (version) => {
    expect(releaseProblem(version)).toMatch(/newer than this program knows/);
  });

  it.each(['', 'latest', 'v2.0.11', '2', '2.0.11.4'])('%j is no version', (version) => {
    expect(releaseProblem(version)).toMatch(/is not a version of Mosquitto/);
  });
});

it('the image holds a release with plug-ins', () => {
  expect(imageRelease).toMatchObject({ version: '2.1.2', hasPlugins: true, hasSqlite: true });
});
