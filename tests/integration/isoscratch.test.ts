import { spawn } from 'node:child_process';
import { FleetStack, pis } from './fleetStack';
import { Watch } from './watch';
import { kill } from './processes';
import { fleetDigest } from '../../fleet/device';
import { docker } from './project';
jest.setTimeout(900_000);
test('x', async () => {
  const fleet = new FleetStack();
  let seen: (s: string) => void = () => {};
  let watch: Watch | undefined;
  try {
    await fleet.deploy(pis(6));
    watch = new Watch(fleet.container, (e) => seen(e));
    await watch.open();
    const { delivery } = await fleet.project.outputs(fleet.stack);
    let n = 0;
    for (const [mode, delay] of [['stop', 1500], ['hupdie', 45], ['hupdie', 60]] as const) { await new Promise((ok) => setTimeout(ok, 11_000));
      n += 1;
      const devices = [...delivery.fleet.devices, { id: `n-${n}`, generation: 1, role: 'device', metadata: {} }];
      delivery.fleet.devices = devices;
      delivery.fleet.digest = fleetDigest(devices);
      const { Pid } = (await docker.getContainer(fleet.container).inspect()).State;
      let swapping = false;
      const t0 = Date.now();
      const events: string[] = [];
      const child = spawn('node', ['--require', 'sucrase/register/ts', 'operate/deliver.ts'], { cwd: '/work/main' });
      let out = '', err = '';
      child.stdout.on('data', (d) => { out += d; });
      child.stderr.on('data', (d) => { err += d; });
      const shoot = () => { seen = log; setTimeout(() => { kill(Pid); events.push(`${Date.now() - t0} KILL`); child.kill('SIGCONT'); }, delay); };
      const log = (e: string) => { events.push(`${Date.now() - t0} ${e.slice(0, 60).replace(/\n/g, ' ')}`); };
      seen = (e) => {
        log(e);
        if (e.startsWith('rehearsal exec_start') && e.includes('mv -T')) { swapping = true; if (mode === 'stop') child.kill('SIGSTOP'); }
        if (swapping && e === 'rehearsal exec_die' && mode !== 'hupdie') shoot();
        if (mode === 'hupdie' && e === 'broker exec_die' ) shoot();
      };
      const done = new Promise<[number | null, string | null]>((ok) => child.once('close', (c, s) => ok([c, s])));
      child.stdin.end(JSON.stringify(delivery));
      const r = await done;
      seen = () => {};
      const i = events.findIndex((e) => e.includes('KILL'));
      console.log(mode, delay, r, Date.now() - t0, 'OUT', out.slice(0, 200), 'ERR', err, events.slice(Math.max(0, i - 6), i + 14).join('\n'));
      await fleet.awake(); console.log(await fleet.standing(), await fleet.welcome(devices));
    }
  } finally {
    await fleet.dispose();
    await watch?.clear();
    watch?.close();
  }
});
