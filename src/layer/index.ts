export { decompressor, LayerError, magicBytes } from './decompress.ts';
export { maxLinks, relativePath, resolveLink, type Whiteout, whiteoutOf, writtenPath } from './paths.ts';
