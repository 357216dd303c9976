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
}

/** In the official image. */
export const imageLayout: Layout = {
  configuration: '/mosquitto/config',
  data: '/mosquitto/data',
  plugins: '/usr/lib',
  program: '/usr/sbin/mosquitto',
};

/** Folder of everything that this program keeps on a machine without containers. */
export const serviceRoot = '/var/lib/aipi-mqtt';

/** As a service of systemd: the broker sees its files where the image has them, by mounts of its unit. */
export const serviceLayout: Layout = { ...imageLayout, plugins: '/mosquitto/plugins' };
