/** What the head of an ELF file says of how its program is linked. */
export type Linking =
  | { readonly kind: 'static' }
  /** The loader that the program asks for. */
  | { readonly kind: 'dynamic'; readonly interpreter: string };

const elf = [0x7f, 0x45, 0x4c, 0x46];
const programInterpreter = 3;
const programDynamic = 2;
const typeExecutable = 2;
const typeShared = 3;

/**
 * Reads how a program is linked from its program headers, which stand at the front of the file (System V ABI, chapter
 * 5). Undefined for what is no ELF program, or where its headers lie beyond the bytes that are given.
 */
export function readLinking(head: Uint8Array): Linking | undefined {
  if (head.length < 64 || elf.some((byte, at) => head[at] !== byte)) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const isWide = head[4] === 2;
  const little = head[5] === 1;
  const type = view.getUint16(16, little);
  if (type !== typeExecutable && type !== typeShared) return undefined;
  const offset = isWide ? Number(view.getBigUint64(32, little)) : view.getUint32(28, little);
  const size = view.getUint16(isWide ? 54 : 42, little);
  const count = view.getUint16(isWide ? 56 : 44, little);
  if (count === 0 || size < (isWide ? 56 : 32) || offset + size * count > head.length) return undefined;
  let hasDynamic = false;
  for (let at = offset; at < offset + size * count; at += size) {
    const kind = view.getUint32(at, little);
    if (kind === programDynamic) hasDynamic = true;
    if (kind !== programInterpreter) continue;
    const start = isWide ? Number(view.getBigUint64(at + 8, little)) : view.getUint32(at + 4, little);
    const length = isWide ? Number(view.getBigUint64(at + 32, little)) : view.getUint32(at + 16, little);
    if (length === 0 || start + length > head.length) return undefined;
    const interpreter = new TextDecoder().decode(head.subarray(start, start + length)).replace(/\0.*$/s, '');
    return { kind: 'dynamic', interpreter };
  }
  // A shared library has a dynamic section and no interpreter; a static program that may lie anywhere has both not, or is marked.
  return hasDynamic && type === typeShared && !isPie(view, offset, size, count, little, isWide)
    ? undefined
    : { kind: 'static' };
}

/** Whether the dynamic section is marked as that of a position-independent program: DF_1_PIE of glibc's elf.h. */
function isPie(view: DataView, offset: number, size: number, count: number, little: boolean, isWide: boolean): boolean {
  if (!isWide) return false;
  for (let at = offset; at < offset + size * count; at += size) {
    if (view.getUint32(at, little) !== programDynamic) continue;
    const start = Number(view.getBigUint64(at + 8, little));
    const length = Number(view.getBigUint64(at + 32, little));
    if (start + length > view.byteLength) return false;
    for (let entry = start; entry + 16 <= start + length; entry += 16) {
      const tag = Number(view.getBigUint64(entry, little));
      const flags = Number(view.getBigUint64(entry + 8, little) & 0xffffffffn);
      if (tag === 0x6ffffffb && (flags & 0x08000000) !== 0) return true;
    }
  }
  return false;
}
