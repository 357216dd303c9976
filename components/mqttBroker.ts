import * as pulumi from '@pulumi/pulumi';
import type { Delivery } from '../fleet/delivery';
import { devicesOutput } from '../fleet/enrolment';
import { openingsOf } from '../mosquitto/firewall';
import { endpoint, listenerName } from '../mosquitto/listeners';
import { monitoringUsername } from '../mosquitto/monitoring';
import { networksOf } from '../mosquitto/networks';
import { renderFiles, restartDigest, type User } from '../mosquitto/render';
import type { CheckResult } from '../mosquitto/result';
import { planFor, usersOf, type VerificationPlan, verifiedCertificates } from '../mosquitto/verificationPlan';
import { witnessAcl } from '../mosquitto/witness';
import { watcherAddresses, watcherContainer } from '../watching/containers';
import { exporterSettings } from '../watching/exporterSettings';
import { watchedOf } from '../watching/watched';
import { Certificates } from './certificates';
import { ClientAuthorities } from './clientAuthorities';
import { Configuration } from './configuration';
import { Credentials } from './credentials';
import { type ListedTerm, listed } from './expiry';
import { Exporter } from './exporter';
import { Firewall } from './firewall';
import { Fleet } from './fleet';
import { MonitoringNetworks } from './monitoring/networks';
import { type Services, services } from './monitoring/services';
import type { MqttBrokerArgs } from './mqttBrokerArgs';
import type { Place, PlacedBroker } from './place/place';
import { placeOf } from './place/placeOf';
import { recordFor, sayReview } from './review';
import { type BrokerSettings, brokerSettings } from './settings';
import { mustBeApart } from './siblings';
import { Verification, type VerificationSummary } from './verification';

/**
 * A Mosquitto broker that is secured, delivered without putting anybody out where that is possible, and proved by real
 * MQTT.
 *
 * ```
 * aipi:MqttBroker
 * ├─ aipi:Fleet               <name>-fleet                what the passwords of devices are derived from
 * ├─ aipi:Credentials         <name>-credentials          a password for each account
 * ├─ aipi:Certificates        <name>-certificates         what the broker shows to clients
 * ├─ aipi:ClientAuthorities   <name>-client-authorities   what certificates of clients are issued from
 * ├─ docker.Provider          <name>-engine               the engine that the broker is on
 * ├─ aipi:Storage             <name>-storage              image and volumes
 * ├─ aipi:Configuration       <name>-configuration        the files, rehearsed and delivered
 * ├─ aipi:Network             <name>-network              the broker's own one, and that which others join
 * ├─ aipi:Firewall            <name>-firewall             where anything is open to other machines
 * ├─ aipi:Broker              <name>-broker               the container
 * ├─ aipi:MonitoringNetworks  <name>-monitoring           those of what watches it; this and the next where configured
 * ├─ aipi:Exporter            <name>-exporter             what tells of it
 * ├─ aipi:Prometheus          <name>-prometheus           what gathers that, and alerts
 * ├─ aipi:Alertmanager        <name>-alertmanager         what sends alerts on
 * ├─ aipi:Grafana             <name>-grafana              what draws it
 * └─ aipi:Verification        <name>-verification         the proof
 * ```
 */
export class MqttBroker extends pulumi.ComponentResource {
  /** Listener to the URL that clients connect to. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** The certificate authorities that clients trust, PEM; empty where no listener speaks TLS. */
  readonly caCertificate: pulumi.Output<string>;
  /** User name to password. Secret. */
  readonly accounts: pulumi.Output<Record<string, string>>;
  /** All that the bundles of devices are made from; null without a listener for devices. Secret. */
  readonly enrolment: ReturnType<Fleet['enrolment']>;
  /** Device id to what the device is told, its password inline; for a large fleet how to get it. Secret. */
  readonly devices: pulumi.Output<ReturnType<typeof devicesOutput>>;
  /** Certificate to how long it lasts, from when on it should be renewed, and how. */
  readonly certificateTerms: pulumi.Output<Record<string, ListedTerm>>;
  /** When the broker was last proved, by how many checks, and what clients noticed of the deployment. */
  readonly verification: pulumi.Output<VerificationSummary>;
  /** Each check of that proof. Secret only so that an update does not print all of them. */
  readonly checks: pulumi.Output<CheckResult[]>;
  /** What was delivered. Secret. */
  readonly delivery: pulumi.Output<Delivery>;
  /** What watches the broker to its URL on the machine of the broker. */
  readonly monitoring: Readonly<Record<string, string>>;
  /** First password of the user name "admin" of Grafana; null without it. Secret. */
  readonly grafanaPassword: pulumi.Output<string | null>;

