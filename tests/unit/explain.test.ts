import { explain } from '../../access/explain';
import { settingsOf } from './rawConfig';

it('x', () => {
  const m = settingsOf({ devices: ['pi-001'] });
  for (const [u, a, t] of [
    ['aisa_rpi', 'publish', 'device/x/data'],
    ['aisa_rpi', 'publish', 'x'],
    ['pi-001', 'subscribe', '#'],
    ['pi-001', 'publish', 'device/pi-002/data'],
    ['aisa_server', 'subscribe', '$share/g/device/+/data'],
    ['aisa_rpi', 'subscribe', 'device/+'],
    ['aisa_verify', 'publish', 'a'],
    ['pi-001', 'publish', 'device/pi-001//x'],
  ] as const)
    console.log(JSON.stringify(explain(m, u, a, t), null, 1));
});
