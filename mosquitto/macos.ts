/** A broker of Homebrew's Mosquitto on macOS, run by launchd. Sources: launchd.plist(5), launchctl(1), dscl(1), pf.conf(5). */

import { currentFolderOf, deployments, fileNames, pathOf } from './files';
import { deliveredFolder, type Handover, type HandoverModel, handedFiles, openFiles, openPorts } from './handover';
import type { Layout } from './layout';

/** Where Homebrew puts its software: on Apple silicon, and on Intel. */
export const homebrewPrefixes = ['/opt/homebrew', '/usr/local'] as const;
export type HomebrewPrefix = (typeof homebrewPrefixes)[number];

/** The user that the broker is; nobody logs in as it. Numbers below 500 are not shown among the people of a machine. */
const account = { name: '_aipi_mqtt', id: 383 } as const;

const daemons = '/Library/LaunchDaemons';
const root = '/var/db/aipi-mqtt';

/** Root's folder, and no one of Homebrew's, which its owner may write to. */
export function macosLayout(name: string, prefix: HomebrewPrefix): Layout {
  return {
    configuration: `${root}/${name}/configuration`,
    data: `${root}/${name}/data`,
    plugins: `${prefix}/opt/mosquitto/lib`,
    program: `${prefix}/opt/mosquitto/sbin/mosquitto`,
    log: 'stderr',
  };
}

export function macosHandover(model: HandoverModel, prefix: HomebrewPrefix): Handover {
  const layout = macosLayout(model.name, prefix);
  const label = model.name;
  const [service, filter] = [`${label}.plist`, `${label}.firewall.plist`];
  const isFiltered = openPorts(model).length > 0;
  return {
    system: 'macOS',
    definitions: {
      [service]: servicePlist(model, layout, label),
      ...(isFiltered && {
        [`${label}.pf`]: filterRules(model),
        [filter]: filterPlist(label),
      }),
    },
    steps: [
      { heading: 'Once, before the first delivery:', commands: preparation(model, layout) },
      { heading: 'At each delivery:', commands: delivery(model, layout) },
      {
        heading: 'The first time, and whenever a definition has changed:',
        commands: [
          ...definition(service),
          ...(isFiltered ? [`sudo install -m 644 -o root -g wheel ${label}.pf ${root}/${label}.pf`] : []),
          ...(isFiltered ? definition(filter) : []),
        ],
      },
      {
        heading: 'Else: what a signal applies, with nobody disconnected, or a restart, which is away for a moment:',
        commands: [`sudo launchctl kill SIGHUP system/${label}`, `sudo launchctl kickstart -k system/${label}`],
      },
      {
        heading:
          'Then: a line with "Error" means that rules or passwords may be out of force; link "current" to the folder before and restart:',
        commands: [`sudo tail -n 50 ${logOf(model.name)}`],
      },
      { heading: 'To take it away, data included:', commands: removal(model.name, label, isFiltered) },
    ],
  };
}

function logOf(name: string): string {
  return `${root}/${name}/mosquitto.log`;
}

function preparation({ name }: HandoverModel, layout: Layout): string[] {
  const [group, user] = [`Groups/${account.name}`, `Users/${account.name}`];
  const own = `-o ${account.name} -g ${account.name}`;
  return [
    'brew install mosquitto',
    'brew services stop mosquitto',
    `sudo dscl . -create ${group} PrimaryGroupID ${account.id}`,
    `sudo dscl . -create ${user} UniqueID ${account.id}`,
    `sudo dscl . -create ${user} PrimaryGroupID ${account.id}`,
    `sudo dscl . -create ${user} UserShell /usr/bin/false`,
    `sudo dscl . -create ${user} NFSHomeDirectory /var/empty`,
    `sudo install -d -m 711 -o root -g wheel ${root}`,
    `sudo install -d -m 700 ${own} ${root}/${name} ${layout.configuration} ${layout.configuration}/${deployments} ${layout.data}`,
  ];
}

