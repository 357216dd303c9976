/** What the log of an SQLite database has committed. Source: SQLite, Database File Format, section 4. */

const headerBytes = 32;
const frameHeaderBytes = 24;
/** The last bit of the magic number tells in which order checksums take their words. */
const magic = 0x377f0682;

/**
 * Whether a text stands in a page that is committed. A transaction that found no room has written some of its pages, too,
 * and they stay in the file until others take their place.
 */
export function isCommitted(log: Buffer, text: string): boolean {
  if (log.length < headerBytes || (log.readUInt32BE(0) & ~1) >>> 0 !== magic) return false;
  const pageBytes = log.readUInt32BE(8);
  const salts = log.subarray(16, 24);
  const isBigEndian = (log.readUInt32BE(0) & 1) === 1;
  let sums = checksum(log.subarray(0, 24), [0, 0], isBigEndian);
  let isFound = false;
  for (let at = headerBytes; at + frameHeaderBytes + pageBytes <= log.length; at += frameHeaderBytes + pageBytes) {
    const header = log.subarray(at, at + frameHeaderBytes);
    const page = log.subarray(at + frameHeaderBytes, at + frameHeaderBytes + pageBytes);
    sums = checksum(page, checksum(header.subarray(0, 8), sums, isBigEndian), isBigEndian);
    const isValid =
      header.subarray(8, 16).equals(salts) &&
      sums[0] === header.readUInt32BE(16) &&
      sums[1] === header.readUInt32BE(20);
    if (!isValid) return false;
    isFound ||= page.includes(text);
    // The last page of a transaction says how large the database is by then.
    if (isFound && header.readUInt32BE(4) !== 0) return true;
  }
  return false;
}

type Sums = [number, number];

function checksum(bytes: Buffer, [first, second]: Sums, isBigEndian: boolean): Sums {
  let [a, b] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    const x = isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    const y = isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4);
    a = (a + x + b) >>> 0;
    b = (b + y + a) >>> 0;
  }
  return [a, b];
}
