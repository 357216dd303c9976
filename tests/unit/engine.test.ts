import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { engineOf, find } from '../../setup/engine';
import { engineWords } from '../../setup/engineWords';
import { allPlugins, Machine, version } from './machine';

const hour = 3_600_000;
const builtText = 'built pulumi-resource';
const original = { ...process.env };
let machine: Machine;

beforeEach(async () => {
  machine = await Machine.start();
});

afterEach(async () => {
  await machine.stop();
  process.env = { ...original };
});

function words(finding: Parameters<typeof engineWords>[0]): string {
  return engineWords(finding).replaceAll(machine.folder, '');
}

describe('what the user has', () => {
  it('is used, with or without a login, and nothing is put anywhere', async () => {
    machine.installPulumi();
    machine.installPlugins();
    const finding = await find(machine.places, 0);
    expect(finding.pulumiHome).toBe(machine.homes.own);
    expect(words(finding)).toBe("Pulumi 3.262.0 (/bin/pulumi); plug-ins: Pulumi's own");
    expect(existsSync(machine.homes.mixed)).toBe(false);
    expect(machine.said).toBe('');
  });

  it('counts on PATH, too', async () => {
    machine.installPulumi();
    machine.installPlugins();
    machine.write(join(machine.bin, 'pulumi-resource-tls'), '');
    expect(words(await find(machine.places, 0))).toBe(
      "Pulumi 3.262.0 (/bin/pulumi); plug-ins: command, docker and random Pulumi's own, tls from PATH",
    );
  });

  it('counts where an earlier version downloaded it', async () => {
    machine.installPulumi();
    for (const [name] of allPlugins) machine.installPlugin(name, machine.homes.mixed);
    const finding = await find(machine.places, 0);
    expect(finding.pulumiHome).toBe(machine.homes.mixed);
    expect(words(finding)).toBe("Pulumi 3.262.0 (/bin/pulumi); plug-ins: Pulumi's own");
  });

  it('counts with a language host among the plug-ins', async () => {
    machine.installBarePulumi();
    machine.installPlugins();
    machine.write(join(machine.homes.own, 'plugins/language-nodejs-v3.250.0/pulumi-language-nodejs'), '');
    const finding = await find(machine.places, 0);
    expect(finding.pulumiHome).toBe(machine.homes.own);
    expect(words(finding)).toBe("Pulumi 3.262.0 (/bin/pulumi); plug-ins: Pulumi's own");
  });

  it('does not count half installed', async () => {
    machine.installPulumi();
    machine.installPlugins();
    machine.buildToolchain();
    machine.write(join(machine.homes.own, 'plugins', `resource-tls-v5.6.1.partial`), '');
    expect((await find(machine.places, 0)).plugins.tls).toBe('toolchain');
  });
});

describe("Pulumi's server", () => {
  it('gives what is lacking: plug-ins to the user, the engine to AIPI_HOME', async () => {
    machine.isOnline = true;
    const finding = await find(machine.places, 0);
    expect(words(finding)).toBe(`Pulumi ${version} (downloaded from Pulumi); plug-ins: Pulumi's own`);
    expect(finding.cli.bin).toBe(join(machine.homes.mixed, 'versions', version, 'bin/pulumi'));
    expect(finding.pulumiHome).toBe(machine.homes.own);
    expect(machine.said).toMatch(/^Downloading Pulumi 3/);
  });

  it('is asked for the engine where that has no language host', async () => {
    machine.installBarePulumi();
    machine.isOnline = true;
    expect((await find(machine.places, 0)).cli.origin).toBe('download');
  });

  it('is not asked for what is there', async () => {
    machine.isOnline = true;
    machine.installPulumi();
    machine.installPlugins();
    await find(machine.places, 0);
    expect(existsSync(join(machine.folder, 'content'))).toBe(false);
  });
});