function delivery(model: HandoverModel, layout: Layout): string[] {
  const folder = `${layout.configuration}/${deployments}/${deliveredFolder(model)}`;
  const own = `-o ${account.name} -g ${account.name}`;
  return [
    `sudo install -d -m 700 ${own} ${folder}`,
    `sudo install -m 600 ${own} ${handedFiles}/* ${folder}/`,
    // A link that is renamed takes the place of the one that is there at once.
    `sudo ln -sfn ${folder} ${currentFolderOf(layout)}.next`,
    `sudo mv -fh ${currentFolderOf(layout)}.next ${currentFolderOf(layout)}`,
  ];
}

function definition(plist: string): string[] {
  return [
    `sudo install -m 644 -o root -g wheel ${plist} ${daemons}/${plist}`,
    `sudo launchctl bootout system ${daemons}/${plist} 2>/dev/null`,
    `sudo launchctl bootstrap system ${daemons}/${plist}`,
  ];
}

function removal(name: string, label: string, isFiltered: boolean): string[] {
  const plists = [`${label}.plist`, ...(isFiltered ? [`${label}.firewall.plist`] : [])].map(
    (file) => `${daemons}/${file}`,
  );
  return [
    ...plists.map((plist) => `sudo launchctl bootout system ${plist}`),
    ...(isFiltered ? [`sudo pfctl -a com.apple/${label} -F rules`] : []),
    `sudo rm -rf ${[...plists, `${root}/${name}`, `${root}/${label}.pf`].join(' ')}`,
    `sudo dscl . -delete Users/${account.name}`,
    `sudo dscl . -delete Groups/${account.name}`,
  ];
}

function servicePlist(model: HandoverModel, layout: Layout, label: string): string {
  const files = openFiles(model);
  return plist([
    ...entry('Label', text(label)),
    ...entry('ProgramArguments', array([layout.program, '-c', pathOf(fileNames.configuration, layout)])),
    ...entry('UserName', text(account.name)),
    ...entry('GroupName', text(account.name)),
    // 0077, in decimal as the format wants it.
    ...entry('Umask', ['<integer>63</integer>']),
    ...entry('RunAtLoad', ['<true/>']),
    ...entry('KeepAlive', ['<true/>']),
    ...['SoftResourceLimits', 'HardResourceLimits'].flatMap((limits) =>
      entry(limits, dictionary(entry('NumberOfFiles', [`<integer>${files}</integer>`]))),
    ),
    ...entry('StandardErrorPath', text(logOf(model.name))),
  ]);
}

/** Apple's own rules read every anchor below `com.apple`, so nothing of /etc/pf.conf is changed. */
function filterPlist(label: string): string {
  return plist([
    ...entry('Label', text(`${label}.firewall`)),
    ...entry('ProgramArguments', array(['/sbin/pfctl', '-E', '-a', `com.apple/${label}`, '-f', `${root}/${label}.pf`])),
    ...entry('RunAtLoad', ['<true/>']),
  ]);
}

function filterRules(model: HandoverModel): string {
  return openPorts(model)
    .flatMap(({ port, sources }) => [
      ...(sources.length === 0 ? [] : [`pass in quick proto tcp from { ${sources.join(', ')} } to any port ${port}`]),
      `block drop in quick on ! lo0 proto tcp from any to any port ${port}`,
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function plist(entries: readonly string[]): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    ...dictionary(entries),
    '</plist>',
    '',
  ].join('\n');
}

function entry(key: string, value: readonly string[]): string[] {
  return [`<key>${key}</key>`, ...value];
}

function text(value: string): string[] {
  return [`<string>${escaped(value)}</string>`];
}

function array(values: readonly string[]): string[] {
  return ['<array>', ...indented(values.flatMap(text)), '</array>'];
}

function dictionary(entries: readonly string[]): string[] {
  return ['<dict>', ...indented(entries), '</dict>'];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
