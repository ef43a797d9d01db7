/**
 * Matches absolute paths of an image against globs: `*` and `?` within a name, `**` across names. `/a/**` is also `/a`
 * itself, and `{a,b}` stands for either. Backslashes and brackets mean nothing.
 */
export function pathMatcher(globs: readonly string[]): (path: string) => boolean {
  if (globs.length === 0) return () => false;
  const whole = new RegExp(
    globs
      .flatMap(alternatives)
      .map((glob) => `^${pattern(glob)}$`)
      .join('|'),
    's',
  );
  return (path) => whole.test(path);
}

function alternatives(glob: string): string[] {
  const [, before, inner, after] = /^(.*?)\{([^}]*)\}(.*)$/.exec(glob) ?? [];
  if (inner === undefined) return [glob];
  return inner.split(',').flatMap((each) => alternatives(before + each + after));
}

function pattern(glob: string): string {
  return glob.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\/\*\*$|\*\*\/|\*\*|\*|\?/g, (token) => {
    if (token === '/**') return '(?:/.*)?';
    if (token === '**/') return '(?:.*/)?';
    if (token === '**') return '.*';
    return token === '*' ? '[^/]*' : '[^/]';
  });
}

/** A text as a regular expression that matches it alone. */
export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
