import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeEnvironment, pulumiHomes } from '../../setup/pulumiHome';

const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-homes-'));
const home = join(folder, 'aipi');
const mixed = join(home, 'pulumi');
const usual = join(folder, 'user/.pulumi');
const other = join(folder, 'other');

function logIn(logins: string, current = 'https://api.pulumi.com'): void {
  mkdirSync(logins, { recursive: true });
  writeFileSync(join(logins, 'credentials.json'), JSON.stringify({ current }));
}

function homes(environment: NodeJS.ProcessEnv = {}) {
  return pulumiHomes(home, environment, usual);
}

/** What is exported for an engine that works with `used`, in a shell that has `before`. */
function added(used: string, before: NodeJS.ProcessEnv = {}): Record<string, string> {
  return homeEnvironment(homes(before), used, before, usual);
}

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the user's own home", () => {
  it('is that of an ordinary pulumi, without a login, too', () => {
    expect(homes()).toEqual({ own: usual, mixed, logins: usual });
    expect(added(usual)).toEqual({});
  });

  it('is the one that PULUMI_HOME names', () => {
    expect(homes({ PULUMI_HOME: other })).toEqual({ own: other, mixed, logins: other });
    expect(added(other, { PULUMI_HOME: other })).toEqual({});
  });

  it.each([
    ['not set', undefined],
    ['set', other],
  ])('is the same for the next run in a shell that has ours, PULUMI_HOME being %s before', (_, named) => {
    mkdirSync(named ?? usual, { recursive: true });
    const before = { PULUMI_HOME: named };
    const shell = { ...before, ...added(mixed, before) };
    expect(shell.PULUMI_HOME).toBe(mixed);
    expect(homes(shell)).toEqual(homes(before));
    expect(added(mixed, shell)).toEqual(named === undefined ? {} : { AIPI_PULUMI_HOME: other });
    expect(added(homes(before).own, shell)).toEqual({ PULUMI_HOME: named ?? usual });
  });

  it('is not the one of another AIPI_HOME', () => {
    const foreign = join(folder, 'aipi2');
    mkdirSync(foreign, { recursive: true });
    writeFileSync(join(foreign, 'engine.json'), '{}');
    expect(homes({ PULUMI_HOME: join(foreign, 'pulumi') }).own).toBe(usual);
  });
});

describe('the login', () => {
  it("is the user's own, and counts with stand-ins", () => {
    logIn(usual);
    expect(added(mixed)).toEqual({ PULUMI_HOME: mixed, PULUMI_CREDENTIALS_PATH: usual });
  });

  it('goes where an ordinary pulumi puts it', () => {
    mkdirSync(usual, { recursive: true });
    expect(added(mixed)).toEqual({ PULUMI_HOME: mixed, PULUMI_CREDENTIALS_PATH: usual });
  });

  it('makes no folder that the user does not have', () => {
    expect(added(mixed)).toEqual({ PULUMI_HOME: mixed });
  });

  it('counts from a shell of ours, after the stand-ins are gone, too', () => {
    logIn(usual, '');
    logIn(mixed);
    expect(homes().logins).toBe(mixed);
    expect(added(mixed)).toEqual({ PULUMI_HOME: mixed });
    expect(added(usual)).toEqual({ PULUMI_CREDENTIALS_PATH: mixed });
    expect(homes({ PULUMI_CREDENTIALS_PATH: mixed }).logins).toBe(mixed);
  });

  it('of PULUMI_HOME is the only one where that is set', () => {
    logIn(mixed);
    expect(homes({ PULUMI_HOME: other }).logins).toBe(other);
  });

  it('is where PULUMI_CREDENTIALS_PATH says', () => {
    logIn(usual);
    const before = { PULUMI_CREDENTIALS_PATH: other };
    expect(homes(before).logins).toBe(other);
    expect(added(mixed, before)).toEqual({ PULUMI_HOME: mixed });
  });
});