  constructor(name: string, args: MqttBrokerArgs = {}, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:MqttBroker', name, {}, options);
    const settings = brokerSettings(name, args);
    mustBeApart(name, settings);
    void sayReview(this, name, settings);
    const clients = clientsOf(this, name, settings);
    const certificates = certificatesOf(this, name, settings);
    const plan = planOf(settings, clients, certificates);
    const place = placeOf(this, name, settings);
    const configuration = configurationOf(this, name, settings, clients, certificates, plan, place);
    const firewall = firewallOf(this, name, settings, place);
    const broker = place.broker(configuration.delivered, firewall === undefined ? [] : [firewall.opened]);
    const record = recordFor(settings, args.isRecordSecret ?? false);
    const proof = proofOf(this, name, plan, configuration, firewall, broker, record);
    const watchers = watch(this, name, settings, clients, certificates, configuration, place, broker);

    this.endpoints = endpointsOf(settings);
    this.caCertificate = certificates.server.trusted;
    this.accounts = clients.credentials.byUser;
    this.enrolment = clients.fleet.enrolment(certificates.server.trusted, certificates.clients.byKind);
    this.devices = this.enrolment.apply(devicesOutput);
    this.certificateTerms = certificates.terms.apply(listed);
    this.verification = proof.summary;
    this.checks = proof.checks;
    this.delivery = configuration.delivery;
    this.monitoring = watcherAddresses(settings.monitoring);
    this.grafanaPassword = watchers?.grafana?.password ?? pulumi.secret(null);
    // What the next review compares with, whoever else hands it over.
    this.registerOutputs({ certificateTerms: certificates.terms });
  }
}

type Clients = ReturnType<typeof clientsOf>;

/** Who may log in, and by which password. */
function clientsOf(parent: pulumi.Resource, name: string, settings: BrokerSettings) {
  const fleet = new Fleet(
    `${name}-fleet`,
    {
      listeners: settings.listeners,
      serverName: serverNameOf(settings),
      devices: settings.devices,
      inlineDevices: settings.inlineDevices,
      devicesFile: settings.devicesFile,
      roles: settings.roles,
      deviceSecretGeneration: settings.deviceSecretGeneration,
      maxRevokedDevicesPercent: settings.maxRevokedDevicesPercent,
      isWatched: settings.monitoring.enabled,
      clientCertificateValidityHours: settings.certificates.clients.validityHours,
    },
    { parent },
  );
  const acls = [...settings.accounts, { ...witnessAcl([...settings.accounts, ...fleet.acls]), generation: 1 }];
  const credentials = new Credentials(`${name}-credentials`, { accounts: acls }, { parent });
  const users = credentials.credentials.apply((known) => usersOf(acls, known));
  return { fleet, acls, credentials, users };
}

type AllCertificates = ReturnType<typeof certificatesOf>;

/** The certificates of the server, and what those of clients are issued from. */
function certificatesOf(parent: pulumi.Resource, name: string, settings: BrokerSettings) {
  const { listeners, dnsNames, ipAddresses, certificates } = settings;
  const { keyAlgorithm, caValidityHours } = certificates;
  const { trustedGenerations } = certificates.clients;
  const server = new Certificates(
    `${name}-certificates`,
    { listeners, dnsNames, ipAddresses, certificates },
    { parent },
  );
  const clients = new ClientAuthorities(
    `${name}-client-authorities`,
    { listeners, keyAlgorithm, caValidityHours, trustedGenerations },
    { parent },
  );
  const terms = pulumi.all([server.terms, clients.terms]).apply(([ofServer, others]) => ({ ...ofServer, ...others }));
  return { server, clients, terms };
}

/** Who may do what, and where the broker is reached. */
function planOf(
  { certificates: _, ...settings }: BrokerSettings,
  { users, fleet }: Clients,
  { server, clients, terms }: AllCertificates,
): pulumi.Output<VerificationPlan> {
  return pulumi
    .all([users, fleet.probes, server.verified, terms, clients.byKind])
    .apply(([known, probes, { trusted, fingerprint, roots }, lasting, byKind]) =>
      planFor(settings, known, probes, verifiedCertificates(trusted, fingerprint, lasting, byKind, roots)),
    );
}