describe('stand-ins', () => {
  beforeEach(() => machine.buildToolchain());

  it('are used where nothing else is to be had, and are never in the home of the user', async () => {
    const finding = await find(machine.places, 0);
    expect(words(finding)).toBe(`Pulumi ${version} (built from Go modules); plug-ins: built from Go modules`);
    expect(finding.pulumiHome).toBe(machine.homes.mixed);
    expect(machine.plugin('random', machine.homes.mixed)).toBe(builtText);
    expect(existsSync(machine.homes.own)).toBe(false);
    expect(machine.said).toMatch(/^Cannot download http:.*pulumi-v3.*: answers 403\n$/);
  });

  it('stand beside links to what the user has, in folders that are none', async () => {
    machine.installPulumi();
    machine.installPlugin('random');
    const finding = await find(machine.places, 0);
    expect(words(finding)).toBe(
      "Pulumi 3.262.0 (/bin/pulumi); plug-ins: random Pulumi's own, command, docker and tls built from Go modules",
    );
    expect(machine.plugin('random', finding.pulumiHome)).toBe("Pulumi's random");
    const folder = join(finding.pulumiHome, 'plugins/resource-random-v4.21.2');
    expect(lstatSync(folder).isDirectory()).toBe(true);
    expect(readdirSync(folder)).toEqual(['LICENSE', 'pulumi-resource-random']);
    expect(readdirSync(join(machine.homes.own, 'plugins'))).toEqual(['resource-random-v4.21.2']);
  });

  it('give way at once to what the user installs', async () => {
    await find(machine.places, 0);
    machine.installPulumi();
    expect((await find(machine.places, 1)).cli.origin).toBe('path');
    machine.installPlugin('random');
    const mixed = await find(machine.places, 2);
    expect(mixed.plugins).toEqual({ command: 'toolchain', docker: 'toolchain', random: 'own', tls: 'toolchain' });
    expect(machine.plugin('random', mixed.pulumiHome)).toBe("Pulumi's random");
    const folder = join(mixed.pulumiHome, 'plugins/resource-random-v4.21.2');
    expect(readdirSync(folder)).toEqual(['LICENSE', 'pulumi-resource-random']);
    machine.installPlugins();
    expect(words(await find(machine.places, 3))).toBe("Pulumi 3.262.0 (/bin/pulumi); plug-ins: Pulumi's own");
  });

  it('come back when the user removes it', async () => {
    machine.installPulumi();
    machine.installPlugins();
    await find(machine.places, 0);
    rmSync(join(machine.homes.own, 'plugins/resource-tls-v5.6.1'), { recursive: true });
    const finding = await find(machine.places, 1);
    expect(finding.plugins.tls).toBe('toolchain');
    machine.installPlugin('tls');
    await find(machine.places, 2);
    rmSync(join(machine.homes.own, 'plugins/resource-tls-v5.6.1'), { recursive: true });
    expect(machine.plugin('tls', (await find(machine.places, 3)).pulumiHome)).toBe(builtText);
  });

  it('are made again where somebody has deleted them', async () => {
    const { pulumiHome } = await find(machine.places, 0);
    rmSync(pulumiHome, { recursive: true });
    await find(machine.places, 1);
    expect(machine.plugin('tls', pulumiHome)).toBe(builtText);
  });

  it('give way to the server within a day', async () => {
    await find(machine.places, 0);
    machine.isOnline = true;
    expect((await find(machine.places, 23 * hour)).cli.origin).toBe('toolchain');
    expect(words(await find(machine.places, 25 * hour))).toBe(
      `Pulumi ${version} (downloaded from Pulumi); plug-ins: Pulumi's own`,
    );
  });

  it('are kept without a word where the server refuses again, once a day', async () => {
    await find(machine.places, 0);
    machine.said = '';
    const again = await find(machine.places, 25 * hour);
    expect(machine.said).toBe('');
    expect(readdirSync(join(again.pulumiHome, 'plugins/resource-tls-v5.6.1'))).toEqual([
      'pulumi-resource-tls',
      'toolchain',
    ]);
    machine.isOnline = true;
    expect((await find(machine.places, 48 * hour)).cli.origin).toBe('toolchain');
    expect((await find(machine.places, 50 * hour)).cli.origin).toBe('download');
  });

  it('of earlier versions are taken out of the home of the user', async () => {
    machine.installPulumi();
    machine.installPlugin('random');
    for (const folder of ['resource-tls-v5.6.1', 'resource-docker-v4.0.0', 'language-nodejs-v3.250.0']) {
      machine.write(join(machine.homes.own, 'plugins', folder, 'toolchain'), '0123456789ab');
      machine.write(join(machine.homes.own, 'plugins', folder, 'pulumi-resource-tls'), 'old');
    }
    const finding = await find(machine.places, 0);
    expect(readdirSync(join(machine.homes.own, 'plugins'))).toEqual(['resource-random-v4.21.2']);
    expect(machine.plugin('tls', finding.pulumiHome)).toBe(builtText);
  });

  it('for the language host do not shadow an older one of Pulumi', async () => {
    machine.installBarePulumi();
    machine.installPlugin('random');
    const finding = await find(machine.places, 0);
    const hosts = () => readdirSync(join(finding.pulumiHome, 'plugins')).filter((name) => name.startsWith('language'));
    expect(words(finding)).toMatch(/^Pulumi 3.262.0 \(\/bin\/pulumi\); language host: built from Go modules; plug-ins/);
    expect(hosts()).toEqual([`language-nodejs-v${version}`]);
    machine.write(join(machine.homes.own, 'plugins/language-nodejs-v3.250.0/pulumi-language-nodejs'), '');
    expect((await find(machine.places, 1)).languageHost).toBe('own');
    expect(hosts()).toEqual(['language-nodejs-v3.250.0']);
  });
});

