import type * as pulumi from '@pulumi/pulumi';
import type { ClientKind, Protocol } from '../mosquitto/listeners';
import type { loggingKeys } from '../mosquitto/logging';
import type { Level } from '../review/levelNames';
import type { KeyAlgorithm } from '../settings/schema';
import type { AlertmanagerSettings, GrafanaSettings, PrometheusSettings } from '../watching/settings';

/**
 * What a broker is made from: the keys of a stack file of this project, in the same shapes, each with the same default.
 * Paths of files are relative to the folder of the program.
 */
export interface MqttBrokerArgs {
  /**
   * Ports that answer, each with port, protocol (mqtt or websockets), bindAddress (one address or a list), tls, clients
   * (accounts or devices), requireCertificate, useIdentityAsUsername, firewall and unfiltered; without TLS only on this
   * machine unless insecurePlaintext is true.
   *
   * @default MQTT for accounts on 1883, WebSockets on 9001, MQTT for devices on 1884, all on 127.0.0.1
   */
  listeners?: readonly ListenerArgs[];
  /**
   * Networks (CIDR, IPv4 and IPv6) that may reach the listeners which other machines can reach; a listener may have its
   * own list, or unfiltered true for everybody.
   *
   * @default []
   */
  firewall?: readonly string[];
  /**
   * The most connected clients that another firewall may keep from coming back.
   *
   * @default 0
   */
  maxCutOffClients?: number;
  /**
   * DNS names that clients use for the broker; they stand in the server certificate and the first one stands in the
   * endpoints.
   *
   * @default []
   */
  dnsNames?: readonly string[];
  /**
   * IP addresses that clients use for the broker; they stand in the server certificate.
   *
   * @default []
   */
  ipAddresses?: readonly string[];
  /**
   * Kind and size of new keys, ECDSA-P256, ECDSA-P384, RSA-2048, RSA-3072 or RSA-4096; certificate authorities keep
   * theirs.
   *
   * @default "ECDSA-P256"
   */
  keyAlgorithm?: KeyAlgorithm;
  /**
   * Hours that a server certificate lasts.
   *
   * @default 8760
   */
  serverCertificateValidityHours?: number;
  /**
   * Hours before its end from which on an update renews the server certificate, and says so of one from elsewhere; a
   * third of its life at most.
   *
   * @default 720
   */
  serverCertificateEarlyRenewalHours?: number;
  /**
   * Hours that a new certificate authority lasts; one that is there keeps its own.
   *
   * @default 87600
   */
  caValidityHours?: number;
  /**
   * Generation of this stack's certificate authority that signs the server certificate; another number makes another
   * authority.
   *
   * @default 1
   */
  caGeneration?: number;
  /**
   * Generations of this stack's certificate authority that bundles and caCertificate hold; empty means the signing one
   * alone.
   *
   * @default []
   */
  trustedCaGenerations?: readonly number[];
  /**
   * Share of the devices that a step of a rollover may cut off because their present bundle has not reached them, in
   * percent.
   *
   * @default 0
   */
  maxUnreachedDevicesPercent?: number;
  /**
   * Certificate of a certificate authority of your own that signs the server certificate, with those that lead to its
   * root, as PEM or the path of a file; empty means one of this stack.
   *
   * @default ""
   */
  caCertificate?: string;
  /**
   * Its private key, as PEM (a secret) or the path of a file.
   *
   * @default ""
   */
  caPrivateKey?: pulumi.Input<string>;
  /**
   * Passphrase of that key where it is encrypted (a secret).
   *
   * @default ""
   */
  caPrivateKeyPassphrase?: pulumi.Input<string>;
  /**
   * Server certificate from elsewhere with its intermediate certificates, as PEM or the path of a file; empty means one
   * that this stack makes.
   *
   * @default ""
   */
  serverCertificate?: string;
  /**
   * Its private key, as PEM (a secret) or the path of a file.
   *
   * @default ""
   */
  serverPrivateKey?: pulumi.Input<string>;
  /**
   * Passphrase of that key where it is encrypted (a secret).
   *
   * @default ""
   */
  serverPrivateKeyPassphrase?: pulumi.Input<string>;
  /**
   * Certificates of further authorities that bundles and caCertificate hold, each as PEM or the path of a file.
   *
   * @default []
   */
  trustedCertificates?: readonly string[];
  /**
   * Generation of the authorities that issue certificates of clients, where a listener requires them.
   *
   * @default 1
   */
  clientCaGeneration?: number;
  /**
   * Generations of these authorities whose certificates are accepted; empty means the issuing one alone.
   *
   * @default []
   */
  trustedClientCaGenerations?: readonly number[];
  /**
   * Hours that a certificate of a client lasts.
   *
   * @default 17520
   */
  clientCertificateValidityHours?: number;
  /**
   * Service accounts, each with username, topics in Mosquitto's words (read, write, readwrite or deny, then a topic
   * filter) and generation (raise it by one for a new password).
   *
   * @default `aisa_server` and `aisa_rpi`, with the topics of AIPI
   */
  accounts?: readonly AccountArgs[];
  /**
   * Devices, each an id or a set of id, generation (raise it by one for a new password), role and metadata; at most
   * 1,000, and more in devicesFile.
   *
   * @default []
   */
  devices?: ReadonlyArray<string | DeviceArgs>;
  /**
   * List of further devices, a .csv, .yaml or .yml file inside the project folder, by its path relative to that folder;
   * empty means none.
   *
   * @default ""
   */
  devicesFile?: string;
  /**
   * What devices may publish and read, each with name and topics as in accounts, {id} standing for the device's own id;
   * a device that names no role has the role device.
   *
   * @default `device`, with the topics of AIPI
   */
  roles?: readonly RoleArgs[];
  /**
   * Share of the deployed devices that one update may revoke, in percent; one device may always be, all of them only at
   * 100.
   *
   * @default 20
   */
  maxRevokedDevicesPercent?: number;
  /**
   * Raise it by one for a new root secret; every device then needs a new bundle.
   *
   * @default 1
   */
  deviceSecretGeneration?: number;
  /**
   * Clients connected at once, over all listeners; the container's limit of open files follows it.
   *
   * @default 10000
   */
  maxConnections?: number;
  /**
   * Largest packet that is accepted, in bytes; a client that sends a larger one is disconnected.
   *
   * @default 2000000
   */
  maxPacketSizeBytes?: number;
  /**
   * QoS 1 and 2 messages held for each client that is away; later ones are dropped without a word, so it is sized for a
   * night at one message a second.
   *
   * @default 50000
   */
  maxQueuedMessages?: number;
  /**
   * QoS 1 and 2 messages on their way to one client at once.
   *
   * @default 20
   */
  maxInflightMessages?: number;
  /**
   * Longest keep-alive that a client may ask for, in seconds, and 0 for no limit; a dead client is noticed after one
   * and a half times its own, and one that asks for 0 or more than the limit is refused in MQTT 3.1.1 (return code 2)
   * and told the limit in MQTT 5.
   *
   * @default 600
   */
  maxKeepaliveSeconds?: number;
  /**
   * Memory that the broker may use, in MiB; beyond it new messages are refused, and the kernel ends the container at
   * twice this.
   *
   * @default 512
   */
  memoryLimitMebibytes?: number;
  /**
   * Whether sessions, queued and retained messages survive a restart.
   *
   * @default true
   */
  persistence?: boolean;
  /**
   * Seconds between writes to the database; 0 writes each change at once, so that no acknowledged message is lost.
   *
   * @default 0
   */
  persistenceFlushPeriodSeconds?: number;
  /**
   * How surely a write is on the disk; full waits for the disk itself, normal for the operating system.
   *
   * @default "full"
   */
  persistenceSync?: 'full' | 'normal';
  /**
   * Days after which the session of a client that never came back is dropped.
   *
   * @default 30
   */
  persistentClientExpirationDays?: number;
  /**
   * Kinds of messages in the log, of error, warning, notice, information, subscribe, unsubscribe, websockets and debug.
   *
   * @default ["error","warning","notice","information"]
   */
  logTypes?: readonly LogType[];
  /**
   * Whether each connect and disconnect is logged.
   *
   * @default true
   */
  connectionMessages?: boolean;
  /**
   * Size at which the container's log is rotated, in MiB.
   *
   * @default 10
   */
  logMaxSizeMebibytes?: number;
  /**
   * Rotated log files that are kept.
   *
   * @default 5
   */
  logMaxFiles?: number;
  /**
   * Further lines of mosquitto.conf, each "option value"; those that would weaken security are refused.
   *
   * @default []
   */
  extraOptions?: readonly string[];
  /**
   * Image of the broker, by exact version or by digest.
   *
   * @default "eclipse-mosquitto:2.1.2"
   */
  image?: string;
  /**
   * How the broker is run, as a container of Docker (container) or as a service of systemd with Mosquitto from the
   * packages of its machine (service).
   *
   * @default "container"
   */
  runtime?: 'container' | 'service';
  /**
   * Machine that the broker is on, such as ssh://admin@server; empty means this one.
   *
   * @default ""
   */
  host?: string;
  /**
   * Mosquitto of a service, such as 2.0 or 2.0.21; empty means 2.0. A container has the version of its image.
   *
   * @default ""
   */
  mosquittoVersion?: string;
  /**
   * Docker engine that runs the broker, such as ssh://admin@server; empty means the DOCKER_HOST of the environment or
   * this machine.
   *
   * @default ""
   */
  dockerHost?: string;
  /**
   * Name of the container and of its own Docker network, and the beginning of its volumes' names, so that another name
   * starts with empty volumes; empty means the names of project, stack and broker.
   *
   * @default ""
   */
  containerName?: string;
  /**
   * Name of an internal Docker network that is made for other containers to join and reach the broker by; empty means
   * none.
   *
   * @default ""
   */
  network?: string;
  /**
   * Whether the data volume stays when the stack is destroyed.
   *
   * @default false
   */
  retainDataOnDestroy?: boolean;
  /**
   * What npm run review may let a pipeline fail by, with failOn (a list of everybody-disconnected, access-widened,
   * listener-opened, tls-weakened, fleet-shrinks, protected-replaced, certificate-expires and drift) and
   * maxFleetShrinkPercent (share by which the fleet may shrink unseen, default 10).
   *
   * @default {}
   */
  review?: ReviewArgs;
  /**
   * Watching of the broker, with enabled (an exporter of metrics and a status page on this machine), port, image,
   * maxDeviceLabels, and prometheus, alertmanager and grafana, each null or an object.
   *
   * @default {}
   */
  monitoring?: MonitoringArgs;
  /**
   * Password of the user name that alerts are mailed as (a secret); empty means none.
   *
   * @default ""
   */
  alertEmailPassword?: pulumi.Input<string>;
  /**
   * Address that alerts go to by HTTP (a secret); empty means none.
   *
   * @default ""
   */
  alertWebhookUrl?: pulumi.Input<string>;
  /**
   * Whether what the next update compares with is kept as a secret: for args that come from an encrypted configuration.
   * No private key, passphrase or password is in it in any case.
   *
   * @default false
   */
  isRecordSecret?: boolean;
}

