import { firewallManagers, managerWords } from '../../operate/firewallManagers';

const machine = (said: string) => ({ name: undefined, run: async () => said, asRoot: async () => '' });

describe('other managers of the firewall', () => {
  it('are told by a machine', async () => {
    expect(await firewallManagers(machine(''))).toEqual([]);
    expect(await firewallManagers(machine('ufw\nfirewalld\n'))).toEqual(['ufw', 'firewalld']);
  });

  it('are said in one sentence each', () => {
    expect(managerWords(['ufw'], { name: undefined })).toEqual([
      'ufw is active on this machine: for the ports that Docker publishes the firewall of the stack file counts, and ufw keeps the rest',
    ]);
    expect(managerWords(['firewalld'], { name: 'server' })[0]).toMatch(/^firewalld is active on server: /);
    expect(managerWords([], { name: undefined })).toEqual([]);
  });
});
