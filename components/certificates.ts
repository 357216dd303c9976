import * as pulumi from '@pulumi/pulumi';
import * as tls from '@pulumi/tls';
import { fingerprintOf } from '../certificates/facts';
import { namedAuthorities } from '../certificates/givenNames';
import { rootsOf } from '../certificates/paths';
import { certificatesOf } from '../certificates/pem';
import { earlyRenewal, type Term, termOf } from '../certificates/terms';
import { type BrokerFiles, fileNames, serverFileNames } from '../mosquitto/files';
import type { Listener } from '../mosquitto/listeners';
import type { CertificateSettings } from '../settings/certificates';
import { authority, type MadeAuthority, privateKey } from './authority';
import type { GivenCertificate } from './settings';

export interface CertificatesArgs {
  /** Listeners of the broker; without TLS on any of them nothing is made. */
  listeners: readonly Listener[];
  /** DNS names of the server certificate. */
  dnsNames: string[];
  /** IP addresses of the server certificate. */
  ipAddresses: string[];
  certificates: CertificateSettings<GivenCertificate>;
}

/** The certificate that clients must be shown. */
export interface VerifiedServer {
  /** The certificates that clients trust, PEM; empty without TLS. */
  trusted: string;
  /** SHA-256 of the server's certificate, in hex; null without TLS. */
  fingerprint: string | null;
  /** SHA-256 of each root that it leads to, in hex. */
  roots: string[];
}

/**
 * What the broker shows to clients, and what they trust it by. A generation of the authority is there as long as
 * bundles hold it; with an authority or a certificate from elsewhere, what that takes the place of is not made.
 *
 * ```
 * aipi:Certificates
 * ├─ tls.PrivateKey          <name>-authority-<generation>-key
 * ├─ tls.SelfSignedCert      <name>-authority-<generation>
 * ├─ tls.PrivateKey          <name>-server-key
 * ├─ tls.CertRequest         <name>-server-request
 * └─ tls.LocallySignedCert   <name>-server             renewed by an update in its last hours
 * ```
 */
export class Certificates extends pulumi.ComponentResource {
  /** The certificates that clients trust, PEM, that of the signer first; empty without TLS. */
  readonly trusted: pulumi.Output<string>;
  /** Certificate, key and authorities as the broker reads them. Secret. */
  readonly files: pulumi.Output<BrokerFiles>;
  /** What verification compares with. */
  readonly verified: pulumi.Output<VerifiedServer>;
  /** How long each certificate lasts, by name. */
  readonly terms: pulumi.Output<Record<string, Term>>;

  constructor(name: string, args: CertificatesArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Certificates', name, {}, options);
    const isUsed = args.listeners.some((listener) => listener.tls);
    const made = isUsed ? certificates(this, name, args) : undefined;
    this.trusted = made?.trusted ?? pulumi.output('');
    this.files = pulumi.secret(made?.files ?? pulumi.output<BrokerFiles>({}));
    this.verified = made?.verified ?? pulumi.output({ trusted: '', fingerprint: null, roots: [] });
    this.terms = pulumi.output(made?.terms ?? {});
    this.registerOutputs({});
  }
}

function certificates(parent: pulumi.Resource, name: string, args: CertificatesArgs) {
  const settings = args.certificates;
  const own = settings.trustedCaGenerations.map((generation) => ({
    generation,
    ...ownAuthority(parent, name, generation, settings),
  }));
  const server =
    settings.givenServer === null
      ? signed(parent, `${name}-server`, args, signerOf(settings, own))
      : fromElsewhere(settings.givenServer);
  const anchors = [...(settings.givenAuthority?.anchors ?? []), ...(settings.givenServer?.anchors ?? [])];
  const trusted = pulumi
    .all(own.map(({ certificate }) => certificate))
    .apply((pems) => unique([...anchors, ...pems, ...settings.trustedCertificates]).join(''));
  const names = serverFileNames(settings.serverKeyType);
  const files = pulumi.all([trusted, server.certificate, server.intermediates, server.privateKey]).apply(
    ([authorities, certificate, intermediates, key]): BrokerFiles => ({
      [fileNames.certificateAuthority]: authorities,
      [names.certificate]: certificate + intermediates,
      [names.privateKey]: key,
    }),
  );
  const verified = pulumi
    .all([trusted, server.certificate, server.intermediates])
    .apply(([pems, certificate, intermediates]): VerifiedServer => {
      const roots = rootsOf([certificate, ...certificatesOf(intermediates)], certificatesOf(pems));
      return { trusted: pems, fingerprint: fingerprintOf(certificate), roots };
    });
  return { trusted, files, verified, terms: termsOf(settings, own, server.certificate) };
}

