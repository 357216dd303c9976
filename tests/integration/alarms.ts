/** A Prometheus with rules that are in a hurry, and what it says of its alerts. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { job } from '../../watching/watched';
import { freePorts } from './project';
import { prometheusTools } from './prometheusTools';

/** What is scraped: the label `stack`, and the port of its exporter. */
export interface Scraped {
  stack: string;
  port: number;
  rules: string;
}

/** Of an alert that never comes, nobody would be told. */
const patienceMilliseconds = 100_000;

export class Alarms {
  /** Stack and name of each alert that fires now. */
  private firing = new Set<string>();
  private readonly folder = mkdtempSync(join(tmpdir(), 'aipi-alarms-'));
  private program: ChildProcess | undefined;
  private address = '';
  private isEnded = false;

  async start(scraped: readonly Scraped[]): Promise<void> {
    const { prometheus } = await prometheusTools();
    const [port] = await freePorts(1);
    this.address = `http://127.0.0.1:${port}/api/v1`;
    for (const { stack, rules } of scraped) writeFileSync(join(this.folder, `${stack}.rules.yml`), rules);
    const configuration = join(this.folder, 'prometheus.yml');
    writeFileSync(
      configuration,
      stringify({
        global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '250ms' },
        rule_files: ['*.rules.yml'],
        scrape_configs: [
          {
            job_name: job,
            static_configs: scraped.map((each) => ({
              targets: [`127.0.0.1:${each.port}`],
              labels: { stack: each.stack },
            })),
          },
        ],
      }),
    );
    this.program = spawn(
      prometheus,
      [
        `--config.file=${configuration}`,
        `--storage.tsdb.path=${join(this.folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    void this.listen();
  }

  /** Waits until an alert fires, or does not any more. */
  async wait(stack: string, alert: string, isFiring: boolean): Promise<void> {
    const deadline = Date.now() + patienceMilliseconds;
    while (this.firing.has(`${stack} ${alert}`) !== isFiring) {
      if (Date.now() > deadline) throw new Error(`${alert} ${isFiring ? 'does not fire' : 'does not end'}`);
      await sleep(100);
    }
  }

  /** The value of an expression; NaN where there is none. */
  async value(expression: string): Promise<number> {
    const { result } = await this.ask<{ result: Array<{ value: [number, string] }> }>(
      `query?${new URLSearchParams({ query: expression })}`,
    );
    return Number(result[0]?.value[1] ?? Number.NaN);
  }

  async end(): Promise<void> {
    this.isEnded = true;
    if (this.program?.exitCode === null) {
      this.program.kill();
      await once(this.program, 'exit');
    }
    rmSync(this.folder, { recursive: true });
  }

  private async listen(): Promise<void> {
    interface Alert {
      labels: { alertname: string; stack: string };
      state: string;
    }
    for (; !this.isEnded; await sleep(100)) {
      const answer = await this.ask<{ alerts: Alert[] }>('alerts').catch(() => undefined);
      const names = answer?.alerts.flatMap(({ labels, state }) =>
        state === 'firing' ? [`${labels.stack} ${labels.alertname}`] : [],
      );
      if (names === undefined) continue;
      this.firing = new Set(names);
    }
  }

  private async ask<Data>(path: string): Promise<Data> {
    const response = await fetch(`${this.address}/${path}`);
    return ((await response.json()) as { data: Data }).data;
  }
}
