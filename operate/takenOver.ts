import { takeOverVariable } from '../mosquitto/owner';

/** Whether the update that runs this takes a broker over. */
export function isTakenOver(container: string): boolean {
  return process.env[takeOverVariable] === container;
}