type OwnAuthority = MadeAuthority & { generation: number };

function ownAuthority(
  parent: pulumi.Resource,
  name: string,
  generation: number,
  { keyAlgorithm, caValidityHours }: CertificateSettings<GivenCertificate>,
): MadeAuthority {
  const isFirst = generation === 1;
  return authority(parent, `${name}-authority-${generation}`, {
    // Authorities with the same subject would be mistaken for each other.
    commonName: `AIPI MQTT certificate authority${isFirst ? '' : ` ${generation}`}`,
    keyAlgorithm,
    validityHours: caValidityHours,
    ...(isFirst && { formerly: [`${name}-authority-key`, `${name}-authority`] as const }),
  });
}

/** A certificate with its key, and what stands between it and a root when it is shown. */
interface Chained extends MadeAuthority {
  intermediates: string;
}

function signerOf({ givenAuthority }: CertificateSettings<GivenCertificate>, own: readonly OwnAuthority[]): Chained {
  if (givenAuthority !== null) {
    const { certificate, intermediates, anchor } = givenAuthority;
    return {
      certificate: pulumi.output(certificate),
      privateKey: pulumi.secret(givenAuthority.privateKey),
      intermediates: (certificate === anchor ? '' : certificate) + intermediates,
    };
  }
  const [signer] = own;
  if (signer === undefined) throw new pulumi.RunError('no certificate authority signs; write "caGeneration"');
  return { ...signer, intermediates: '' };
}

function fromElsewhere({ certificate, intermediates, privateKey: key }: GivenCertificate): Chained {
  return { certificate: pulumi.output(certificate), privateKey: pulumi.secret(key), intermediates };
}

function signed(parent: pulumi.Resource, name: string, args: CertificatesArgs, signer: Chained): Chained {
  const { keyAlgorithm, server } = args.certificates;
  const key = privateKey(`${name}-key`, keyAlgorithm, { parent });
  const request = new tls.CertRequest(
    `${name}-request`,
    {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName: 'AIPI MQTT broker', organization: 'AIPI' },
      dnsNames: args.dnsNames,
      ipAddresses: args.ipAddresses,
    },
    { parent },
  );
  const certificate = new tls.LocallySignedCert(
    name,
    {
      certRequestPem: request.certRequestPem,
      caCertPem: signer.certificate,
      caPrivateKeyPem: signer.privateKey,
      setSubjectKeyId: true,
      allowedUses: ['digital_signature', 'server_auth'],
      validityPeriodHours: server.validityHours,
      earlyRenewalHours: earlyRenewal(server.validityHours, server.earlyRenewalHours),
    },
    { parent },
  );
  return {
    certificate: certificate.certPem,
    privateKey: key.privateKeyPem,
    intermediates: signer.intermediates,
  };
}

function termsOf(
  settings: CertificateSettings<GivenCertificate>,
  own: readonly OwnAuthority[],
  server: pulumi.Output<string>,
): pulumi.Output<Record<string, Term>> {
  const { givenServer } = settings;
  const early = settings.server.earlyRenewalHours;
  const others = namedAuthorities(settings);
  return pulumi.all([server, pulumi.all(own.map(({ certificate }) => certificate))]).apply(
    ([serverPem, pems]): Record<string, Term> => ({
      server: termOf(serverPem, givenServer === null ? 'update' : 'elsewhere', early),
      ...Object.fromEntries(pems.map((pem, index) => [`ca-${own[index]?.generation}`, termOf(pem, 'rollover')])),
      ...Object.fromEntries(others.map(([name, pem]) => [name, termOf(pem, 'rollover')])),
    }),
  );
}

/** Each certificate once, whatever stands around it. */
function unique(pems: readonly string[]): string[] {
  const all = pems.flatMap(certificatesOf);
  return [...new Map(all.map((pem) => [fingerprintOf(pem), pem])).values()];
}
