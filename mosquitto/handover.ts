/**
 * A broker for a machine that this program does not work on itself: what an operator takes there, and the commands that
 * they run. Nothing of it was run on such a machine.
 */

import type { Reader } from './configuration';
import { type BrokerFiles, folderName } from './files';
import { openingsOf } from './firewall';
import type { Layout } from './layout';
import { descriptorLimit, type Limits } from './limits';
import type { Listener } from './listeners';
import { releaseOf } from './release';

/** What a handover is made from. */
export interface HandoverModel {
  /** Name of the broker. */
  name: string;
  listeners: readonly Listener[];
  limits: Limits;
  /** Networks for every listener that has none of its own. */
  firewall: readonly string[];
  /** The broker's files, rendered for the layout of its system. */
  files: BrokerFiles;
}

/** Commands under a heading, in the order in which they are run. */
export interface Step {
  heading: string;
  commands: readonly string[];
}

export interface Handover {
  system: string;
  /** Files beside those of the broker, by name. None of them is secret. */
  definitions: Readonly<Record<string, string>>;
  steps: readonly Step[];
}

/** Folder with the broker's files, beside the definitions, in what the operator takes along. */
export const handedFiles = 'files';

/**
 * How files are read there: in the form of Mosquitto 2.0, which 2.1.2 reads, too, whatever it was built with. Where its
 * plug-ins are on such systems nobody has looked.
 */
export function handoverReader(layout: Layout): Required<Reader> {
  return { layout, release: releaseOf('2.0'), binding: 'bound' };
}

/** A port that others may reach, and the networks that they are in. */
export interface OpenPort {
  port: number;
  sources: readonly string[];
}

export function openPorts({ listeners, firewall }: HandoverModel): OpenPort[] {
  const ports = new Map(openingsOf(listeners, firewall).map(({ port, sources }) => [port, sources]));
  return [...ports].map(([port, sources]) => ({ port, sources })).sort((a, b) => a.port - b.port);
}

/** Where the files of this delivery are put. */
export function deliveredFolder({ files }: HandoverModel): string {
  return folderName(files);
}

export function openFiles({ limits }: HandoverModel): number {
  return descriptorLimit(limits);
}

/**
 * What the operator reads.
 *
 * @param weaker what is kept less well there than by the official image, a sentence each
 */
export function handoverText({ system, definitions, steps }: Handover, weaker: readonly string[]): string {
  const named = Object.keys(definitions).sort();
  return [
    `A broker for ${system}`,
    '',
    `None of this was run on ${system}: read each command before you run it. Whoever has Docker there needs none of it:`,
    'a container is delivered, checked and changed live by this program itself.',
    '',
    `"${handedFiles}" holds passwords and private keys: let nobody else read it, and delete it once it is delivered.`,
    ...(named.length === 0 ? [] : [`Beside it: ${named.join(', ')}.`]),
    'Run the commands in the folder that holds them.',
    ...(weaker.length === 0
      ? []
      : ['', 'What is kept less well than by a container:', ...weaker.map((words) => `  ${words}`)]),
    ...steps.flatMap(({ heading, commands }) => ['', heading, ...commands.map((command) => `  ${command}`)]),
    '',
  ].join('\n');
}
