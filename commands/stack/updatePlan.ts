/**
 * Update plans, and the engines that do not keep their secrets.
 *
 * An update that differs from its plan ends with a message that quotes both, secrets in clear. From 3.262.0 on the
 * engine hides them there (pulumi/pulumi 24567). Source: changelog/3.262.0.md of pulumi/pulumi.
 */

const fixed = [3, 262] as const;

/** The options of the engine that hold an update to a plan, and the values that turn each off. */
const options: Record<string, readonly string[]> = { plan: [''], strict: ['', '0', 'f', 'false'] };
/** The commands that read them from the environment, too. */
const updates = ['up', 'update'];

/**
 * Why a command would not keep its secrets, in one sentence; undefined if it would.
 *
 * @param words what the person wrote
 * @param environment the engine reads each of its options there, too
 */
export function planRefusal(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  version: string,
): string | undefined {
  if (keepsSecrets(version)) return undefined;
  const named = asked(words, environment);
  if (named === undefined) return undefined;
  return (
    `${named} is refused: where an update differs from its plan, Pulumi ${version} prints the secrets in clear; put ` +
    `Pulumi ${fixed.join('.')}.0 or newer on PATH (https://www.pulumi.com/docs/install), or leave it out`
  );
}

function keepsSecrets(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > fixed[0] || (major === fixed[0] && minor >= fixed[1]);
}

function asked(words: readonly string[], environment: NodeJS.ProcessEnv): string | undefined {
  const isUpdate = words.some((word) => updates.includes(word));
  for (const [name, off] of Object.entries(options)) {
    const isOn = (value: string) => !off.includes(value.toLowerCase());
    const option = `--${name}`;
    const values = words.filter((word) => word.startsWith(`${option}=`)).map((word) => word.slice(option.length + 1));
    if (words.includes(option) || values.some(isOn)) return option;
    const variable = `PULUMI_OPTION_${name.toUpperCase()}`;
    if (isUpdate && isOn(environment[variable] ?? '')) return variable;
  }
  return undefined;
}
