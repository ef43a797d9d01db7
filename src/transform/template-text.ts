/** Whether a text has marks that a template engine replaces before a builder reads the file: `{{ x }}`, `<% x %>`, `@X@`. */
export function holdsTemplate(text: string): boolean {
  return /\{\{|\{%|<%|%%|@[A-Z][A-Z0-9_]*@/.test(text);
}