function configurationOf(
  parent: pulumi.Resource,
  name: string,
  // Certificates from elsewhere come with their keys, which nothing else needs.
  { certificates: { given }, ...settings }: BrokerSettings,
  { users, fleet, acls }: Clients,
  { server, clients }: AllCertificates,
  plan: pulumi.Output<VerificationPlan>,
  place: Place,
): Configuration {
  return new Configuration(
    `${name}-configuration`,
    {
      image: place.image,
      volume: place.configurationVolume,
      owner: place.owner,
      restartDigest: restartDigest(settings),
      files: pulumi
        .all([users, server.files])
        .apply(([known, pem]: [User[], Record<string, string>]) => renderFiles(settings, known, pem)),
      plan,
      fleet: fleet.order,
      authorities: clients.byKind,
      accounts: acls.map(({ username, generation }) => [username, generation]),
      given: settings.listeners.some(({ tls }) => tls) ? given : [],
      maxUnreachedDevicesPercent: settings.maxUnreachedDevicesPercent,
    },
    { parent },
  );
}

/** None where nothing is open to other machines. */
function firewallOf(
  parent: pulumi.Resource,
  name: string,
  settings: BrokerSettings,
  place: Place,
): Firewall | undefined {
  const { containerName, dockerHost, maxCutOffClients } = settings;
  const openings = openingsOf(settings.listeners, settings.firewall);
  if (openings.length === 0) return undefined;
  return new Firewall(
    `${name}-firewall`,
    {
      containerName,
      owner: place.owner,
      networks: settings.runtime === 'service' ? [] : networksOf(settings),
      openings,
      dockerHost,
      maxCutOffClients,
    },
    { parent, dependsOn: [place.storage] },
  );
}

function proofOf(
  parent: pulumi.Resource,
  name: string,
  plan: pulumi.Output<VerificationPlan>,
  { report }: Configuration,
  firewall: Firewall | undefined,
  broker: PlacedBroker,
  record: pulumi.Input<string>,
): Verification {
  return new Verification(
    `${name}-verification`,
    {
      plan,
      containerId: broker.id,
      deliveryReport: report,
      firewall: firewall?.settle(broker.resource),
      record,
    },
    { parent },
  );
}

/** What tells of the broker; nothing where nobody asks for it. */
function watch(
  parent: pulumi.Resource,
  name: string,
  settings: BrokerSettings,
  { credentials, fleet }: Clients,
  { server }: AllCertificates,
  { report }: Configuration,
  { owner }: Place,
  { surroundings, resource }: PlacedBroker,
): Services | undefined {
  const { containerName, monitoring, dockerHost } = settings;
  if (!monitoring.enabled || surroundings === undefined) return undefined;
  const { network, dataVolume, providers, exporterProgram, clear, claimVolume, clearNetwork } = surroundings;
  const watched = watchedOf(pulumi.getStack(), settings);
  const networks = new MonitoringNetworks(
    `${name}-monitoring`,
    { containerName, monitoring, owner, clear: clearNetwork },
    { parent, providers },
  );
  new Exporter(
    `${name}-exporter`,
    {
      containerName,
      image: monitoring.image,
      port: monitoring.port,
      program: exporterProgram(),
      owner,
      networks: [network, networks.watching],
      dataVolume,
      order: pulumi
        .all([credentials.byUser, fleet.canary, fleet.list, server.verified, report])
        .apply(([passwords, canary, list, verified, delivered]) => ({
          dockerHost: dockerHost ?? null,
          settings: exporterSettings(settings, pulumi.getStack(), {
            password: passwords[monitoringUsername] ?? '',
            device: canary,
            certificateAuthority: verified.trusted,
            serverFingerprint: verified.fingerprint,
            certificateRenewalDays: watched.certificateRenewalDays,
            report: JSON.parse(delivered),
          }),
          fleet: list,
        })),
      clear: () => clear(watcherContainer(containerName, 'exporter')),
    },
    { parent, providers, dependsOn: [resource] },
  );
  const room = {
    containerName,
    owner,
    dockerHost,
    clear: async (container: string, volume?: string) => {
      if (volume !== undefined) await claimVolume(volume, container);
      await clear(container);
    },
  };
  return services(name, { ...room, watched, networks, secrets: settings.alertSecrets }, { parent, providers });
}

function endpointsOf(settings: BrokerSettings): Record<string, string> {
  const serverName = serverNameOf(settings);
  return Object.fromEntries(
    settings.listeners.map((listener) => [listenerName(listener), endpoint(listener, serverName)]),
  );
}

/** Name of the broker, as clients use it; undefined for its address. */
function serverNameOf({ dnsNames, ipAddresses }: BrokerSettings): string | undefined {
  return dnsNames[0] ?? ipAddresses[0];
}
