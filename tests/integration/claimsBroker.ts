/** A throw-away broker on the product's own files, for faults that are planted into them one at a time. */

import { randomBytes, webcrypto } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { type Authority, signingKey } from '../../certificates/client';
import { fingerprintOf } from '../../certificates/facts';
import { x509 } from '../../certificates/library';
import { revocationLists } from '../../certificates/revocation';
import { termOf } from '../../certificates/terms';
import { deviceFiles } from '../../fleet/files';
import { probeAcls, probePassword } from '../../fleet/probe';
import {
  type BrokerFiles,
  brokerId,
  clientFileNames,
  currentFolder,
  fileNames,
  serverFileNames,
} from '../../mosquitto/files';
import { clientKinds } from '../../mosquitto/listeners';
import { renderFiles, type User } from '../../mosquitto/render';
import type { CheckResult } from '../../mosquitto/result';
import { planFor, type VerificationPlan, verifiedCertificates } from '../../mosquitto/verificationPlan';
import { revokedProbe, witnessAcl } from '../../mosquitto/witness';
import { BrokerHandle } from '../../operate/broker';
import { execute } from '../../operate/docker';
import { proveLive } from '../../operate/liveProof';
import { newRoot } from '../unit/openssl';
import { settingsOf } from '../unit/rawConfig';
import { docker, freePorts } from './project';

export const host = 'broker.example.org';

/** Names of the listeners: accounts without and with TLS, devices. */
export interface Places {
  plain: string;
  secured: string;
  devices: string;
}

export class ClaimsBroker {
  private constructor(
    private readonly container: Docker.Container,
    readonly files: BrokerFiles,
    readonly plan: VerificationPlan,
    readonly places: Places,
    readonly rootSecret: string,
    /** Signs certificates of the server. */
    readonly authority: Authority,
    readonly clientAuthorities: Record<'accounts' | 'devices', Authority>,
  ) {}

  /** Everything that the product would deploy for accounts, certificates of clients and devices. */
  static async start(): Promise<ClaimsBroker> {
    const [plain = 0, secured = 0, devices = 0] = await freePorts(3);
    const loopback = { bindAddress: '127.0.0.1' };
    const settings = settingsOf({
      listeners: [
        { port: plain, ...loopback },
        { port: secured, ...loopback, tls: true, requireCertificate: true },
        { port: devices, ...loopback, tls: true, clients: 'devices', requireCertificate: true },
      ],
      dnsNames: [host],
      containerName: `aipi-mqtt-claims-${plain}`,
      persistence: false,
    });
    const rootSecret = randomBytes(32).toString('base64');
    const probes = probeAcls(settings.roles, []).map((acl) => ({
      ...acl,
      password: probePassword(rootSecret, acl.username),
    }));
    const acls = [...settings.accounts, witnessAcl([...settings.accounts, ...probes])];
    const users: User[] = acls.map(({ username, rules }) => ({
      username,
      rules,
      password: randomBytes(32).toString('base64url'),
    }));
    const authority = newRoot('/CN=Claims');
    const clientAuthorities = { accounts: newRoot('/CN=Accounts'), devices: newRoot('/CN=Devices') };
    const server = await issueServer(authority, host);
    const plan = planFor(
      settings,
      users,
      probes,
      verifiedCertificates(
        authority.certificate,
        fingerprintOf(server.certificate),
        { server: termOf(server.certificate, 'update', 1) },
        { accounts: [clientAuthorities.accounts], devices: [clientAuthorities.devices] },
      ),
    );
    const files = {
      ...renderFiles(settings, users, {
        [fileNames.certificateAuthority]: authority.certificate,
        ...serverFiles(server),
      }),
      ...deviceFiles(settings.roles, [], rootSecret, undefined),
      ...(await clientFiles(clientAuthorities)),
    };
    const ports = [plain, secured, devices].map((port) => `${port}/tcp`);
    const container = await docker.createContainer({
      name: settings.containerName,
      Image: 'eclipse-mosquitto:2.1.2',
      User: `${brokerId}:${brokerId}`,
      ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
      Cmd: ['mosquitto', '-c', `${currentFolder}/${fileNames.configuration}`],
      HostConfig: {
        CapDrop: ['ALL'],
        PortBindings: Object.fromEntries(
          ports.map((port) => [port, [{ HostIp: '127.0.0.1', HostPort: port.replace('/tcp', '') }]]),
        ),
      },
    });
    const places = { plain: `mqtt-${plain}`, secured: `mqtts-${secured}`, devices: `mqtts-${devices}` };
    const broker = new ClaimsBroker(container, files, plan, places, rootSecret, authority, clientAuthorities);
    try {
      await broker.put(files);
      await container.start();
      return broker;
    } catch (error) {
      await broker.remove();
      throw error;
    }
  }

