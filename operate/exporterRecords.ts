/** What is left beside an exporter for it to tell: the last proof, and who was connected before it listened. */

import type Docker from 'dockerode';
import { connectionsOf } from '../mosquitto/connections';
import type { CheckResult } from '../mosquitto/result';
import { watcherContainer } from '../watching/containers';
import { exporterFolder } from '../watching/exporterContainer';
import { type ConnectionsRecord, exporterFiles, type ProofRecord } from '../watching/exporterSettings';
import { dockerEngine, inspect, logs } from './docker';
import { exporterArchive } from './exporterArchive';

/**
 * Leaves a proof, and, where broker or exporter was started since the last one, the connections that stand. Without an exporter
 * nothing is left.
 *
 * @param broker name of its container
 */
export async function recordProof(
  dockerHost: string | null,
  broker: string,
  checks: readonly CheckResult[],
  time = new Date(),
): Promise<void> {
  const docker = dockerEngine(dockerHost);
  const exporter = docker.getContainer(watcherContainer(broker, 'exporter'));
  const info = await inspect(exporter);
  if (info === undefined) return;
  const failed = checks.filter(({ ok }) => !ok).map(({ check }) => check);
  const proof: ProofRecord = { time: time.toISOString(), checks: checks.length, failed };
  const container = docker.getContainer(broker);
  const starts = [info, await inspect(container)].map((each) => Date.parse(each?.State.StartedAt ?? ''));
  const isTold = (await toldAt(exporter)) >= Math.max(...starts);
  const record = isTold ? undefined : await connectionsAt(container);
  await exporter.putArchive(
    await exporterArchive({
      ...(record !== undefined && { [exporterFiles.connections]: JSON.stringify(record) }),
      [exporterFiles.proof]: JSON.stringify(proof),
    }),
    { path: exporterFolder },
  );
}

/** When it was told of connections last, in milliseconds since 1970; NaN where it never was. */
async function toldAt(exporter: Docker.Container): Promise<number> {
  try {
    const { headers } = (await exporter.infoArchive({ path: `${exporterFolder}/${exporterFiles.connections}` })) as {
      headers: Record<string, string>;
    };
    const stat = headers['x-docker-container-path-stat'] ?? '';
    return Date.parse((JSON.parse(Buffer.from(stat, 'base64').toString()) as { mtime: string }).mtime);
  } catch {
    return Number.NaN;
  }
}

async function connectionsAt(broker: Docker.Container): Promise<ConnectionsRecord> {
  const { byClientId } = connectionsOf(await logs(broker));
  return {
    connections: [...byClientId].map(([clientId, { username, address, since }]) => [
      clientId,
      username,
      address,
      since,
    ]),
  };
}
