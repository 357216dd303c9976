/** What a person asked for. */

export interface Options {
  /** JSON alone on standard output. */
  json?: boolean;
  /** Every check, not only those that failed. */
  checks?: boolean;
  /** `up` does nothing as long as no certificate asks for it. */
  onlyIfDue?: boolean;
  /** `up` takes the broker of another stack or state. */
  takeOver?: boolean;
  showSecrets?: boolean;
  /** Every device. */
  all?: boolean;
  /** The generation after the present one. */
  next?: boolean;
  /** An account in the place of devices. */
  account?: string;
  /** A system that the broker is handed over to, in the place of devices. */
  broker?: string;
  /** Folder for bundles. */
  out?: string;
  format?: string;
  /** Revision that a review compares with. */
  base?: string;
  /** Where a review finds what is deployed: `state` or `base`. */
  from?: string;
  /** Levels that a review fails by, with commas between them. */
  failOn?: string;
  /** A review looks at the broker, too. */
  look?: boolean;
  /** File for a page. */
  html?: string;
  /** `status` goes on until it is ended. */
  watch?: boolean;
  /** `log` goes on with each new line. */
  follow?: boolean;
  /** From when on a log is wanted, as a person writes it. */
  since?: string;
}

export interface Asked {
  /** Name of the npm script. */
  command: string;
  /** `dev` where none is named. */
  stack: string;
  options: Options;
  /** Ids of devices, a user with an action and a topic, parts of paths of suites, or what goes to the engine as it is. */
  words: string[];
  /** Values of the configuration for this one command, each as KEY=VALUE. */
  once?: readonly string[];
}
