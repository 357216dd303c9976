/** The broker that is looked at, and how a person reaches it. */

export interface Patient {
  /** Name of its stack. */
  stack: string;
  /** Name of its container, or of its unit. */
  container: string;
  runtime: 'container' | 'service';
  /** Address of its engine where a person has to name it; undefined where `docker` finds it. */
  engine: string | undefined;
}

/** The command that brings a broker to what its stack file says, and proves it. */
export function up({ stack }: Pick<Patient, 'stack'>): string {
  return `npm run up -- ${stack}`;
}

/** A command for the container: `start`, `unpause` or `restart`; of a service what means the same. */
export function order(patient: Patient, word: 'start' | 'unpause' | 'restart'): string {
  const { container, runtime, engine } = patient;
  if (runtime === 'service') {
    const own = { start: 'enable --now', unpause: 'thaw', restart: 'restart' }[word];
    return `${login(engine)}systemctl ${own} ${container}.service`;
  }
  return dockerWords(patient, `${word} ${container}`);
}

/** A command of `docker` on the engine of the broker. */
export function dockerWords({ engine }: Pick<Patient, 'engine'>, words: string): string {
  return `docker ${engine === undefined ? '' : `-H ${engine} `}${words}`;
}

/** `systemd+ssh://USER@HOST` is reached by `ssh`. */
function login(engine: string | undefined): string {
  const [, place] = engine?.match(/^systemd\+(ssh:\/\/.*)$/) ?? [];
  return place === undefined ? '' : `ssh ${place} `;
}
