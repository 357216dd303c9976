/** The container of an exporter: what it is made with. */

/** Where its volume is mounted. */
export const exporterFolder = '/exporter';

/** User `node` of the image. */
export const exporterUser = 1000;

/** MiB: a fleet of 10,000 and a page take a third of it. */
export const exporterMemoryMebibytes = 256;

/** Label with the digest of its program: another one needs another start. */
export const exporterProgramLabel = 'aipi-mqtt.exporter';
