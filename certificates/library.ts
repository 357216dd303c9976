/** The library that writes certificates, loaded where it is needed: that takes longer than all else of a program. */

import { webcrypto } from 'node:crypto';

type Library = typeof import('@peculiar/x509');

let loaded: Library | undefined;

export function x509(): Library {
  if (loaded === undefined) {
    // The library asks for it, and says so only when it is missing.
    require('reflect-metadata');
    loaded = require('@peculiar/x509') as Library;
    loaded.cryptoProvider.set(webcrypto as Crypto);
  }
  return loaded;
}
