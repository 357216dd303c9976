/** Who is connected to a broker, by the kernel's tables of its container and of the machine. Source: proc_net_tcp in the kernel's documentation. */

/** A client's address, and the port of the listener that it is connected to. */
export interface Peer {
  address: string;
  port: number;
}

/** Connections in state ESTABLISHED (01), those of the machine with itself left out. */
export function connectedPeers(table: string): Peer[] {
  const rows = table.matchAll(/^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):[0-9A-F]{4} 01 /gm);
  return [...rows].flatMap(([, own = '', port = '', peer = '']) =>
    own === peer ? [] : [{ port: Number.parseInt(port, 16), address: addressIn(peer) }],
  );
}

/** An address of the tables. Each word of four bytes stands there in the order of the machine, which is little-endian wherever Mosquitto runs. */
export function addressIn(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
  const mapped = /^(00){10}FFFF/.test(bytes.join(''));
  if (mapped)
    return bytes
      .slice(12)
      .map((byte) => Number.parseInt(byte, 16))
      .join('.');
  const groups = Array.from({ length: 8 }, (_, index) => `${bytes[2 * index]}${bytes[2 * index + 1]}`);
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
