import * as pulumi from '@pulumi/pulumi';
import type { Authority } from '../certificates/client';
import { type Term, termOf } from '../certificates/terms';
import { type ClientKind, certifiedKinds, type Listener } from '../mosquitto/listeners';
import type { KeyAlgorithm } from '../settings/schema';
import { authority, type MadeAuthority } from './authority';

export interface ClientAuthoritiesArgs {
  /** Listeners of the broker; for kinds of clients that no listener requires a certificate of, nothing is made. */
  listeners: readonly Listener[];
  /** Of authorities that are made from now on. */
  keyAlgorithm: KeyAlgorithm;
  /** Hours; of authorities that are made from now on. */
  caValidityHours: number;
  /** Generations whose certificates are accepted, the issuing one first. */
  trustedGenerations: number[];
}

/** Authorities of each kind of client whose certificates are accepted, the issuing one first. */
export type AuthoritiesByKind = Partial<Record<ClientKind, Authority[]>>;

/**
 * What certificates of clients are issued from, on demand. Accounts and devices have authorities of their own, because
 * the common name is all that a broker looks at: a device must not pass for an account, nor choose its client id.
 *
 * ```
 * aipi:ClientAuthorities
 * ├─ tls.PrivateKey       <name>-<accounts|devices>-<generation>-key
 * └─ tls.SelfSignedCert   <name>-<accounts|devices>-<generation>
 * ```
 */
export class ClientAuthorities extends pulumi.ComponentResource {
  /** Secret. */
  readonly byKind: pulumi.Output<AuthoritiesByKind>;
  /** How long each authority lasts, by name. */
  readonly terms: pulumi.Output<Record<string, Term>>;

  constructor(name: string, args: ClientAuthoritiesArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:ClientAuthorities', name, {}, options);
    const kinds = certifiedKinds(args.listeners);
    const made = kinds.flatMap((kind) =>
      args.trustedGenerations.map((generation) => ({
        kind,
        generation,
        ...clientAuthority(this, name, kind, generation, args),
      })),
    );
    this.byKind = pulumi.secret(pulumi.output(made).apply(grouped));
    this.terms = pulumi
      .output(made.map(({ kind, generation, certificate }) => ({ kind, generation, certificate })))
      .apply((all) =>
        Object.fromEntries(
          all.map(({ kind, generation, certificate }) => [`${kind}-ca-${generation}`, termOf(certificate, 'rollover')]),
        ),
      );
    this.registerOutputs({});
  }
}

function clientAuthority(
  parent: pulumi.Resource,
  name: string,
  kind: ClientKind,
  generation: number,
  { keyAlgorithm, caValidityHours }: ClientAuthoritiesArgs,
): MadeAuthority {
  return authority(parent, `${name}-${kind}-${generation}`, {
    commonName: `AIPI MQTT ${kind} ${generation}`,
    keyAlgorithm,
    validityHours: caValidityHours,
  });
}

function grouped(made: ReadonlyArray<Authority & { kind: ClientKind }>): AuthoritiesByKind {
  const kinds = [...new Set(made.map(({ kind }) => kind))];
  return Object.fromEntries(
    kinds.map((kind) => [
      kind,
      made.filter((each) => each.kind === kind).map(({ certificate, privateKey }) => ({ certificate, privateKey })),
    ]),
  );
}
