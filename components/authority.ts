import type * as pulumi from '@pulumi/pulumi';
import * as tls from '@pulumi/tls';
import type { KeyAlgorithm } from '../settings/schema';

/** A certificate authority that a stack has made. */
export interface MadeAuthority {
  /** PEM. */
  certificate: pulumi.Output<string>;
  /** PEM. Secret. */
  privateKey: pulumi.Output<string>;
}

export interface AuthorityArgs {
  commonName: string;
  keyAlgorithm: KeyAlgorithm;
  validityHours: number;
  /** Names of the same resources in earlier versions, key and certificate. */
  formerly?: readonly [key: string, certificate: string];
}

/**
 * Makes a certificate authority: `<name>-key` and `<name>`.
 *
 * Once made it stays as it is, whatever the configuration says of new ones: another certificate would cut off every
 * client, so only another generation makes one.
 */
export function authority(parent: pulumi.Resource, name: string, args: AuthorityArgs): MadeAuthority {
  const [formerKey, formerCertificate] = args.formerly ?? [];
  const key = privateKey(
    `${name}-key`,
    args.keyAlgorithm,
    kept(parent, formerKey, ['algorithm', 'ecdsaCurve', 'rsaBits']),
  );
  const certificate = new tls.SelfSignedCert(
    name,
    {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName: args.commonName, organization: 'AIPI' },
      isCaCertificate: true,
      // Strict verification asks for both identifiers, and for a subject that no leaf has.
      setSubjectKeyId: true,
      setAuthorityKeyId: true,
      allowedUses: ['cert_signing', 'crl_signing'],
      validityPeriodHours: args.validityHours,
    },
    kept(parent, formerCertificate, ['validityPeriodHours', 'subject']),
  );
  return { certificate: certificate.certPem, privateKey: key.privateKeyPem };
}

/** A private key of the given kind. */
export function privateKey(name: string, algorithm: KeyAlgorithm, options: pulumi.CustomResourceOptions) {
  const [kind = '', size = ''] = algorithm.split('-');
  const shape = kind === 'RSA' ? { rsaBits: Number(size) } : { ecdsaCurve: size };
  return new tls.PrivateKey(name, { algorithm: kind, ...shape }, options);
}

function kept(parent: pulumi.Resource, former: string | undefined, ignoreChanges: string[]) {
  return { parent, ignoreChanges, ...(former !== undefined && { aliases: [{ name: former }] }) };
}
