import type { Element } from '@xmldom/xmldom';
import { Library } from './library.ts';
import { NotTheFormat } from './value.ts';

/** Reads XML. */
export const xml = new Library(() => import('@xmldom/xmldom'));

/** Parses an XML text and gives its root element; throws for what is not well formed. Entities of a DTD are not read. */
export function parseXml(source: string): Element {
  const text = source.replace(/^\ufeff/, '');
  if (/<!ENTITY/.test(text)) throw new NotTheFormat();
  const parser = new xml.loaded.DOMParser({
    onError: (level) => {
      if (level !== 'warning') throw new NotTheFormat();
    },
  });
  const root = parser.parseFromString(text, 'text/xml').documentElement;
  if (root === null) throw new NotTheFormat();
  return root;
}

/** The elements directly below one, or those of a name. */
export function children(parent: Element | undefined, name?: string): Element[] {
  const found: Element[] = [];
  for (let node = parent?.firstChild ?? null; node !== null; node = node.nextSibling) {
    if (node.nodeType === node.ELEMENT_NODE && (name === undefined || (node as Element).localName === name)) {
      found.push(node as Element);
    }
  }
  return found;
}

/** The first element of a name directly below one. */
export function child(parent: Element | undefined, name: string): Element | undefined {
  return children(parent, name)[0];
}

/** The text of the first element of a name directly below one, trimmed. */
export function childText(parent: Element | undefined, name: string): string | undefined {
  return child(parent, name)?.textContent?.trim();
}
