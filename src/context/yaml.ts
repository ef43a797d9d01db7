import type { Document, Node, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { Library } from '../manifests/index.ts';

/** Reads YAML, and the JSON of build files. */
export const yaml: Library<typeof import('yaml')> = new Library(() => import('yaml'));

/** Whether a node is a mapping. */
export const isMap = (node: unknown): node is YAMLMap => yaml.loaded.isMap(node);
/** Whether a node is a list. */
export const isSeq = (node: unknown): node is YAMLSeq => yaml.loaded.isSeq(node);
/** Whether a node is a single value. */
export const isScalar = (node: unknown): node is Scalar => yaml.loaded.isScalar(node);

/** One document of a YAML or JSON text. */
export interface Yaml {
  readonly root: Node;
  readonly document: Document;
  readonly lineOf: (node: unknown) => number;
}

/** The documents of a YAML or JSON text that have no errors. */
export function parseYaml(text: string): Yaml[] {
  const { LineCounter, parseAllDocuments } = yaml.loaded;
  const lines = new LineCounter();
  const found: Yaml[] = [];
  try {
    for (const document of parseAllDocuments(text, { lineCounter: lines, merge: true, logLevel: 'silent' })) {
      if (!('errors' in document) || document.errors.length > 0 || document.contents === null) continue;
      const lineOf = (node: unknown) => lines.linePos((node as Node | undefined)?.range?.[0] ?? 0).line;
      found.push({ root: document.contents as Node, document: document as Document, lineOf });
    }
  } catch {
    return [];
  }
  return found;
}

/** A plain value of a YAML node, aliases resolved; undefined where they are too many. */
export function plain(node: unknown, document: Document): unknown {
  try {
    return (node as Node | undefined)?.toJS(document, { maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}

/** The node under a name of a mapping. */
export function get(node: unknown, name: string): unknown {
  return isMap(node) ? (node as YAMLMap).get(name, true) : undefined;
}

/** The entries of a mapping. */
export function pairs(node: unknown): { name: string; key: unknown; value: unknown }[] {
  if (!isMap(node)) return [];
  return node.items.map(({ key, value }) => ({ name: isScalar(key) ? String(key.value) : '', key, value }));
}

/** A scalar as text. */
export const asText = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined;
