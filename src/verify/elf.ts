/** How large a program, or an archive, may be to be looked into, in bytes. */
export const largestElf = 192 * 1024 * 1024;

/** Whether bytes begin as an ELF file does (ELF specification, figure 1-5). */
export function isElf(first: Buffer): boolean {
  return first.length >= 4 && first.readUInt32BE(0) === 0x7f454c46;
}

const [PT_LOAD, PT_DYNAMIC, PT_INTERP] = [1, 2, 3];
const [DT_NULL, DT_NEEDED, DT_STRTAB] = [0, 1, 5];

/**
 * The libraries that a program or library is loaded with, and its loader, by their file names (ELF specification, book
 * III, dynamic linking); empty for a static one, and for what cannot be read.
 */
export function neededBy(file: Buffer): string[] {
  try {
    return read(file);
  } catch (error) {
    // A file that is cut or crafted leads beyond its end.
    if (error instanceof RangeError) return [];
    throw error;
  }
}

function read(file: Buffer): string[] {
  const is64 = file[4] === 2;
  const isLittle = file[5] === 1;
  const number = (at: number, bytes: 2 | 4 | 8): number => {
    if (bytes === 8) return Number(isLittle ? file.readBigUInt64LE(at) : file.readBigUInt64BE(at));
    return isLittle ? file.readUIntLE(at, bytes) : file.readUIntBE(at, bytes);
  };
  const word = is64 ? 8 : 4;
  const headers = number(is64 ? 32 : 28, word);
  const size = number(is64 ? 54 : 42, 2);
  const count = number(is64 ? 56 : 44, 2);
  const segments = Array.from({ length: count }, (_, index) => {
    const at = headers + index * size;
    return {
      type: number(at, 4),
      offset: number(at + (is64 ? 8 : 4), word),
      address: number(at + (is64 ? 16 : 8), word),
      length: number(at + (is64 ? 32 : 16), word),
    };
  });
  const text = (at: number): string => {
    const end = file.indexOf(0, at);
    return end === -1 || at < 0 ? '' : file.toString('latin1', at, Math.min(end, at + 256));
  };
  const found: string[] = [];
  const loader = segments.find(({ type }) => type === PT_INTERP);
  if (loader) found.push(text(loader.offset));
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic) {
    const entries: [number, number][] = [];
    for (let at = dynamic.offset; at < dynamic.offset + dynamic.length; at += 2 * word) {
      const tag = number(at, word);
      if (tag === DT_NULL) break;
      entries.push([tag, number(at + word, word)]);
    }
    const strings = entries.find(([tag]) => tag === DT_STRTAB)?.[1] ?? 0;
    const holder = segments.find(
      ({ type, address, length }) => type === PT_LOAD && strings >= address && strings < address + length,
    );
    const base = strings - (holder?.address ?? 0) + (holder?.offset ?? 0);
    for (const [tag, value] of entries) if (tag === DT_NEEDED) found.push(text(base + value));
  }
  const names = found.map((path) => path.slice(path.lastIndexOf('/') + 1)).filter((name) => name !== '');
  return [...new Set(names)];
}
