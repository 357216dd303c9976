import * as pulumi from '@pulumi/pulumi';
import * as tls from '@pulumi/tls';
import { type BrokerFiles, fileNames } from '../mosquitto/files';
import type { Listener } from '../mosquitto/listeners';

export interface CertificatesArgs {
  /** Listeners of the broker; without TLS on any of them nothing is made. */
  listeners: readonly Listener[];
  /** DNS names of the server certificate. */
  dnsNames: string[];
  /** IP addresses of the server certificate. */
  ipAddresses: string[];
}

const hoursPerDay = 24;
const authorityDays = 3_650;
const serverDays = 365;
const renewalDays = 30;

/**
 * A certificate authority of the stack's own, and the broker's certificate signed by it.
 *
 * ```
 * aipi:Certificates
 * ├─ tls.PrivateKey          <name>-authority-key
 * ├─ tls.SelfSignedCert      <name>-authority          valid 10 years
 * ├─ tls.PrivateKey          <name>-server-key
 * ├─ tls.CertRequest         <name>-server-request
 * └─ tls.LocallySignedCert   <name>-server             valid 1 year, renewed by an update in its last 30 days
 * ```
 */
export class Certificates extends pulumi.ComponentResource {
  /** The certificate that clients trust, PEM; empty without TLS. */
  readonly authority: pulumi.Output<string>;
  /** Certificate, key and authority as the broker reads them. Secret. */
  readonly files: pulumi.Output<BrokerFiles>;

  constructor(name: string, args: CertificatesArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Certificates', name, {}, options);
    const made = args.listeners.some((listener) => listener.tls) ? certificates(this, name, args) : nothing;
    this.authority = pulumi.output(made.authority);
    this.files = made.files;
    this.registerOutputs({});
  }
}

const nothing: { authority: pulumi.Input<string>; files: pulumi.Output<BrokerFiles> } = {
  authority: '',
  files: pulumi.output<BrokerFiles>({}),
};

function certificates(parent: pulumi.Resource, name: string, args: CertificatesArgs) {
  const authorityKey = key(parent, `${name}-authority-key`);
  const authority = selfSigned(parent, `${name}-authority`, authorityKey);
  const serverKey = key(parent, `${name}-server-key`);
  const server = signed(parent, `${name}-server`, args, serverKey, authority, authorityKey);
  const files = pulumi.all([authority.certPem, server.certPem, serverKey.privateKeyPem]).apply(
    ([certificateAuthority, certificate, privateKey]): BrokerFiles => ({
      [fileNames.certificateAuthority]: certificateAuthority,
      [fileNames.certificate]: certificate,
      [fileNames.privateKey]: privateKey,
    }),
  );
  return { authority: authority.certPem, files: pulumi.secret(files) };
}

/** ECDSA: handshakes cost a broker with thousands of devices a fraction of RSA's. */
function key(parent: pulumi.Resource, name: string): tls.PrivateKey {
  return new tls.PrivateKey(name, { algorithm: 'ECDSA', ecdsaCurve: 'P256' }, { parent });
}

/** Strict verification asks a CA for key identifiers, `cert_signing` and a subject that no leaf has. */
function selfSigned(parent: pulumi.Resource, name: string, privateKey: tls.PrivateKey): tls.SelfSignedCert {
  return new tls.SelfSignedCert(
    name,
    {
      privateKeyPem: privateKey.privateKeyPem,
      subject: { commonName: 'AIPI MQTT certificate authority', organization: 'AIPI' },
      isCaCertificate: true,
      setSubjectKeyId: true,
      setAuthorityKeyId: true,
      allowedUses: ['cert_signing', 'crl_signing'],
      validityPeriodHours: authorityDays * hoursPerDay,
    },
    { parent },
  );
}

function signed(
  parent: pulumi.Resource,
  name: string,
  args: CertificatesArgs,
  privateKey: tls.PrivateKey,
  authority: tls.SelfSignedCert,
  authorityKey: tls.PrivateKey,
): tls.LocallySignedCert {
  const request = new tls.CertRequest(
    `${name}-request`,
    {
      privateKeyPem: privateKey.privateKeyPem,
      subject: { commonName: 'AIPI MQTT broker', organization: 'AIPI' },
      dnsNames: args.dnsNames,
      ipAddresses: args.ipAddresses,
    },
    { parent },
  );
  return new tls.LocallySignedCert(
    name,
    {
      certRequestPem: request.certRequestPem,
      caCertPem: authority.certPem,
      caPrivateKeyPem: authorityKey.privateKeyPem,
      setSubjectKeyId: true,
      allowedUses: ['digital_signature', 'server_auth'],
      validityPeriodHours: serverDays * hoursPerDay,
      earlyRenewalHours: renewalDays * hoursPerDay,
    },
    { parent },
  );
}
