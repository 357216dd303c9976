import type { AccessMatrix } from './matrix';
export function accessPage(matrix: AccessMatrix): string {
  return JSON.stringify(matrix);
}
