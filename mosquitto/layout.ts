/** Where the files of a broker are on its machine, and what it is run with. */

/** Folders are absolute, without a slash at the end. */
export interface Layout {
  /** Folder that holds the deployed configurations. */
  configuration: string;
  /** Folder with sessions and messages. */
  data: string;
  /** Folder of Mosquitto's plug-ins. */
  plugins: string;
  /** Mosquitto itself. */
  program: string;
  /** Where its log goes: to standard output or error, or to a file by its path. */
  log: string;
}

/** In the official image. */
export const imageLayout: Layout = {
  configuration: '/mosquitto/config',
  data: '/mosquitto/data',
  plugins: '/usr/lib',
  program: '/usr/sbin/mosquitto',
  log: 'stdout',
};

/** Folder of everything that this program keeps on a machine without containers. */
export const serviceRoot = '/var/lib/aipi-mqtt';

/**
 * As a service of systemd: the broker sees its files where the image has them, by mounts of its unit. To standard output
 * Mosquitto 2.0.11 writes 4 KiB at once, which may be tomorrow.
 */
export const serviceLayout: Layout = { ...imageLayout, plugins: '/mosquitto/plugins', log: 'stderr' };
