import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import type { Account } from '../mosquitto/accounts';
import type { Credential } from '../mosquitto/passwords';

export interface CredentialsArgs {
  /** Users that get a password each; a raised generation gives a new one. */
  accounts: ReadonlyArray<Pick<Account, 'username' | 'generation'>>;
}

/**
 * A generated password for each service account.
 *
 * ```
 * aipi:Credentials
 * └─ random.RandomPassword   <name>-password-<username>
 * ```
 */
export class Credentials extends pulumi.ComponentResource {
  /** User and password of each account, in the order of the accounts. Secret. */
  readonly credentials: pulumi.Output<Credential[]>;
  /** User name to password. Secret. */
  readonly byUser: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: CredentialsArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Credentials', name, {}, options);
    this.credentials = pulumi.secret(
      pulumi.all(args.accounts.map((account) => credential(this, `${name}-password`, account))),
    );
    this.byUser = this.credentials.apply((known) =>
      Object.fromEntries(known.map(({ username, password }) => [username, password])),
    );
    this.registerOutputs({});
  }
}

/** 43 letters and digits hold 256 bits. Without special characters a password survives every shell and URL. */
function credential(
  parent: pulumi.Resource,
  name: string,
  { username, generation }: CredentialsArgs['accounts'][number],
): pulumi.Output<Credential> {
  const password = new random.RandomPassword(
    `${name}-${username}`,
    { length: 43, special: false, keepers: { generation: String(generation) } },
    { parent },
  );
  return pulumi.output({ username, password: password.result });
}