  get handle(): BrokerHandle {
    return new BrokerHandle(this.container, this.plan);
  }

  /** Gives the broker other files: by a reload, or, for what a reload does not take over, by a restart. */
  async give(changed: BrokerFiles, how: 'reload' | 'restart'): Promise<void> {
    await this.put({ ...this.files, ...changed });
    if (how === 'restart') await this.container.restart({ t: 5 });
    else await execute(this.container, ['kill', '-HUP', '1']);
    await sleep(how === 'restart' ? 500 : 200);
  }

  /** The claims that the product's proof finds not to hold, sorted. */
  async disproved(plan = this.plan): Promise<string[]> {
    return failed(await proveLive(this.handle.by(plan)));
  }

  async remove(): Promise<void> {
    await this.container.remove({ force: true, v: true });
  }

  private async put(files: BrokerFiles): Promise<void> {
    const archive = pack();
    const owner = { uid: brokerId, gid: brokerId };
    const [, ...folders] = currentFolder.split('/');
    for (const depth of folders.keys()) {
      archive.entry({ name: folders.slice(0, depth + 1).join('/'), type: 'directory', mode: 0o755, ...owner });
    }
    for (const [name, text] of Object.entries(files)) {
      archive.entry({ name: `${folders.join('/')}/${name}`, mode: 0o600, ...owner }, text);
    }
    archive.finalize();
    await this.container.putArchive(await buffer(archive), { path: '/' });
  }
}

/** Names of the claims that do not hold, sorted. */
export function failed(checks: readonly CheckResult[]): string[] {
  return checks
    .filter(({ ok }) => !ok)
    .map(({ check }) => check)
    .sort();
}

export function serverFiles({ certificate, privateKey }: Authority): BrokerFiles {
  const names = serverFileNames('ec');
  return { [names.certificate]: certificate, [names.privateKey]: privateKey };
}

/** Authorities and lists of revoked certificates, of both kinds of clients. */
export async function clientFiles(authorities: Record<'accounts' | 'devices', Authority>): Promise<BrokerFiles> {
  const files: BrokerFiles = {};
  for (const kind of clientKinds) {
    const names = clientFileNames(kind);
    files[names.authorities] = authorities[kind].certificate;
    files[names.revoked] = await revocationLists([authorities[kind]], kind, [[...revokedProbe]]);
  }
  return files;
}

const hour = 3_600_000;

/** A certificate of a server, which may have run out. */
export async function issueServer(authority: Authority, name: string, hours = 24): Promise<Authority> {
  const library = x509();
  const issuer = new library.X509Certificate(authority.certificate);
  const { key, algorithm } = await signingKey(authority.privateKey);
  const curve = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = (await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify'])) as CryptoKeyPair;
  const certificate = await library.X509CertificateGenerator.create({
    serialNumber: `40${randomBytes(15).toString('hex')}`,
    subject: [{ CN: ['broker'] }],
    issuer: issuer.subjectName,
    notBefore: new Date(Date.now() - 48 * hour),
    notAfter: new Date(Date.now() + hours * hour),
    signingAlgorithm: algorithm as EcdsaParams,
    signingKey: key,
    publicKey: keys.publicKey,
    extensions: [
      new library.BasicConstraintsExtension(false, undefined, true),
      new library.ExtendedKeyUsageExtension([library.ExtendedKeyUsage.serverAuth]),
      new library.SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
    ],
  });
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: `${library.PemConverter.encode(der, 'PRIVATE KEY')}\n`,
  };
}
