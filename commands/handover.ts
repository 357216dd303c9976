/** Writes a broker as it is deployed for a machine that this program does not work on itself. */

import { renderConfiguration } from '../mosquitto/configuration';
import { type BrokerFiles, fileNameIn, fileNames } from '../mosquitto/files';
import { type Handover, type HandoverModel, handedFiles, handoverReader, handoverText } from '../mosquitto/handover';
import type { Layout } from '../mosquitto/layout';
import { homebrewPrefixes, macosHandover, macosLayout } from '../mosquitto/macos';
import { problemWords } from '../mosquitto/problem';
import { quoted } from '../mosquitto/quoted';
import { refusedBy } from '../mosquitto/refused';
import { fileProblems } from '../mosquitto/validation';
import { weakerWords } from '../mosquitto/weaker';
import { windowsHandover, windowsLayout } from '../mosquitto/windows';
import { BrokerHandle } from '../operate/broker';
import { deployedFiles } from '../operate/deployed';
import type { Settings } from '../settings';
import { say } from '../setup/progress';
import { writeFolder } from './bundles';
import { deployedOutputs, existingStack, reachDocker } from './stack/stack';

interface System {
  layout(name: string): Layout;
  handover(model: HandoverModel): Handover;
}

const [silicon, intel] = homebrewPrefixes.map(
  (prefix): System => ({
    layout: (name) => macosLayout(name, prefix),
    handover: (model) => macosHandover(model, prefix),
  }),
) as [System, System];

const systems: Readonly<Record<string, System>> = {
  macos: silicon,
  'macos-intel': intel,
  windows: { layout: windowsLayout, handover: windowsHandover },
};

/** Writes the files of the broker that runs, those with secrets for their owner alone, and the commands to deliver them. */
export async function handOver(name: string, system: string, out: string | undefined): Promise<number> {
  if (out === undefined || out === '') throw new Error('Name a folder outside this repository: --out DIR');
  systemOf(system);
  const stack = await existingStack(name);
  const { delivery } = await deployedOutputs(stack);
  await reachDocker(stack);
  const { files } = await deployedFiles(BrokerHandle.running(delivery.plan).container);
  const folder = writeFolder(`broker-${name}-${system}`, handoverFiles(system, stack.settings, files), out);
  say(
    `${folder} holds the broker for ${system}, secrets and all; read README.txt there: nobody has run it on ${system}`,
  );
  return 0;
}

/**
 * What the operator takes along, path to text.
 *
 * @param deployed files of the broker that runs: passwords, rules and certificates stay as they are
 * @throws Error where something of the stack cannot be had there
 */
export function handoverFiles(system: string, settings: Settings, deployed: BrokerFiles): Record<string, string> {
  const { layout: layoutOf, handover } = systemOf(system);
  const { listeners, limits, firewall, containerName: name } = settings;
  const model = { ...settings, ...handoverReader(layoutOf(name)) };
  const refused = refusedBy(model).map(problemWords);
  if (refused.length > 0) throw new Error(refused.join('\n'));
  const configuration = renderConfiguration(model);
  const read = configuration.split('\n').flatMap((line) => fileNameIn(line) ?? []);
  const own = Object.entries(deployed).filter(([each]) => read.includes(each));
  const files = { ...Object.fromEntries(own), [fileNames.configuration]: configuration };
  const problems = fileProblems(files);
  if (problems.length > 0)
    throw new Error(`what is deployed is not what the stack says: ${problems.join('; ')}; run up`);
  const handed = handover({ name, listeners, limits, firewall, files });
  return {
    'README.txt': handoverText(handed, weakerWords(model)),
    ...handed.definitions,
    ...Object.fromEntries(Object.entries(files).map(([each, text]) => [`${handedFiles}/${each}`, text])),
  };
}

function systemOf(name: string): System {
  const found = Object.hasOwn(systems, name) ? systems[name] : undefined;
  if (found === undefined) {
    throw new Error(`--broker: ${quoted(name)} is none; write ${Object.keys(systems).join(', ')}`);
  }
  return found;
}
