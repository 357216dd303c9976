/** What is left out of the environment, because it would change what runs, what is proved, or what is shown. */

type Environment = Record<string, string | undefined>;

/** Options that only change what the engine shows, without a secret; a plan is looked at by itself. */
const shown =
  /^PULUMI_OPTION_(COLOR|DIFF|EMOJI|FULLY_QUALIFY_STACK_NAMES|LOGFLOW|LOGTOSTDERR|MESSAGE|NON_INTERACTIVE|PARALLEL|PLAN|SHOW_CONFIG|SHOW_FULL_OUTPUT|SHOW_READS|SHOW_REPLACEMENT_STEPS|SHOW_SAMES|STRICT|SUPPRESS_PERMALINK|SUPPRESS_PROGRESS|URNS)$/;

/** Variables of the engine, and why; its options can be given behind a command. Source: sdk/go/common/env of Pulumi. */
const ofEngine = [
  'PULUMI_CONFIG',
  'PULUMI_CONTINUE_ON_ERROR',
  'PULUMI_DEBUG_GRPC',
  'PULUMI_DEBUG_LANGUAGES',
  'PULUMI_DEBUG_PROVIDERS',
  'PULUMI_DISABLE_OUTPUT_VALUES',
  'PULUMI_DISABLE_PROVIDER_PREVIEW',
  'PULUMI_DISABLE_RESOURCE_REFERENCES',
  'PULUMI_DRY_RUN',
  'PULUMI_ENABLE_LEGACY_DIFF',
  'PULUMI_ENABLE_LEGACY_REFRESH_DIFF',
  'PULUMI_ENABLE_STREAMING_JSON_PREVIEW',
  'PULUMI_ERROR_OUTPUT_STRING',
  'PULUMI_EXPERIMENTAL',
  'PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER',
  'PULUMI_IGNORE_AMBIENT_PLUGINS',
  'PULUMI_RUN_PROGRAM',
  'PULUMI_SKIP_CHECKPOINTS',
];

/** Who types `pulumi` means these for it. */
const ofPerson = /^PULUMI_(OPTION_.*|STACK)$/;

/** Their libraries would print passwords and keys, go by a proxy, or not verify. NODE_DEBUG is refused in start.mjs. */
const ofLibraries = ['DEBUG', 'MQTTJS_SOCKS_PROXY', 'NODE_TLS_REJECT_UNAUTHORIZED'];

/** Options of Node that open it to a debugger, write the keys of connections to a file, or change what TLS is. */
const nodeOption = /^--(inspect|debug|tls-(min|max|keylog|cipher)|trace-tls)/;
/** Those of them whose value may be the next word. */
const withValue = /^--(inspect-port|debug-port|tls-keylog|tls-cipher-list)$/;

/**
 * Takes it out.
 *
 * @param isPlain whether a person has typed `pulumi`
 * @returns the names of what was there, for the person
 */
export function leaveOut(environment: Environment, isPlain: boolean): string[] {
  const isLeftOut = (name: string) =>
    ofEngine.includes(name) || ofLibraries.includes(name) || (!isPlain && ofPerson.test(name) && !shown.test(name));
  const names = Object.keys(environment).filter((name) => isLeftOut(name) && environment[name] !== '');
  for (const name of names) delete environment[name];
  const { left, out } = sorted(environment.NODE_OPTIONS ?? '');
  if (out.length > 0) environment.NODE_OPTIONS = left.join(' ');
  return [...names, ...out.map((option) => `${option} of NODE_OPTIONS`)];
}

/** Node takes a word in quotation marks for one. */
function sorted(options: string): { left: string[]; out: string[] } {
  const words = options.match(/(?:"(?:\\.|[^"])*"|\S)+/g) ?? [];
  const left: string[] = [];
  const out: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!nodeOption.test(word)) {
      left.push(word);
      continue;
    }
    out.push(word.split('=')[0] ?? word);
    const next = words[at + 1];
    if (withValue.test(word) && next !== undefined && !next.startsWith('-')) at += 1;
  }
  return { left, out };
}
