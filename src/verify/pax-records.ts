import { isUtf8 } from 'node:buffer';

/** The records of one PAX header, as bytes (POSIX, pax, extended header). */
export type PaxRecords = ReadonlyMap<string, Buffer>;

const block = 512;
const empty: PaxRecords = new Map();

/**
 * Reads the PAX records of an archive as it passes by: tar-stream reads them as UTF-8, which the values of extended
 * attributes and names of files need not be, so that different ones become one.
 */
export class PaxReader {
  /** Those of the entries that are still to come out of the archive, the first first. */
  readonly #found: PaxRecords[] = [];
  #header = Buffer.alloc(0);
  /** What is left of the body of an entry, with its padding, in bytes. */
  #left = 0;
  /** Of the body of a PAX header: its size, and what was read of it. */
  #body: { readonly size: number; readonly pieces: Buffer[] } | undefined;
  #records = empty;

  async *through(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      this.#read(piece);
      yield piece;
    }
  }

  /** The records of the next entry. */
  next(): PaxRecords {
    return this.#found.shift() ?? empty;
  }

  #read(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#left > 0) {
        const part = piece.subarray(at, at + this.#left);
        this.#body?.pieces.push(Buffer.from(part));
        this.#left -= part.length;
        at += part.length;
      } else {
        const part = piece.subarray(at, at + block - this.#header.length);
        this.#header = Buffer.concat([this.#header, part]);
        at += part.length;
        if (this.#header.length === block) this.#begin();
      }
      if (this.#left === 0 && this.#body) {
        const { size, pieces } = this.#body;
        this.#records = recordsOf(Buffer.concat(pieces).subarray(0, size));
        this.#body = undefined;
      }
    }
  }

  #begin(): void {
    const header = this.#header;
    this.#header = Buffer.alloc(0);
    if (header.every((byte) => byte === 0)) return;
    const type = String.fromCharCode(header[156]!);
    const own = type === 'x' || type === 'g' || type === 'L' || type === 'K';
    const given = own ? undefined : this.#records.get('size');
    const size = given ? Number(given.toString('latin1')) : sizeOf(header.subarray(124, 136));
    this.#left = type === '5' ? 0 : Math.ceil(size / block) * block;
    if (type === 'x') this.#body = { size, pieces: [] };
    if (own) return;
    this.#found.push(this.#records);
    this.#records = empty;
  }
}

/** Octal digits, or bytes where the first has its highest bit set (GNU tar, base-256). */
function sizeOf(field: Buffer): number {
  if (field[0]! & 0x80) return Number(BigInt(`0x${field.subarray(1).toString('hex')}`));
  return Number.parseInt(field.toString('latin1').replace(/\0.*$/s, '').trim() || '0', 8);
}

function recordsOf(body: Buffer): PaxRecords {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < body.length; ) {
    const blank = body.indexOf(0x20, at);
    const length = Number.parseInt(body.toString('latin1', at, blank), 10);
    if (blank === -1 || !(length > 0)) break;
    const equals = body.indexOf(0x3d, blank);
    if (equals !== -1 && equals < at + length) {
      records.set(body.toString('utf8', blank + 1, equals), body.subarray(equals + 1, at + length - 1));
    }
    at += length;
  }
  return records;
}

/** Bytes as text; where they are no UTF-8, those beyond ASCII stand as their numbers after a sign that no name has. */
export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return bytes.toString('latin1').replace(/[\u0080-\u00ff]/g, (sign) => `\ufffd${sign.charCodeAt(0).toString(16)}`);
}
