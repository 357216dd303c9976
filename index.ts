import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { Broker } from './components/broker';
import { Certificates } from './components/certificates';
import { Configuration } from './components/configuration';
import { Credentials } from './components/credentials';
import { stackSettings } from './components/settings';
import { Storage } from './components/storage';
import { Verification } from './components/verification';
import { endpoint, listenerName } from './mosquitto/listeners';
import { planFor, usersOf } from './mosquitto/plan';
import { renderFiles, restartDigest } from './mosquitto/render';
import { witnessAcl } from './mosquitto/witness';

const settings = stackSettings();
const engine = new docker.Provider('engine', { host: settings.dockerHost });
const providers = [engine];

const acls = [...settings.accounts, { ...witnessAcl(settings.accounts), generation: 1 }];
const credentials = new Credentials('credentials', { accounts: acls });
const certificates = new Certificates('certificates', settings);
const users = credentials.credentials.apply((known) => usersOf(acls, known));

const plan = pulumi
  .all([users, certificates.authority])
  .apply(([known, authority]) => planFor(settings, known, authority));

const storage = new Storage('storage', settings, { providers });
const configuration = new Configuration('configuration', {
  image: storage.imageId,
  volume: storage.configurationVolume,
  restartDigest: restartDigest(settings),
  files: pulumi.all([users, certificates.files]).apply(([known, pem]) => renderFiles(settings, known, pem)),
  plan,
});

const broker = new Broker(
  'broker',
  {
    ...settings,
    image: storage.imageId,
    configurationVolume: storage.configurationVolume,
    dataVolume: storage.dataVolume,
    restartDigest: restartDigest(settings),
    clear: async () => {
      // Loaded only where a container is created: most runs create none.
      const { clear } = await import('./operate/clearance');
      await clear({ dockerHost: settings.dockerHost, container: settings.containerName, ports: settings.listeners });
    },
  },
  { providers, dependsOn: configuration.delivered },
);

const proof = new Verification('verification', {
  plan,
  containerId: broker.containerId,
  deliveryReport: configuration.report,
});

const serverName = settings.dnsNames[0] ?? settings.ipAddresses[0];
/** Listener to the URL that clients connect to. */
export const endpoints = Object.fromEntries(
  settings.listeners.map((listener) => [listenerName(listener), endpoint(listener, serverName)]),
);
/** The certificate authority that clients trust, PEM; empty where no listener speaks TLS. */
export const caCertificate = certificates.authority;
/** User name to password. Secret. */
export const accounts = credentials.byUser;
/** When the broker was last proved, how many checks passed, and of how many. */
export const verification = proof.summary;
/** Each check of that proof, for `npm run up` to show. Secret. */
export const checks = proof.checks;
/** What was delivered, for `npm run verify` to prove again. Secret. */
export const delivery = configuration.delivery;
