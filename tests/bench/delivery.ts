/** The delivery of a deployment by itself, as the engine runs it. */

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Delivery, DeliveryReport } from '../../fleet/delivery';

/**
 * @param folder of the project; the list of devices is read there
 * @throws Error with the words of the delivery when it is refused
 */
export async function deliver(folder: string, delivery: Delivery): Promise<DeliveryReport> {
  const child = spawn('node', ['--require', './setup/typescript.cjs', 'operate/deliver.ts'], { cwd: folder });
  const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  child.stdin.end(JSON.stringify(delivery));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(stderr.trim());
  return JSON.parse(stdout) as DeliveryReport;
}
