import { handOver, handoverFiles } from '../../commands/handover';
import type { BrokerFiles } from '../../mosquitto/files';
import { renderFiles } from '../../mosquitto/render';
import { settingsOf } from './rawConfig';

const settings = settingsOf({ dnsNames: ['a.example'], listeners: [{ port: 1883, bindAddress: '127.0.0.1' }] });
const users = settings.accounts.map((account) => ({ ...account, password: 'secret' }));
const deployed: BrokerFiles = { ...renderFiles(settings, users), 'fleet.json': '{}', 'trust.json': '{}' };

describe('handoverFiles', () => {
  it.each(['macos', 'macos-intel', 'windows'])('for %s takes what the broker reads, as it is deployed', (system) => {
    const files = handoverFiles(system, settings, deployed);
    expect(files['files/passwords']).toBe(deployed.passwords);
    expect(files['files/acl']).toBe(deployed.acl);
    expect(Object.keys(files)).not.toContain('files/fleet.json');
    expect(files['files/mosquitto.conf']).not.toContain('/mosquitto/config');
    expect(files['README.txt']).toContain('None of this was run on');
    expect(files['README.txt']).toContain('loses what came since');
  });

  it('refuses what is not deployed as the stack says', () => {
    const rest = { passwords: deployed.passwords ?? '' };
    expect(() => handoverFiles('macos', settings, rest)).toThrow(/names acl at "acl_file".*; run up/);
  });

  it('refuses what cannot be had there', () => {
    const certified = { port: 9001, protocol: 'websockets', tls: true, requireCertificate: true };
    const more = settingsOf({ dnsNames: ['a.example'], listeners: [{ port: 1883 }, certified] });
    expect(() => handoverFiles('windows', more, deployed)).toThrow(
      /listeners\[1\]\.requireCertificate: Mosquitto 2\.0/,
    );
  });

  it.each(['linux', '', 'toString'])('knows no system %j', (system) => {
    expect(() => handoverFiles(system, settings, deployed)).toThrow('write macos, macos-intel, windows');
  });
});

it('asks for a folder', async () => {
  await expect(handOver('dev', 'macos', undefined)).rejects.toThrow('--out DIR');
});