/** A port that answers. */
export interface ListenerArgs {
  /** TCP port, the same inside and outside the container. */
  port: number;
  /** @default mqtt */
  protocol?: Protocol;
  /** One address of the machine, or several. @default 127.0.0.1 */
  bindAddress?: string | readonly string[];
  /** @default false */
  tls?: boolean;
  /** Who logs in there. @default accounts */
  clients?: ClientKind;
  /** Whether clients must show a certificate of this broker; needs tls. @default false */
  requireCertificate?: boolean;
  /** Whether the name in that certificate is the user name and no password is asked. @default false */
  useIdentityAsUsername?: boolean;
  /** Accepts that passwords cross the network readable. @default false */
  insecurePlaintext?: boolean;
  /** Networks that may reach it, in the place of those for all listeners; null for those. @default null */
  firewall?: readonly string[] | null;
  /** Accepts that whoever finds a way to the machine reaches it. @default false */
  unfiltered?: boolean;
}

/** A service account. */
export interface AccountArgs {
  username: string;
  /** Each `read`, `write`, `readwrite` or `deny`, then a topic filter. */
  topics: readonly string[];
  /** Raise it by one for a new password. @default 1 */
  generation?: number;
}

/** A device with an identity of its own. */
export interface DeviceArgs {
  id: string;
  /** Raise it by one for a new password. @default 1 */
  generation?: number;
  /** @default device */
  role?: string;
  /** Facts about it, for lists of devices. @default {} */
  metadata?: Readonly<Record<string, string | number | boolean>>;
}

/** What devices may publish and read. */
export interface RoleArgs {
  name: string;
  /** As in accounts; `{id}` stands for the device's own id. */
  topics: readonly string[];
  /** Minutes that a device of it may be away before it counts as silent. @default 60 */
  maxSilenceMinutes?: number;
}

/** What watches a broker. */
export interface MonitoringArgs {
  /** @default false */
  enabled?: boolean;
  /** Port of the exporter, on loopback. @default 9234 */
  port?: number;
  /** Image that the exporter runs in, Node by exact version. */
  image?: string;
  /** Up to how many devices each has metrics of its own. @default 50 */
  maxDeviceLabels?: number;
  /** @default null */
  prometheus?: Partial<PrometheusSettings> | null;
  /** @default null */
  alertmanager?: Partial<AlertmanagerSettings> | null;
  /** @default null */
  grafana?: Partial<GrafanaSettings> | null;
}

export interface ReviewArgs {
  /** @default [] */
  failOn?: readonly Level[];
  /** Share by which the fleet may shrink unseen, in percent. @default 10 */
  maxFleetShrinkPercent?: number;
}

type LogType = (typeof loggingKeys)['logTypes']['words'][number];
