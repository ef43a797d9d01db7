/** One challenge of a WWW-Authenticate header; scheme and names of parameters are in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const isTokenCharacter = (text: string) => /[\w!#$%&'*+.^`|~/-]/.test(text);

/**
 * Reads the challenges of one or several WWW-Authenticate headers (RFC 9110, section 11.6.1), in order. Commas may part
 * challenges as well as parameters and stand in quotes, and a quote that is never closed ends with the header, as
 * registries write all of these.
 */
export function parseChallenges(headers: string | readonly string[] | undefined): Challenge[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  for (const text of typeof headers === 'string' ? [headers] : (headers ?? [])) {
    let at = 0;
    const skip = (characters: string) => {
      while (at < text.length && characters.includes(text[at]!)) at++;
    };
    const token = () => {
      const start = at;
      while (at < text.length && isTokenCharacter(text[at]!)) at++;
      return text.slice(start, at);
    };
    const quoted = () => {
      let value = '';
      for (at++; at < text.length && text[at] !== '"'; at++) {
        if (text[at] === '\\') at++;
        value += text[at] ?? '';
      }
      at++;
      return value;
    };
    const before = found.length;
    while (at < text.length) {
      skip(' \t,');
      const name = token().toLowerCase();
      if (name === '') {
        at++;
        continue;
      }
      const afterName = at;
      skip(' \t');
      const current = found.length > before ? found.at(-1) : undefined;
      if (text[at] === '=' && current) {
        at++;
        skip(' \t');
        current.parameters[name] ??= text[at] === '"' ? quoted() : token();
      } else {
        at = afterName;
        found.push({ scheme: name, parameters: Object.create(null) as Record<string, string> });
      }
    }
  }
  return found;
}
