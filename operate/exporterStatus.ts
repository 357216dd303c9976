/** Asks the exporter of a broker for its status. It answers on the loopback of its machine alone. */

import { request } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { watcherContainer, watcherPorts } from '../watching/containers';
import type { Status } from '../watching/status';
import { dockerEngine, execute, inspect, remoteMachine, stateOf } from './docker';
import { isBySsh, openThere } from './there';

/** Where an exporter is. */
export interface ExporterPlace {
  /** Docker engine of the broker; null for the one of the environment. */
  dockerHost: string | null;
  /** Name of the broker's container. */
  broker: string;
  /** On its machine. */
  port: number;
}

/** `ssh` logs in first. */
const patienceMilliseconds = 20_000;

/** Why there is no status. */
export class NoStatus extends Error {
  constructor(
    message: string,
    /** Whether it is there, and a moment later may answer. */
    readonly isThere: boolean,
  ) {
    super(message);
  }
}

/**
 * By its port where that can be reached from here, by `ssh` where that leads to its machine, else from within its container.
 *
 * @throws NoStatus in words that go on with what is to be done
 */
export async function exporterStatus(place: ExporterPlace): Promise<Status> {
  const { dockerHost, port } = place;
  const isFar = remoteMachine(dockerHost) !== undefined;
  if (!isFar || isBySsh(dockerHost)) {
    const open = isFar
      ? () => openThere(dockerHost, '127.0.0.1', port)
      : () => Promise.resolve(connect(port, '127.0.0.1'));
    const told = await ask(open, port).catch(() => undefined);
    if (told !== undefined) return statusIn(told, place);
  }
  return statusIn(await fromWithin(place), place);
}

interface Told {
  code: number;
  text: string;
}

async function ask(open: () => Promise<Duplex>, port: number): Promise<Told> {
  const connection = await open();
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        path: '/status.json',
        // An agent would open one of its own.
        createConnection: () => connection,
        headers: { host: `127.0.0.1:${port}`, connection: 'close' },
        signal: AbortSignal.timeout(patienceMilliseconds),
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (data) => {
          text += data;
        });
        response.once('end', () => resolve({ code: response.statusCode ?? 0, text })).once('error', reject);
      },
    );
    asked.once('error', reject).once('close', () => connection.destroy());
    asked.end();
  });
}

/** Prints code and text of the answer. */
const inside = `fetch('http://127.0.0.1:${watcherPorts.exporter}/status.json')
  .then(async (answer) => process.stdout.write(JSON.stringify({ code: answer.status, text: await answer.text() })))
  .catch(() => process.exit(1))`;

async function fromWithin({ dockerHost, broker }: ExporterPlace): Promise<Told> {
  const name = watcherContainer(broker, 'exporter');
  const container = dockerEngine(dockerHost).getContainer(name);
  const info = await inspect(container);
  if (info === undefined) throw new NoStatus(`the container ${name} is not there`, false);
  const state = stateOf(info);
  if (state !== 'running') throw new NoStatus(`the container ${name} is ${state}`, false);
  const { code, output } = await execute(container, ['node', '-e', inside]);
  if (code !== 0) throw new NoStatus(`the exporter in ${name} does not answer`, true);
  return JSON.parse(output) as Told;
}

function statusIn({ code, text }: Told, { broker, port }: ExporterPlace): Status {
  const status = code === 200 ? parsed(text) : undefined;
  if (status === undefined) {
    const isYoung = code === 404 || code === 500;
    throw new NoStatus(
      isYoung
        ? 'the exporter has not been told yet what it watches'
        : `what answers at port ${port} is no exporter (HTTP code ${code})`,
      isYoung,
    );
  }
  // Two stacks on one machine may have the same port.
  if (status.container !== broker) {
    throw new NoStatus(`port ${port} is that of the exporter of another broker, ${status.container}`, false);
  }
  return status;
}

function parsed(text: string): Status | undefined {
  try {
    const told = JSON.parse(text) as Partial<Status>;
    return typeof told.broker?.up === 'boolean' && Array.isArray(told.findings) ? (told as Status) : undefined;
  } catch {
    return undefined;
  }
}
