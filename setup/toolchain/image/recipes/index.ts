import type { Recipe } from '../recipe';
import { alertmanager } from './alertmanager';
import { mosquitto } from './mosquitto';
import { nodeSlim } from './node';
import { prometheus } from './prometheus';

/** Every image that can be laid out from Debian's packages. Grafana is in none of them. */
export const recipes: readonly Recipe[] = [mosquitto, nodeSlim, prometheus, alertmanager];
