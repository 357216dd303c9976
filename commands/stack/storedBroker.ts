/** What runs the broker as the state of a stack alone has it: a container, or a service of its machine. */

import type { DeployedContainer } from '../../change/drift';
import type { Labels } from '../../mosquitto/owner';
import { restartDigestLabel } from '../../mosquitto/reload';
import type { UnitRecord } from '../../mosquitto/unit';
import type { UnitOrder } from '../../operate/service/serviceOrder';
import { type StoredResource, stored } from './state';
import { containerIn, milliseconds } from './storedContainer';

/** The resource whose replacement is another broker; undefined where none was made. */
export function brokerResourceIn(resources: readonly StoredResource[]): StoredResource | undefined {
  return serviceIn(resources) ?? containerResourceIn(resources);
}

function containerResourceIn(resources: readonly StoredResource[]): StoredResource | undefined {
  return stored(resources, 'docker:index/container:Container', 'broker-container');
}

/** What the engine has made; undefined where it has made none. */
export function brokerIn(resources: readonly StoredResource[]): DeployedContainer | undefined {
  const service = serviceIn(resources);
  const order = orderOf(service);
  if (service === undefined || order === undefined) return containerIn(resources);
  const { labels, options } = order;
  const { id } = JSON.parse(String(service.outputs?.stdout ?? '{}')) as { id?: string };
  const restartDigest = labels[restartDigestLabel];
  return { id: id ?? '', image: options.image, restartDigest, madeAt: milliseconds(service.created), options };
}

/** What a service was made with; undefined where there is none. */
export function unitIn(resources: readonly StoredResource[]): UnitRecord | undefined {
  const order = unitOrderIn(resources);
  return order && { labels: order.labels, options: order.options };
}

/** Name and labels of the broker; undefined where none was made. */
export function labelsIn(resources: readonly StoredResource[]): { name: string; labels: Labels } | undefined {
  const order = unitOrderIn(resources);
  if (order !== undefined) return { name: order.options.name, labels: order.labels };
  const inputs = containerResourceIn(resources)?.inputs;
  if (inputs === undefined) return undefined;
  const labels = (inputs.labels ?? []) as Array<{ label: string; value: string }>;
  return { name: String(inputs.name), labels: Object.fromEntries(labels.map(({ label, value }) => [label, value])) };
}

/** The resource that makes a machine ready for a service, which names its owner, too. */
export function installationIn(resources: readonly StoredResource[]): StoredResource | undefined {
  return stored(resources, 'command:local:Command', 'installation');
}

/** Whether a state has a service, or what one needs. */
export function hasService(resources: readonly StoredResource[]): boolean {
  return installationIn(resources) !== undefined;
}

function serviceIn(resources: readonly StoredResource[]): StoredResource | undefined {
  return stored(resources, 'command:local:Command', 'service');
}

/** By what order a service was made; undefined where there is none. */
export function unitOrderIn(resources: readonly StoredResource[]): UnitOrder | undefined {
  return orderOf(serviceIn(resources));
}

function orderOf(service: StoredResource | undefined): UnitOrder | undefined {
  const stdin = service?.inputs?.stdin;
  return typeof stdin === 'string' ? (JSON.parse(stdin) as UnitOrder) : undefined;
}
