/** What is made of an engine's answers, without an engine. */

import type Docker from 'dockerode';
import { absenceIn } from '../../commands/stack/absence';
import { restartDigestLabel } from '../../mosquitto/reload';
import { type ContainerState, lastLines, remoteMachine, settled, stateOf, unframe } from '../../operate/docker';
import { explain } from '../../operate/program';
import { takesFilesLive } from '../../operate/takeOver';

type State = Partial<Docker.ContainerInspectInfo['State']>;

const longAgo = '2026-01-01T00:00:00Z';
const states: Record<ContainerState, State> = {
  running: { Running: true },
  stopped: { Running: false, ExitCode: 137 },
  paused: { Running: true, Paused: true },
  // Docker says that it runs between two starts.
  restarting: { Running: true, Restarting: true, ExitCode: 1 },
};

const infoOf = (state: ContainerState, digest = 'digest', more: object = {}) =>
  ({
    State: { StartedAt: longAgo, ExitCode: 0, ...states[state] },
    RestartCount: 0,
    Config: { Labels: { [restartDigestLabel]: digest } },
    ...more,
  }) as unknown as Docker.ContainerInspectInfo;

const each = Object.keys(states) as ContainerState[];

test.each(each)('stateOf tells a container that is %s', (state) => {
  expect(stateOf(infoOf(state))).toBe(state);
});

describe('takesFilesLive', () => {
  it('is true of a broker that is there and needs no restart', () => {
    expect(each.filter((state) => takesFilesLive(infoOf(state), 'digest'))).toEqual(['running', 'paused']);
  });

  it('is false where only a restart applies the files, or nobody says what runs', () => {
    expect(takesFilesLive(infoOf('running'), 'another')).toBe(false);
    expect(takesFilesLive(infoOf('running', undefined, { Config: { Labels: {} } }), 'digest')).toBe(false);
    expect(takesFilesLive(undefined, 'digest')).toBe(false);
  });
});

describe('absenceIn', () => {
  it('says why nobody can be asked', () => {
    expect(each.map((state) => absenceIn('broker', infoOf(state)))).toEqual([
      undefined,
      'the container broker has stopped (exit code 137)',
      'the container broker is paused',
      'the broker in broker ends at each start (exit code 1)',
    ]);
    expect(absenceIn('broker', undefined)).toBe('the container broker is not there');
  });

  it.each([
    ['Error starting userland proxy: listen tcp4 192.0.2.7:1883: bind: cannot assign requested address'],
    ['listen tcp4 192.0.2.7:1883: bind: cannot assign requested address'],
  ])('names the address that Docker did not get: %s', (reason) => {
    const error = `driver failed programming external connectivity on endpoint broker (4c0d25832a3d088a): ${reason}`;
    const info = infoOf('stopped', undefined, { State: { Running: false, ExitCode: 128, Error: error } });
    expect(absenceIn('broker', info)).toBe(
      'Docker could not start the container broker (listen tcp4 192.0.2.7:1883: bind: cannot assign requested address)',
    );
  });
});

describe('settled', () => {
  const containerOf = (answers: Array<Docker.ContainerInspectInfo | { statusCode: number }>) => {
    const asked = [...answers];
    const inspect = async () => {
      const [answer] = asked.length > 1 ? asked.splice(0, 1) : asked;
      if (answer !== undefined && 'statusCode' in answer) throw answer;
      return answer;
    };
    return { inspect } as unknown as Docker.Container;
  };
  const restarted = (StartedAt: string) =>
    infoOf('running', undefined, { RestartCount: 1, State: { Running: true, StartedAt } });

  it('waits until one that was started again shows whether it stays', async () => {
    const ended = infoOf('restarting');
    expect(await settled(containerOf([restarted(new Date().toISOString()), ended]))).toBe(ended);
  });

  it('does not wait for one that was started once, that has stayed, or that does not run', async () => {
    const fresh = infoOf('running', undefined, { State: { Running: true, StartedAt: new Date().toISOString() } });
    for (const info of [fresh, restarted(longAgo), infoOf('stopped')]) {
      expect(await settled(containerOf([info, infoOf('paused')]))).toBe(info);
    }
  });

  it('is undefined where there is none, and fails as the engine fails', async () => {
    expect(await settled(containerOf([{ statusCode: 404 }]))).toBeUndefined();
    await expect(settled(containerOf([{ statusCode: 500 }]))).rejects.toEqual({ statusCode: 500 });
  });
});

describe('unframe', () => {
  const frame = (stream: number, content: Buffer | string) => {
    const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(Buffer.byteLength(content), 4);
    return Buffer.concat([head, Buffer.from(content)]);
  };

  it('puts the pieces of both streams together, in their order', () => {
    expect(unframe(Buffer.concat([frame(1, 'out\n'), frame(2, ''), frame(2, 'error\n'), frame(1, 'more\n')]))).toBe(
      'out\nerror\nmore\n',
    );
    expect(unframe(Buffer.alloc(0))).toBe('');
  });

  it('puts a letter together that stands in two pieces', () => {
    const letter = Buffer.from('ä');
    expect(unframe(Buffer.concat([frame(1, letter.subarray(0, 1)), frame(1, letter.subarray(1))]))).toBe('ä');
  });

  it('takes what is there of a last piece', () => {
    const whole = Buffer.concat([frame(1, 'first\n'), frame(1, 'second\n')]);
    expect(unframe(whole.subarray(0, -4))).toBe('first\nsec');
    expect(unframe(whole.subarray(0, frame(1, 'first\n').length + 5))).toBe('first\n');
  });
});

test('lastLines are five', () => {
  expect(lastLines('1\n2\n3\n4\n5\n6\n\n')).toBe('2\n3\n4\n5\n6');
});

describe('remoteMachine', () => {
  const before = process.env.DOCKER_HOST;
  afterEach(() => {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  });

  it.each([
    ['unix:///var/run/docker.sock', undefined],
    ['npipe:////./pipe/docker_engine', undefined],
    ['tcp://10.0.0.7:2375', '10.0.0.7'],
    ['tcp://[fd00::7]:2375', 'fd00::7'],
    ['ssh://user@broker.example:22', 'broker.example'],
  ])('of %s is %s', (host, machine) => {
    expect(remoteMachine(host)).toBe(machine);
    process.env.DOCKER_HOST = host;
    expect(remoteMachine(null)).toBe(machine);
  });

  it('is this one without any address', () => {
    delete process.env.DOCKER_HOST;
    expect(remoteMachine(null)).toBeUndefined();
  });
});

describe('explain', () => {
  it.each([
    ['write /a: no space left on device', /^the disk of the Docker engine is full; free some space .* run up again \(/],
    ['connect ECONNREFUSED /var/run/docker.sock', /^the Docker engine does not answer; start it/],
    ['aborted', /^the Docker engine does not answer; start it/],
    ['(HTTP code 404) No such image: broker', /^the image is not on the Docker engine; pull it/],
  ])('says what to do about "%s", and keeps the words', (message, said) => {
    expect(explain(new Error(`${message}\n`))).toMatch(said);
    expect(explain(new Error(`${message}\n`))).toContain(`(${message})`);
  });

  it('leaves everything else as it is', () => {
    expect(explain(new Error('the new files are refused'))).toBe('the new files are refused');
  });
});
