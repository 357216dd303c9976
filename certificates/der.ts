/** DER, as far as it takes to tell what some bytes are. Source: ITU-T X.690. */

export interface DerNode {
  tag: number;
  content: Buffer;
}

const constructed = 0x20;
const lengthBytesMost = 4;

/** The first node of some bytes; undefined where they are none. Where a length is not said, it reaches to the end. */
export function derNode(bytes: Buffer): DerNode | undefined {
  return nodeAt(bytes, 0)?.node;
}

/** What stands in a node; nothing in one that holds a value, and what was understood of a damaged one. */
export function derChildren({ tag, content }: DerNode): DerNode[] {
  const children: DerNode[] = [];
  if ((tag & constructed) === 0) return children;
  for (let offset = 0; offset < content.length; ) {
    const found = nodeAt(content, offset);
    if (found === undefined) break;
    children.push(found.node);
    offset = found.end;
  }
  return children;
}

/** An object identifier with its dots; undefined for a node of another kind. */
export function oidOf(node: DerNode | undefined): string | undefined {
  if (node === undefined || node.tag !== 0x06 || node.content.length === 0) return undefined;
  const numbers: number[] = [];
  let number = 0;
  for (const byte of node.content) {
    number = number * 128 + (byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    numbers.push(number);
    number = 0;
  }
  const [joined = 0, ...others] = numbers;
  const first = Math.min(Math.floor(joined / 40), 2);
  return [first, joined - first * 40, ...others].join('.');
}

function nodeAt(bytes: Buffer, offset: number): { node: DerNode; end: number } | undefined {
  const [tag, length] = [bytes[offset], bytes[offset + 1]];
  if (tag === undefined || length === undefined || tag === 0) return undefined;
  if (length === 0x80) return { node: { tag, content: bytes.subarray(offset + 2) }, end: bytes.length };
  const more = length < 0x80 ? 0 : length & 0x7f;
  if (more > lengthBytesMost || offset + 2 + more > bytes.length) return undefined;
  const size = more === 0 ? length : bytes.readUIntBE(offset + 2, more);
  const start = offset + 2 + more;
  if (start + size > bytes.length) return undefined;
  return { node: { tag, content: bytes.subarray(start, start + size) }, end: start + size };
}
