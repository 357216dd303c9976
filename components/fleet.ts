import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import type { FleetOrder } from '../fleet/delivery';
import { type Device, fleetDigest } from '../fleet/device';
import type { DeployedFleet, Enrolment } from '../fleet/enrolment';
import { pack } from '../fleet/packing';
import { canaryId, probeAcls, probePassword } from '../fleet/probe';
import type { Role } from '../fleet/role';
import { rootSecretLength } from '../fleet/secrets';
import type { UserAcl } from '../mosquitto/acl';
import { clientHost, entranceOfDevices, type Listener } from '../mosquitto/listeners';
import type { Credential } from '../mosquitto/passwords';
import type { User } from '../mosquitto/render';
import type { ListedFleet } from '../watching/exporterSettings';
import type { AuthoritiesByKind } from './clientAuthorities';

export interface FleetArgs {
  /** Listeners of the broker; without one for devices there are no files of devices. */
  listeners: readonly Listener[];
  /** Name of the broker, as devices use it; undefined for its address. */
  serverName: string | undefined;
  /** Every device, those of the file included. */
  devices: readonly Device[];
  /** Devices of the stack's configuration alone. */
  inlineDevices: Device[];
  /** List of further devices, relative to the project's folder. */
  devicesFile: string | undefined;
  roles: Role[];
  /** Another number makes another root secret. */
  deviceSecretGeneration: number;
  maxRevokedDevicesPercent: number;
  /** Whether an exporter logs in as a device, too. */
  isWatched: boolean;
  /** Hours that a certificate of a device lasts. */
  clientCertificateValidityHours: number;
}

/**
 * The root secret that every device's password is derived from: one resource for any number of devices.
 *
 * ```
 * aipi:Fleet
 * └─ random.RandomPassword   <name>-secret   protected
 * ```
 */
export class Fleet extends pulumi.ComponentResource {
  /** What the devices that verification plays may do. */
  readonly acls: UserAcl[];
  /** The same devices with their passwords. Secret. */
  readonly probes: pulumi.Output<User[]>;
  /** Where the devices stand; null without a listener for devices. */
  readonly list: ListedFleet | null;
  /** The device that an exporter logs in as; null where it does not. Secret. */
  readonly canary: pulumi.Output<Credential | null>;
  /** What the delivery makes the devices' files from; null without a listener for devices. Secret. */
  readonly order: pulumi.Output<FleetOrder | null>;
  private readonly rootSecret: pulumi.Output<string>;

  constructor(
    name: string,
    private readonly args: FleetArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('aipi:index:Fleet', name, {}, options);
    const isOpen = entranceOfDevices(args.listeners) !== undefined;
    this.acls = isOpen ? probeAcls(args.roles, args.devices) : [];
    this.rootSecret = rootSecret(this, `${name}-secret`, args.deviceSecretGeneration);
    this.probes = this.rootSecret.apply((secret) => probes(this.acls, secret));
    this.list = isOpen ? listOf(args) : null;
    this.canary = this.rootSecret.apply((secret) =>
      isOpen && args.isWatched ? { username: canaryId, password: probePassword(secret, canaryId) } : null,
    );
    this.order = this.rootSecret.apply((secret) => (isOpen ? order(args, secret) : null));
    this.registerOutputs({});
  }

  /** All that bundles are made from; null without a listener for devices. Secret. */
  enrolment(
    certificateAuthority: pulumi.Output<string>,
    authorities: pulumi.Output<AuthoritiesByKind>,
  ): pulumi.Output<(Enrolment & { fleet: DeployedFleet }) | null> {
    const { args, rootSecret } = this;
    const listener = entranceOfDevices(args.listeners);
    if (listener === undefined) return pulumi.output(null);
    const { devices, roles } = args;
    return pulumi.all([rootSecret, certificateAuthority, authorities]).apply(([root, authority, byKind]) => ({
      host: clientHost(listener, args.serverName),
      port: listener.port,
      tls: listener.tls,
      certificateAuthority: listener.tls ? authority : '',
      clientCertificates: clientCertificates(byKind, args.clientCertificateValidityHours),
      rootSecret: root,
      roles,
      fleet: { count: devices.length, digest: fleetDigest(devices), packed: pack(devices) },
    }));
  }
}

/**
 * What certificates of devices are issued from, where a listener of theirs requires them: not only where it is the one
 * that bundles name, so that devices can have them before they need them.
 */
function clientCertificates({ devices }: AuthoritiesByKind, validityHours: number): Enrolment['clientCertificates'] {
  const issuer = devices?.[0];
  return issuer === undefined ? null : { authority: issuer, validityHours };
}

/**
 * Protected: without it no bundle can be made again, and every device would have to be visited.
 *
 * A password, because its id says nothing: Pulumi makes the id of random bytes of the bytes themselves, and ids are
 * readable in every state and display.
 */
function rootSecret(parent: pulumi.Resource, name: string, generation: number): pulumi.Output<string> {
  const secret = new random.RandomPassword(
    name,
    { length: rootSecretLength, special: false, keepers: { generation: String(generation) } },
    { parent, protect: true },
  );
  return pulumi.secret(secret.result);
}

function probes(acls: readonly UserAcl[], secret: string): User[] {
  return acls.map((acl) => ({ ...acl, password: probePassword(secret, acl.username) }));
}

function listOf({ inlineDevices, devicesFile, devices }: FleetArgs): ListedFleet {
  return { devices: inlineDevices, file: devicesFile ?? null, digest: fleetDigest(devices) };
}

function order(args: FleetArgs, secret: string): FleetOrder {
  return {
    ...listOf(args),
    roles: args.roles,
    rootSecret: secret,
    maxRevokedDevicesPercent: args.maxRevokedDevicesPercent,
    // Without an exporter it is the order of earlier versions.
    ...(args.isWatched && { isWatched: true }),
  };
}
