import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { MqttBroker } from 'aipi-mqtt';

const port = new pulumi.Config().requireNumber('port');
const name = `${pulumi.getProject()}-${pulumi.getStack()}`;
const image = 'eclipse-mosquitto:2.1.2';

const broker = new MqttBroker('mqtt', {
  containerName: `${name}-broker`,
  // Containers of this stack reach the broker by its name in this network.
  network: `${name}-inside`,
  image,
  listeners: [{ port }],
  accounts: [
    { username: 'sensor', topics: ['write plant/+/temperature'] },
    { username: 'recorder', topics: ['read plant/#'] },
  ],
});

/** The password goes into a file: whoever may look at the container sees environment and arguments. */
const options = pulumi.interpolate`-h ${name}-broker
-p ${port}
-i recorder
-c
-q 1
-t plant/#
-u recorder
-P ${broker.accounts.apply(({ recorder = '' }) => recorder)}
`;

const recorder = new docker.Container(
  'recorder',
  {
    name: `${name}-recorder`,
    image,
    // The entry point of the image is for brokers.
    entrypoints: ['mosquitto_sub', '-v'],
    user: '1883:1883',
    envs: ['HOME=/recorder'],
    uploads: [{ file: '/recorder/.config/mosquitto_sub', content: options }],
    networksAdvanced: [{ name: `${name}-inside` }],
    restart: 'always',
  },
  { dependsOn: [broker] },
);

/** Where clients outside of the stack connect to. */
export const url = broker.endpoints[`mqtt-${port}`];
/** User name to password. Secret. */
export const accounts = broker.accounts;
/** Name of the container that records what sensors say; see its log. */
export const recordedBy = recorder.name;
