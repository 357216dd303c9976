/**
 * A broker of Mosquitto's own installer on Windows, as its service. Sources: service.c of Mosquitto, and the documentation
 * of sc.exe, icacls and NetSecurity.
 */

import { currentFolderOf, deployments } from './files';
import { deliveredFolder, type Handover, type HandoverModel, handedFiles, openPorts } from './handover';
import type { Layout } from './layout';

/** Service that the installer makes. One machine has one. */
const service = 'mosquitto';
/** An account that Windows makes for the service alone; without it the service is LocalSystem, which may do anything. */
const account = `NT SERVICE\\${service}`;
const registry = `HKLM:\\SYSTEM\\CurrentControlSet\\Services\\${service}`;

function rootOf(name: string): string {
  return `C:/ProgramData/aipi-mqtt/${name}`;
}

/** Windows takes either slash in a path, and Mosquitto takes blanks to the end of a line. */
export function windowsLayout(name: string): Layout {
  const root = rootOf(name);
  return {
    configuration: `${root}/configuration`,
    data: `${root}/data`,
    plugins: 'C:/Program Files/mosquitto',
    program: 'C:/Program Files/mosquitto/mosquitto.exe',
    // A service has no output.
    log: `${root}/data/mosquitto.log`,
  };
}

/** The commands are for PowerShell, run as administrator. */
export function windowsHandover(model: HandoverModel): Handover {
  const layout = windowsLayout(model.name);
  const folder = `${layout.configuration}/${deployments}/${deliveredFolder(model)}`;
  const current = currentFolderOf(layout);
  const group = `aipi-mqtt ${model.name}`;
  return {
    system: 'Windows',
    definitions: {},
    steps: [
      {
        heading: 'Once, before the first delivery, in PowerShell as administrator, as all that follows:',
        commands: [
          'winget install --exact --id EclipseFoundation.Mosquitto',
          `Stop-Service ${service}`,
          ...[`${layout.configuration}/${deployments}`, layout.data].map(
            (path) => `New-Item -ItemType Directory -Force ${path} | Out-Null`,
          ),
          `sc.exe config ${service} obj= "${account}" start= auto`,
          `sc.exe failure ${service} reset= 86400 actions= restart/1000/restart/1000/restart/60000`,
          // Nothing is inherited: of what is in ProgramData everybody may read.
          `icacls ${rootOf(model.name)} /inheritance:r /grant 'SYSTEM:(OI)(CI)F' 'Administrators:(OI)(CI)F'`,
          `icacls ${rootOf(model.name)} /grant '${account}:(RX)'`,
          `icacls ${layout.configuration} /grant '${account}:(OI)(CI)RX'`,
          `icacls ${layout.data} /grant '${account}:(OI)(CI)M'`,
          // Its program reads the configuration of the folder that this names.
          `New-ItemProperty -Force -PropertyType MultiString -Path '${registry}' -Name Environment ` +
            `-Value 'MOSQUITTO_DIR=${current}' | Out-Null`,
        ],
      },
      {
        heading: 'At each delivery; clients are away for the moment of the restart, for Windows knows no signal:',
        commands: [
          `New-Item -ItemType Directory -Force ${folder} | Out-Null`,
          `Copy-Item ${handedFiles}/* ${folder}`,
          `Stop-Service ${service}`,
          `if (Test-Path ${current}) { (Get-Item ${current}).Delete() }`,
          `New-Item -ItemType Junction -Path ${current} -Target ${folder} | Out-Null`,
          `Start-Service ${service}`,
        ],
      },
      {
        heading:
          'Then: a line with "Error" means that it does not serve these files; link "current" to the folder before:',
        commands: [`Get-Content ${layout.log} -Tail 50`],
      },
      {
        heading:
          'Who reaches it from other machines; other rules for the program, such as those that Windows asks for, open more:',
        commands: [
          `Remove-NetFirewallRule -Group '${group}' -ErrorAction SilentlyContinue`,
          ...openPorts(model)
            .filter(({ sources }) => sources.length > 0)
            .map(
              ({ port, sources }) =>
                `New-NetFirewallRule -Group '${group}' -DisplayName '${group} ${port}' -Direction Inbound -Action Allow ` +
                `-Protocol TCP -LocalPort ${port} -RemoteAddress ${sources.map((source) => `'${source}'`).join(',')} | Out-Null`,
            ),
        ],
      },
      {
        heading: 'To take it away, data included:',
        commands: [
          `Stop-Service ${service}`,
          `Remove-ItemProperty -Path '${registry}' -Name Environment`,
          `sc.exe config ${service} obj= LocalSystem`,
          `Remove-NetFirewallRule -Group '${group}' -ErrorAction SilentlyContinue`,
          `(Get-Item ${current}).Delete()`,
          `Remove-Item -Recurse -Force ${rootOf(model.name)}`,
        ],
      },
    ],
  };
}
