/** What must not answer at all. */

import type Docker from 'dockerode';
import type { CheckResult } from '../../mosquitto/plan';
import { execute } from '../engine';
import { check, Disproved } from './check';

/** Where the official image serves a dashboard when it finds no configuration. */
const dashboardPort = 9883;

/** Checks, inside the container, that the broker serves no dashboard: a sign that it runs without its configuration. */
export function dashboard(container: Docker.Container): Promise<CheckResult> {
  return check(`dashboard port ${dashboardPort} is closed`, async () => {
    const { code } = await execute(container, ['nc', '-z', '127.0.0.1', String(dashboardPort)]);
    if (code === 0) throw new Disproved('something answers');
    return 'closed';
  });
}
