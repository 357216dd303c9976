import { users } from '../recipe';

const [name, id] = ['nobody', 65534];

/** Who runs Prometheus' own images, and what else is in them. */
export const nobody = {
  name,
  id,
  users: users(name, id, '/home', '/bin/false'),
  applets: '[ ash cat chmod cp df false grep head id kill ls mkdir mv ps rm sed sh sleep tail test touch true vi wget',
} as const;
