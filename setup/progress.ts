/** Lines for the person who runs a command: always on standard error, so that standard output stays for data. */

import { visible } from '../mosquitto/quoted';

const interactive = process.stderr.isTTY === true;
const repeatSeconds = interactive ? 1 : 20;

/** Says one line. */
export function say(line: string): void {
  process.stderr.write(`${visible(line)}\n`);
}

/**
 * Says what a step does, runs it, and shows that it is alive: a line rewritten each second on a terminal, a new line
 * each 20 seconds elsewhere.
 *
 * @param title what the step does, in a few words, for example `Building the Pulumi CLI`
 * @param work gets a function that takes the latest detail, for example `3 of 5 modules`
 */
export async function during<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T> {
  const started = Date.now();
  let latest = '';
  const line = () => {
    const seconds = Math.round((Date.now() - started) / 1000);
    return `${visible(title)} … ${seconds} s${latest === '' ? '' : ` (${latest})`}`;
  };
  const show = () => process.stderr.write(interactive ? `\r\u001b[K${line()}` : `${line()}\n`);
  say(title);
  const timer = setInterval(show, repeatSeconds * 1000);
  try {
    return await work((text) => {
      latest = text;
    });
  } finally {
    clearInterval(timer);
    if (interactive) process.stderr.write('\r\u001b[K');
  }
}
