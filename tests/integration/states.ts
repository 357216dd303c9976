/** What every command answers in every state of a stack, as a table. */

export const states = [
  'never',
  'half',
  'running',
  'stopped',
  'removed',
  'earlier',
  'unreachable',
  'destroyed',
] as const;
export type State = (typeof states)[number];

export const commands = [
  'up',
  'preview',
  'verify',
  'outputs',
  'certificates',
  'devices',
  'provision',
  'destroy',
] as const;
export type Command = (typeof commands)[number];

export interface Cell {
  code: number;
  /** What standard error says. */
  says?: RegExp;
  /** Whether it says nothing else. */
  alone?: boolean;
  /** Whether it says nothing at all. */
  quiet?: boolean;
  /** What standard output holds; nothing where it is left out. */
  prints?: RegExp;
}

/** One sentence, and nothing for a pipeline. */
const refused = (says: RegExp): Cell => ({ code: 1, says, alone: true });
/** The answer of a command that reads, and not a word beside it. */
const answered = (prints: RegExp): Cell => ({ code: 0, quiet: true, prints });
/** An operation that the engine shows. */
const done = (prints: RegExp, says?: RegExp): Cell => ({ code: 0, prints, ...(says !== undefined && { says }) });

const notDeployed = refused(
  /^The stack "\S+" has not been deployed, or its first deployment did not come to its end; it was looked for in file:\S+ \(named by AIPI_HOME\); run: npm run up -- \S+\n$/,
);
const noDocker = refused(
  /^Docker does not answer at unix:\S+ \(no such socket\); start it there, or correct DOCKER_HOST\n$/,
);
const nothing: Cell = {
  code: 0,
  says: /^There is nothing of "\S+" to destroy in file:\S+ \(named by AIPI_HOME\)\n$/,
  alone: true,
};

const proved =
  /\n\d+ checks passed now(; the broker was replaced, and nobody could connect for \d+ ms)?\nmqtt-\d+ +mqtt:\/\//;
const destroyed = done(/Resources:\n +- \d+ deleted/);

const stack = {
  outputs: answered(/^\{"accounts":"\[secret\]",.*"endpoints":\{"mqtt-/),
  certificates: answered(/^\{\}\n$/),
  provision: answered(/^\{"version":1,"host":"127.0.0.1",.*"client_id":"pi-1"/),
};
/** Of a broker that is not there. */
const absent = (why: string) => ({
  ...stack,
  verify: {
    code: 1,
    says: new RegExp(`^✗ the broker runs: ${why}; run: npm run up -- \\S+\\n0 of 1 checks passed now\\n$`),
    prints: /^\[\{"check":"the broker runs","ok":false,/,
  },
  devices: {
    code: 1,
    says: new RegExp(`^Who is connected is unknown: ${why}; run: npm run up -- \\S+\\n$`),
    alone: true,
    prints: /^\[\{"id":"pi-1","generation":1,"role":"device","connected":null,/,
  },
});
const undeployed = {
  verify: notDeployed,
  outputs: notDeployed,
  certificates: notDeployed,
  devices: notDeployed,
  provision: notDeployed,
};
const connected = answered(/^\[\{"id":"pi-1","generation":1,"role":"device","connected":false,/);

export const table: Record<State, Record<Command, Cell>> = {
  never: {
    ...undeployed,
    up: done(/23 created/, proved),
    preview: done(/23 to create/),
    destroy: nothing,
  },
  half: {
    ...undeployed,
    up: done(/2 created/, proved),
    preview: done(/2 to create/),
    destroy: destroyed,
  },
  running: {
    ...stack,
    up: done(/23 unchanged/, proved),
    preview: done(/23 unchanged/),
    verify: { code: 0, says: /^\d+ checks passed now\n$/, alone: true, prints: /^\[\{"check":/ },
    devices: connected,
    destroy: destroyed,
  },
  stopped: {
    ...absent('the container \\S+ has stopped \\(exit code 0\\)'),
    up: done(/1 replaced/, proved),
    preview: done(/1 to replace/, /has stopped \(exit code 0\), and nobody is connected; it is made again/),
    destroy: destroyed,
  },
  removed: {
    ...absent('the container \\S+ is not there'),
    up: done(/1 created/, proved),
    preview: done(/1 to create/, /is gone, and nobody is connected; it is made again/),
    destroy: destroyed,
  },
  earlier: {
    ...stack,
    up: done(/23 unchanged/, proved),
    preview: done(/23 unchanged/),
    verify: refused(
      /^The stack "\S+" was deployed by an earlier version of this program, which does not say all that is to be proved; run: npm run up -- \S+\n$/,
    ),
    outputs: answered(/^\{"accounts":"\[secret\]",.*"endpoints":\{"mqtt-/),
    certificates: refused(
      /^The stack "\S+" was deployed by an earlier version of this program, which does not say how long its certificates last; run: npm run up -- \S+\n$/,
    ),
    devices: connected,
    destroy: destroyed,
  },
  unreachable: {
    ...stack,
    up: noDocker,
    preview: noDocker,
    verify: noDocker,
    devices: {
      code: 1,
      says: /^Who is connected is unknown: Docker does not answer at unix:\S+ \(no such socket\); start it there, or correct DOCKER_HOST\n$/,
      alone: true,
      prints: /"connected":null,/,
    },
    destroy: noDocker,
  },
  destroyed: {
    ...undeployed,
    up: done(/23 created/, proved),
    preview: done(/23 to create/),
    destroy: nothing,
  },
};
