/** The one command that makes PEM out of something else. */

import { basename } from 'node:path';

/** What somebody gives: certificates, or a private key. */
export type Part = 'certificate' | 'privateKey';

/** Where it stands, and where the converted one goes to. */
export interface Place {
  part: Part;
  /** Path of the file; undefined where the text stands in the stack file. */
  file: string | undefined;
}

/** Takes the blanks of lines away and what stands around the blocks, and changes nothing else. */
const blocksOnly = "sed -n '/^-----BEGIN/,/^-----END/p'";
const clean = "sed 's|^[^-A-Za-z0-9+/=]*||; s|[^-A-Za-z0-9+/=]*$||'";

export const commands = {
  der: (place: Place) =>
    `openssl ${place.part === 'certificate' ? 'x509' : 'pkey'} -inform DER -in ${from(place)} -out ${to(place)}`,
  lockedDer: (place: Place) => `openssl pkey -inform DER -in ${from(place)} -aes256 -out ${to(place)}`,
  trusted: (place: Place) =>
    `openssl crl2pkcs7 -nocrl -certfile ${from(place)} | openssl pkcs7 -print_certs | ${blocksOnly} ${into(place)}`,
  pkcs7: (place: Place, isDer: boolean) =>
    `openssl pkcs7 ${isDer ? '-inform DER ' : ''}-in ${from(place)} -print_certs | ${blocksOnly} ${into(place)}`,
  /** PKCS #7 whose first line says something else. */
  mislabelled: (place: Place) =>
    `sed 's/^\\(-----[A-Z]* \\).*-----/\\1PKCS7-----/' ${from(place)} | openssl pkcs7 -print_certs | ${blocksOnly} ${into(place)}`,
  pkcs12: (place: Place, isLegacy: boolean) =>
    `openssl pkcs12 ${isLegacy ? '-legacy ' : ''}-in ${from(place)} ` +
    `${place.part === 'certificate' ? '-nokeys' : '-nocerts -noenc'} | ${blocksOnly} ${into(place)}`,
  keystore: (place: Place) =>
    `keytool -importkeystore -srckeystore ${from(place)} -destkeystore keystore.p12 -deststoretype PKCS12 && ` +
    `openssl pkcs12 -in keystore.p12 ${place.part === 'certificate' ? '-nokeys' : '-nocerts -noenc'} | ` +
    `${blocksOnly} ${into(place)}`,
  openssh: (place: Place) => `cp ${from(place)} ${to(place)} && ssh-keygen -p -m PKCS8 -f ${to(place)}`,
  putty: (place: Place) =>
    `puttygen ${from(place)} -O private-openssh -o ${to(place)} && ssh-keygen -p -m PKCS8 -f ${to(place)}`,
  legacyCipher: (place: Place) =>
    `openssl pkey -provider legacy -provider default -in ${from(place)} -aes256 -out ${to(place)}`,
  wideText: (place: Place, encoding: string) =>
    `iconv -f ${encoding} -t UTF-8 ${from(place)} | ${clean} ${into(place)}`,
  clean: (place: Place) => `${clean} ${from(place)} | ${blocksOnly} ${into(place)}`,
  lineBreaks: (place: Place) => `tr -d '\\r' < ${from(place)} ${into(place)}`,
  lineBreaksOfMac: (place: Place) => `tr '\\r' '\\n' < ${from(place)} ${into(place)}`,
  escapes: (place: Place) => `printf '%b\\n' "$(cat ${from(place)})" ${into(place)}`,
};

function from({ file }: Place): string {
  if (file === undefined) return 'FILE';
  return /^[A-Za-z0-9_./-]+$/.test(file) && !file.startsWith('-') ? file : `'${file.replaceAll("'", "'\\''")}'`;
}

/** A key is its owner's alone. */
function into(place: Place): string {
  return place.part === 'certificate' ? `> ${to(place)}` : `| install -m 600 /dev/stdin ${to(place)}`;
}

/** Another file than the one that is read: a redirection would empty that first. */
function to({ part, file }: Place): string {
  const name = part === 'certificate' ? 'certificate.pem' : 'private.pem';
  return basename(file ?? '') === name ? `converted-${name}` : name;
}
