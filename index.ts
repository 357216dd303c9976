import * as pulumi from '@pulumi/pulumi';
import { Broker } from './components/broker';
import { Certificates } from './components/certificates';
import { ClientAuthorities } from './components/clientAuthorities';
import { Configuration } from './components/configuration';
import { Credentials } from './components/credentials';
import { dockerProvider } from './components/engine';
import { listed } from './components/expiry';
import { Firewall } from './components/firewall';
import { Fleet } from './components/fleet';
import { handOver } from './components/handOver';
import { Network } from './components/network';
import { known, ownerOf } from './components/owner';
import { recordFor, sayReview } from './components/review';
import { stackSettings } from './components/settings';
import { Storage } from './components/storage';
import { Verification } from './components/verification';
import { devicesOutput } from './fleet/enrolment';
import { openingsOf } from './mosquitto/firewall';
import { endpoint, listenerName, publishedAddresses } from './mosquitto/listeners';
import { networksOf } from './mosquitto/networks';
import { containerLabels } from './mosquitto/owner';
import { renderFiles, restartDigest } from './mosquitto/render';
import { planFor, usersOf, verifiedCertificates } from './mosquitto/verificationPlan';
import { witnessAcl } from './mosquitto/witness';
import { mustAnswer } from './operate/reach';
import { isTakenOver } from './operate/takenOver';

const stackFile = stackSettings();
void sayReview(stackFile);
// Certificates from elsewhere come with their keys, which only the component of that name needs.
const { certificates: certificateSettings, ...settings } = stackFile;
const { listeners, dnsNames, ipAddresses, containerName, dockerHost, image, retainDataOnDestroy } = settings;
const { keyAlgorithm, caValidityHours, clients: clientCertificates } = certificateSettings;
const provider = dockerProvider('engine', dockerHost, mustAnswer);
const providers = [provider];
const owner = ownerOf(provider);
const place = { dockerHost, container: containerName };

const serverName = dnsNames[0] ?? ipAddresses[0];
const fleet = new Fleet('fleet', {
  listeners,
  serverName,
  devices: settings.devices,
  inlineDevices: settings.inlineDevices,
  devicesFile: settings.devicesFile,
  roles: settings.roles,
  deviceSecretGeneration: settings.deviceSecretGeneration,
  maxRevokedDevicesPercent: settings.maxRevokedDevicesPercent,
  clientCertificateValidityHours: clientCertificates.validityHours,
});
const acls = [...settings.accounts, { ...witnessAcl([...settings.accounts, ...fleet.acls]), generation: 1 }];
const credentials = new Credentials('credentials', { accounts: acls });
const certificates = new Certificates('certificates', {
  listeners,
  dnsNames,
  ipAddresses,
  certificates: certificateSettings,
});
const clientAuthorities = new ClientAuthorities('client-authorities', {
  listeners,
  keyAlgorithm,
  caValidityHours,
  trustedGenerations: clientCertificates.trustedGenerations,
});
const terms = pulumi
  .all([certificates.terms, clientAuthorities.terms])
  .apply(([servers, clients]) => ({ ...servers, ...clients }));
const users = credentials.credentials.apply((known) => usersOf(acls, known));

const plan = pulumi
  .all([users, fleet.probes, certificates.verified, terms, clientAuthorities.byKind])
  .apply(([known, probes, { trusted, fingerprint, roots }, lasting, byKind]) =>
    planFor(settings, known, probes, verifiedCertificates(trusted, fingerprint, lasting, byKind, roots)),
  );

const storage = new Storage(
  'storage',
  {
    containerName,
    image,
    retainDataOnDestroy,
    owner,
    claim: async () => {
      const { claim } = await import('./operate/availability');
      await claim({ ...place, owner: await known(owner), image });
    },
  },
  { providers },
);
const configuration = new Configuration('configuration', {
  image: storage.imageId,
  volume: storage.configurationVolume,
  owner,
  restartDigest: restartDigest(settings),
  files: pulumi.all([users, certificates.files]).apply(([known, pem]) => renderFiles(settings, known, pem)),
  plan,
  fleet: fleet.order,
  authorities: clientAuthorities.byKind,
  accounts: acls.map(({ username, generation }) => [username, generation]),
  given: listeners.some(({ tls }) => tls) ? certificateSettings.given : [],
  maxUnreachedDevicesPercent: settings.maxUnreachedDevicesPercent,
});

// Before the engine is done: what changes nothing can be proved meanwhile.
handOver({ delivery: configuration.delivery });

const network = new Network(
  'network',
  {
    containerName,
    network: settings.network,
    owner,
    clear: async (name) => {
      const { clearNetwork } = await import('./operate/networks');
      await clearNetwork({ ...place, owner: await known(owner), network: name });
    },
  },
  // One that is taken over serves its clients until the files are delivered.
  { providers, dependsOn: isTakenOver(containerName) ? [configuration.delivered] : [] },
);

const openings = openingsOf(listeners, settings.firewall);
const { maxCutOffClients } = settings;
const firewall =
  openings.length === 0
    ? undefined
    : new Firewall(
        'firewall',
        { containerName, owner, networks: networksOf(settings), openings, dockerHost, maxCutOffClients },
        // Whose the broker is has been looked at then.
        { dependsOn: [storage] },
      );

const broker = new Broker(
  'broker',
  {
    containerName,
    network: settings.network,
    networks: network,
    listeners,
    limits: settings.limits,
    logging: settings.logging,
    image: storage.imageId,
    configurationVolume: storage.configurationVolume,
    dataVolume: storage.dataVolume,
    labels: owner.apply(async (whose) => {
      // The client of Docker is loaded while the engine already works.
      const { presentLabels } = await import('./operate/presentLabels');
      return containerLabels(restartDigest(settings), whose, await presentLabels(place));
    }),
    clear: async () => {
      // Loaded only where a container is created: most runs create none.
      const { clear } = await import('./operate/availability');
      await clear({ ...place, owner: await known(owner), ports: publishedAddresses(listeners) });
    },
  },
  { providers, dependsOn: [configuration.delivered, ...(firewall === undefined ? [] : [firewall.opened])] },
);

const proof = new Verification('verification', {
  plan,
  containerId: broker.containerId,
  deliveryReport: configuration.report,
  firewall: firewall?.settle(broker),
  record: recordFor(stackFile),
});

/** Listener to the URL that clients connect to. */
export const endpoints = Object.fromEntries(
  listeners.map((listener) => [listenerName(listener), endpoint(listener, serverName)]),
);
/** The certificate authorities that clients trust, PEM; empty where no listener speaks TLS. */
export const caCertificate = certificates.trusted;
/** User name to password. Secret. */
export const accounts = credentials.byUser;
/** All that the bundles of devices are made from, for `npm run provision`. Secret. */
export const enrolment = fleet.enrolment(certificates.trusted, clientAuthorities.byKind);
/** Device id to what the device is told, its password inline; for a large fleet how to get it. Secret. */
export const devices = enrolment.apply(devicesOutput);
/** Certificate to how long it lasts, from when on it should be renewed, and how. */
export const certificateTerms = terms.apply(listed);
/** When the broker was last proved, by how many checks, and what clients noticed of the deployment. */
export const verification = proof.summary;
/** Each check of that proof, for `npm run up` to show. Secret. */
export const checks = proof.checks;
/** What was delivered, for `npm run verify` to prove again. Secret. */
export const delivery = configuration.delivery;

handOver({ endpoints, verification, checks });