describe('the environment of the engine', () => {
  it('has neither the engine nor the language host of an earlier run, in a shell that has them', async () => {
    machine.buildToolchain();
    const standIn = engineOf(await find(machine.places, 0), machine.places);
    expect(standIn.env.PATH).toBe(`${dirname(standIn.bin)}:${machine.bin}`);
    expect(standIn.env.PULUMI_HOME).toBe(machine.homes.mixed);
    expect(standIn.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION).toBe('true');

    process.env.PATH = `${machine.home}/bin:${standIn.env.PATH}`;
    machine.installPulumi();
    machine.installPlugins();
    const { bin, env } = engineOf(await find(machine.places, 1), machine.places);
    expect(bin).toBe(join(machine.bin, 'pulumi'));
    expect(env.PATH).toBe(machine.bin);
    expect(env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION).toBeUndefined();
  });
});

describe('without Go and without the server', () => {
  const site = 'https://www.pulumi.com/docs/install';
  const why = /\(Cannot download http:\S+\/(\S+): answers 403; cannot build: Go is not installed\)/;
  const go = 'or install Go 1.26 or newer (https://go.dev/dl)';

  async function complaint(): Promise<string> {
    const message = await find(machine.places, 0).then(
      () => 'nothing was thrown',
      (error: Error) => error.message,
    );
    expect(machine.said).toBe('');
    expect(message).toMatch(why);
    return message.replace(why, '(…)').replaceAll(machine.folder, '');
  }

  it('names the plug-ins that are lacking, and how to get just those', async () => {
    machine.installPulumi();
    machine.installPlugins();
    for (const folder of ['resource-random-v4.21.2', 'resource-tls-v5.6.1']) {
      rmSync(join(machine.homes.own, 'plugins', folder), { recursive: true });
    }
    expect(await complaint()).toBe(
      'The plug-ins random 4.21.2 and tls 5.6.1 are not here and cannot be got (…); run "pulumi plugin install resource ' +
        `random 4.21.2 && pulumi plugin install resource tls 5.6.1", ${go}`,
    );
  });

  it('names the one plug-in', async () => {
    machine.installPulumi();
    machine.installPlugins();
    rmSync(join(machine.homes.own, 'plugins/resource-random-v4.21.2'), { recursive: true });
    expect(await complaint()).toBe(
      'The plug-in random 4.21.2 is not here and cannot be got (…); run "pulumi plugin install resource random 4.21.2", ' +
        go,
    );
  });

  it('names the language host', async () => {
    machine.installBarePulumi();
    machine.installPlugins();
    expect(await complaint()).toBe(
      'The language host pulumi-language-nodejs of /bin/pulumi is not here and cannot be got (…); install the whole of ' +
        `Pulumi (${site}), ${go}`,
    );
  });

  it('names the engine', async () => {
    machine.installPlugins();
    expect(await complaint()).toBe(
      `The engine of Pulumi is not here and cannot be got (…); install Pulumi 3.200.0 or newer (${site}), ${go}`,
    );
  });

  it('names all', async () => {
    expect(await complaint()).toBe(
      'The engine of Pulumi and the plug-ins command 1.2.1, docker 5.2.0, random 4.21.2 and tls 5.6.1 are not here and ' +
        `cannot be got (…); install Pulumi 3.200.0 or newer (${site}) and run "pulumi plugin install resource command ` +
        '1.2.1 && pulumi plugin install resource docker 5.2.0 && pulumi plugin install resource random 4.21.2 && pulumi ' +
        `plugin install resource tls 5.6.1", ${go}`,
    );
  });
});
