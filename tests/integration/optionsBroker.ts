/** A throw-away broker with lines of its own in mosquitto.conf, which it can be made to read again. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { execute, logs } from '../../operate/docker';
import { Link } from './link';
import { docker, freePorts } from './project';

const database = '/tmp/mosquitto.sqlite3';
const file = '/tmp/mosquitto.conf';
const plugin = [
  'plugin /usr/lib/mosquitto_persist_sqlite.so',
  `plugin_opt_db_file ${database}`,
  'plugin_opt_flush_period 0',
];

/** Without the lines of a test: every client may do everything. */
const common = ['listener 1883', 'log_dest stdout', ...plugin];
const defaults = ['allow_anonymous true'];

export class OptionsBroker {
  private constructor(
    private readonly container: Docker.Container,
    readonly url: string,
  ) {}

  static async start(): Promise<OptionsBroker> {
    const [port = 0] = await freePorts(1);
    const container = await docker.createContainer({
      name: `test-${port}`,
      Image: 'eclipse-mosquitto:2.1.2',
      User: '1883:1883',
      Entrypoint: ['sh', '-c'],
      Cmd: [`[ -f ${file} ] || printf '%s\\n' "$@" > ${file}; exec mosquitto -c ${file}`, 'sh', ...linesWith([])],
      HostConfig: { CapDrop: ['ALL'], PortBindings: { '1883/tcp': [{ HostIp: '127.0.0.1', HostPort: `${port}` }] } },
    });
    const broker = new OptionsBroker(container, `mqtt://127.0.0.1:${port}`);
    await container.start();
    await broker.answers();
    return broker;
  }

  /** Makes the running broker read other lines. */
  async reload(lines: readonly string[]): Promise<void> {
    await this.write(lines);
    await execute(this.container, ['kill', '-HUP', '1']);
    // What it says of it comes before it has read them, and not with every kind of log.
    await sleep(300);
  }

  /** Starts the broker anew on other lines. */
  async restart(lines: readonly string[]): Promise<void> {
    await this.write(lines);
    await this.container.restart({ t: 5 });
    await this.answers();
  }

  log(): Promise<string> {
    return logs(this.container);
  }

  /** Days from now after which the broker drops the session of a client, by its database. */
  async sessionDays(client: string): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-options-'));
    try {
      for (const suffix of ['', '-wal']) {
        execFileSync('docker', ['cp', `${this.container.id}:${database}${suffix}`, folder], { stdio: 'ignore' });
      }
      const query = [
        'import sqlite3, sys, time',
        `row = sqlite3.connect(sys.argv[1]).execute('select session_expiry_time from clients where client_id = ?', sys.argv[2:]).fetchone()`,
        'print((row[0] - time.time()) / 86400)',
      ];
      return Number(execFileSync('python3', ['-c', query.join('\n'), join(folder, 'mosquitto.sqlite3'), client]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  async remove(): Promise<void> {
    await this.container.remove({ force: true, v: true });
  }

  private async write(lines: readonly string[]): Promise<void> {
    const { code, output } = await execute(this.container, [
      'sh',
      '-c',
      `printf '%s\\n' "$@" > ${file}`,
      'sh',
      ...linesWith(lines),
    ]);
    if (code !== 0) throw new Error(output);
  }

  /** Waits until the broker listens; it may refuse whoever comes. */
  private async answers(): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await (await Link.open(this.url, {})).end();
        return;
      } catch (error) {
        if (tries === 200) throw error;
        await sleep(25);
      }
    }
  }
}

/** Lines of a test take the place of the usual ones of the same option. */
function linesWith(lines: readonly string[]): string[] {
  const options = lines.map((line) => line.split(' ')[0]);
  return [...defaults.filter((line) => !options.includes(line.split(' ')[0])), ...lines, ...common];
}
