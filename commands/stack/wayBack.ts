/** The broker as it ran before an update: kept until the update has come to its end, so that there is a way back. */

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { BrokerHandle } from '../../operate/broker';
import { dockerEngine, inspect, stateOf } from '../../operate/docker';
import { machineOf } from '../../operate/machine';
import { putInForce, putInForceMeanwhile } from '../../operate/nftables';
import { type FormerBroker, returnTo } from '../../operate/wayBack/container';
import { say } from '../../setup/progress';
import { deployedFirewall } from './deployedFirewall';
import type { Readiness } from './readiness';
import { presentUrn } from './resourceNames';
import { deployedOutputs, type Stack } from './stack';
import { formerFile } from './stackFile';
import { type Deployment, editState, type StoredResource, stored } from './state';
import { brokerIn, brokerResourceIn } from './storedBroker';

/** What is kept in a file, for a run that is killed. */
interface Former extends FormerBroker {
  /** The container in the state of the stack. */
  resource: StoredResource;
  /** Those of its firewall in the state; none where it had none. */
  firewall?: StoredResource[];
}

const firewallOf = (resources: readonly StoredResource[]) =>
  ['firewall-opening', 'firewall-table'].flatMap((name) => stored(resources, 'command:local:Command', name) ?? []);

/**
 * Does what may replace the broker. Where it fails, what ran before runs again, and is proved.
 *
 * @param update rejects where the update has failed
 */
export async function withWayBack<T>(stack: Stack, readiness: Readiness, update: () => Promise<T>): Promise<T> {
  await keep(stack, readiness);
  try {
    const result = await update();
    forget(stack);
    return result;
  } catch (error) {
    await goBack(stack);
    throw error;
  }
}

/** Finishes what a killed run has begun: goes back where the broker that it has put in place does not stand. */
export async function finishWayBack(stack: Stack, resources: readonly StoredResource[]): Promise<boolean> {
  if (!existsSync(fileOf(stack))) return false;
  const container = await inspect(dockerEngine(null).getContainer(stack.settings.containerName));
  const stands = container !== undefined && stateOf(container) === 'running';
  if (stands && container.Id === brokerIn(resources)?.id) return false;
  say('An earlier update was cut off while the broker was replaced');
  await goBack(stack);
  return true;
}

/** Only a broker that runs as it was deployed is one to go back to; an earlier one stays kept until then. */
async function keep(stack: Stack, { resources, drift, folder, info: container }: Readiness): Promise<void> {
  const resource = brokerResourceIn(resources);
  const deployed = brokerIn(resources);
  const { containerName } = stack.settings;
  // A broker of another name is not in the way of the one from before, nor does it take its place.
  if (deployed?.options.name !== containerName) return;
  if (resource === undefined || container === undefined || folder === undefined) return;
  if (drift.words.length > 0 || container.Id !== deployed.id || stateOf(container) !== 'running') return;
  const firewall = firewallOf(resources);
  const former: Former = { container, folder, since: new Date().toISOString(), resource, firewall };
  writeFileSync(fileOf(stack), JSON.stringify(former), { mode: 0o600 });
}

async function goBack(stack: Stack): Promise<void> {
  const file = fileOf(stack);
  if (!existsSync(file)) return;
  const former = JSON.parse(readFileSync(file, 'utf8')) as Former;
  const { firewall: resources = [] } = former;
  const firewall = deployedFirewall(resources);
  try {
    const { delivery } = await deployedOutputs(stack);
    const back = await returnTo(BrokerHandle.running(delivery.plan), former, async () => {
      // It publishes ports that the new one may not have had.
      if (firewall !== undefined) await putInForceMeanwhile(machineOf(null), firewall);
    });
    if (back !== undefined) {
      if (firewall !== undefined) await putInForce(machineOf(null), firewall);
      await editState(stack.engine, stack.name, stack.file.folder, (state) => {
        const isContainer = former.resource.type === 'docker:index/container:Container';
        putBack(state, former.resource, isContainer ? back.id : (former.resource.id ?? ''));
        for (const resource of resources) putBack(state, resource, resource.id ?? '');
      });
      say(`The update has failed; ${back.words}`);
    }
    forget(stack);
  } catch (error) {
    say(`The update has failed, and what ran before cannot be brought back: ${(error as Error).message}`);
  }
}

/**
 * The state has the container from before again, behind everything that the engine wants to find before it. An update
 * may have called those anew.
 */
export function putBack(state: Deployment, former: StoredResource, id: string): void {
  const names = [former.urn, presentUrn(former.urn)];
  const others = (state.resources ?? []).filter(({ urn }) => !names.includes(urn));
  const there = new Set(others.map(({ urn }) => urn));
  const now = (urn: string) => (!there.has(urn) && there.has(presentUrn(urn)) ? presentUrn(urn) : urn);
  const resource = calledAnew(former, now);
  const known = (urns: readonly string[]) => urns.map(now).filter((urn) => there.has(urn));
  const { parent, provider, dependencies = [], propertyDependencies, outputs } = resource;
  const before = [parent, provider && split(provider)[0], ...known(dependencies)];
  const place = Math.max(...before.map((urn) => others.findIndex((each) => each.urn === urn)));
  others.splice(place + 1, 0, {
    ...resource,
    id,
    dependencies: known(dependencies),
    ...(propertyDependencies && {
      propertyDependencies: Object.fromEntries(
        Object.entries(propertyDependencies).map(([name, urns]) => [name, known(urns)]),
      ),
    }),
    ...(outputs && { outputs: { ...outputs, ...('id' in outputs && { id }) } }),
  });
  state.resources = others;
}

/** A resource under the names that what it stands on has by now. */
function calledAnew(resource: StoredResource, now: (urn: string) => string): StoredResource {
  const { urn, parent, provider } = resource;
  const isCalledAnew = parent !== undefined && now(parent) !== parent;
  const [providerUrn = '', providerId] = split(provider ?? '');
  return {
    ...resource,
    urn: isCalledAnew ? presentUrn(urn) : urn,
    ...(parent !== undefined && { parent: now(parent) }),
    ...(provider !== undefined && { provider: `${now(providerUrn)}::${providerId}` }),
  };
}

/** URN and id of a provider. */
function split(provider: string): string[] {
  const end = provider.lastIndexOf('::');
  return [provider.slice(0, end), provider.slice(end + 2)];
}

function forget(stack: Stack): void {
  rmSync(fileOf(stack), { force: true });
}

function fileOf({ file }: Stack): string {
  return formerFile(file.path);
}
