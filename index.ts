import { formerNames } from './components/formerNames';
import { handOver } from './components/handOver';
import { MqttBroker } from './components/mqttBroker';
import { stackArgs } from './components/stackArgs';
import { brokerResource } from './settings/resourceName';

const broker = new MqttBroker(brokerResource, stackArgs(), { transformations: [formerNames(brokerResource)] });

/** Listener to the URL that clients connect to. */
export const endpoints = broker.endpoints;
/** The certificate authorities that clients trust, PEM; empty where no listener speaks TLS. */
export const caCertificate = broker.caCertificate;
/** User name to password. Secret. */
export const accounts = broker.accounts;
/** All that the bundles of devices are made from, for `npm run provision`. Secret. */
export const enrolment = broker.enrolment;
/** Device id to what the device is told, its password inline; for a large fleet how to get it. Secret. */
export const devices = broker.devices;
/** Certificate to how long it lasts, from when on it should be renewed, and how. */
export const certificateTerms = broker.certificateTerms;
/** When the broker was last proved, by how many checks, and what clients noticed of the deployment. */
export const verification = broker.verification;
/** Each check of that proof, for `npm run up` to show. Secret. */
export const checks = broker.checks;
/** What was delivered, for `npm run verify` to prove again. Secret. */
export const delivery = broker.delivery;
/** What watches the broker to its URL on the machine of the broker. */
export const monitoring = broker.monitoring;
/** First password of the user name "admin" of Grafana; null without it. Secret. */
export const grafanaPassword = broker.grafanaPassword;

// Before the engine is done: what changes nothing can be proved meanwhile.
handOver({ delivery });
handOver({ endpoints, verification, checks });
