/** Program: writes the program of the exporter to a path, for a package that is built of this project. */

import { writeFileSync } from 'node:fs';
import { buildExporter } from './exporter';

const [, , path = 'exporter.cjs'] = process.argv;
void buildExporter().then((text) => writeFileSync(path, text));
