import { absolute, parentOf } from './image-paths.ts';

/** A path as far as a text tells it: `open` where parts that are not known follow. */
export interface PathValue {
  readonly text: string;
  readonly open: boolean;
}

/** What an expression of a program may refer to. */
export interface ExpressionScope {
  /** The folder of the source file in the image; undefined where it is not there. */
  readonly folder: string | undefined;
  readonly workdir: string | undefined;
  /** A variable of the environment; undefined where it is not set. */
  environment(name: string): string | undefined;
  /** What a name was given, as expressions: the nearest assignment of the file, or of the program. */
  assigned(name: string): string | undefined;
}

const DEPTH = 12;

/**
 * Works out a path of JavaScript, Python, Ruby, PHP, Go, Java, C# or Rust source as far as it is written out: literals,
 * joins, defaults of environment variables, and names that were given such values. Undefined where its beginning is not
 * known. These are patterns of the common ways to write it and no parser of seven languages: what they do not know is
 * unknown.
 */
export function pathValue(expression: string, scope: ExpressionScope, depth = 0): PathValue | undefined {
  const text = expression
    .trim()
    .replace(/^\*(?=[a-z])/, '')
    .replace(/^(?:await|new|&|String\(|&mut)\s*(?=\S)/, (head) => (head === 'String(' ? head : ''));
  if (text === '' || depth > DEPTH) return undefined;
  const inner = (part: string): PathValue | undefined => pathValue(part, scope, depth + 1);

  const alternatives = splitAt(text, ['??', '||', ' or ', '?:']);
  if (alternatives.length > 1) {
    for (const each of alternatives) {
      const value = inner(each);
      if (value !== undefined) return value;
    }
    return undefined;
  }
  const summands = splitAt(text, ['+', ' . ']);
  if (summands.length > 1) return joinedValues(summands.map(inner), '');
  const parts = splitAt(text, [' / ']);
  if (parts.length > 1) return joinedValues(parts.map(inner), '/');

  const literal = literalValue(text, inner);
  if (literal !== null)
    return literal && { ...literal, text: literal.text.replace(/^(?:sqlite|file):(?=[^/]|\/(?!\/))/, '') };
  if (text.startsWith('(') && closing(text, 0) === text.length - 1) return inner(text.slice(1, -1));

  const environment =
    /^(?:process\.env\.(\w+)|process\.env\[["'](\w+)["']\]|os\.environ\[["'](\w+)["']\]|ENV\[["'](\w+)["']\]|\$_ENV\[["'](\w+)["']\]|Bun\.env\.(\w+))$/.exec(
      text,
    );
  if (environment) return fromEnvironment(environment.slice(1).find((name) => name !== undefined)!, scope);

  if (/^(?:__dirname|__dir__|import\.meta\.dirname|__DIR__|app\.root_path|current_app\.root_path)$/.test(text))
    return known(scope.folder);
  if (/^(?:__file__|__filename|__FILE__|import\.meta\.url)$/.test(text))
    return scope.folder === undefined ? undefined : known(`${scope.folder}/file`);
  if (
    /^(?:Rails\.root|settings\.BASE_DIR|process\.cwd\(\)|os\.getcwd\(\)|Dir\.pwd|getcwd\(\)|Path\.cwd\(\)|base_path\(\)|AppContext\.BaseDirectory|env\.ContentRootPath|Directory\.GetCurrentDirectory\(\))$/.test(
      text,
    )
  )
    return known(scope.workdir);

  const member =
    /^(.+)\.(parent|dirname|getParent\(\)|getParentFile\(\)|resolve\(\)|absolute\(\)|toString\(\)|to_s|toFile\(\)|toPath\(\)|toAbsolutePath\(\)|as_posix\(\)|expanduser\(\)|display\(\)|clone\(\)|as_path\(\)|as_str\(\)|to_string\(\))$/s.exec(
      text,
    );
  if (member) {
    const value = inner(member[1]!);
    if (value === undefined || !/^(?:parent|dirname|getParent)/.test(member[2]!)) return value;
    return value.open ? undefined : known(parentOf(absolute(value.text, scope.workdir) ?? value.text));
  }
  const call = /^([\w.:$\\>-]+)!?\s*\(/.exec(text);
  if (call && closing(text, call[0].length - 1) === text.length - 1) {
    return callValue(call[1]!, splitAt(text.slice(call[0].length, -1), [',']), scope, inner);
  }
  if (
    /^[$@]?[A-Za-z_]\w*$/.test(text) ||
    /^(?:self|this|settings|config|app\.config|cfg|opts|options|Config|conf)[.:]+\w+$/.test(text)
  ) {
    const assigned = scope.assigned(text.replace(/^.*[.:]/, ''));
    return assigned === undefined ? undefined : inner(assigned);
  }
  const item = /^(?:app\.config|config|settings)\[["'](\w+)["']\]$/.exec(text);
  if (item) {
    const assigned = scope.assigned(item[1]!);
    return assigned === undefined ? undefined : inner(assigned);
  }
  return undefined;
}

const known = (text: string | undefined): PathValue | undefined =>
  text === undefined ? undefined : { text, open: false };

function fromEnvironment(name: string, scope: ExpressionScope): PathValue | undefined {
  return known(scope.environment(name) || undefined);
}

/** A string of some language with what is interpolated in it; null for a text that is none. */
function literalValue(text: string, inner: (part: string) => PathValue | undefined): PathValue | undefined | null {
  const match = /^(?:[frbuRFB@$]{0,2})(["'`])([\s\S]*)\1$/.exec(text);
  if (!match || match[2]!.replace(/\\[\s\S]|\$?\{[^{}]*\}|#\{[^{}]*\}/g, '').includes(match[1]!)) return null;
  const [, quote, body] = match;
  const isFormat = /^[fF$]/.test(text);
  let value = '';
  for (const piece of body!.split(/(\$\{[^{}]*\}|#\{[^{}]*\}|\{[^{}]*\}|\$\w+|%[sdv]|%\([\w]+\)s)/)) {
    const name = /^(?:\$|#)?\{([^{}]*)\}$/.exec(piece)?.[1] ?? (/^\$\w+$/.test(piece) ? piece : undefined);
    const isHole =
      /^%/.test(piece) ||
      (name !== undefined &&
        (quote === '`' ||
          piece.startsWith('#') ||
          isFormat ||
          (piece.startsWith('$') && quote === '"') ||
          (piece.startsWith('{') && quote === '"')));
    if (!isHole) {
      value += piece;
      continue;
    }
    const found = name === undefined ? undefined : inner(name.replace(/[:!].*$/, ''));
    if (found === undefined || found.open) {
      const start = value + (found?.text ?? '');
      return start.includes('/') ? { text: start, open: true } : undefined;
    }
    value += found.text;
  }
  return { text: value, open: false };
}

function joinedValues(values: readonly (PathValue | undefined)[], separator: string): PathValue | undefined {
  let text: string | undefined;
  for (const value of values) {
    if (value === undefined) {
      // What begins with something unknown may be anywhere.
      if (text === undefined || text === '') return undefined;
      const start = separator === '' ? text : `${text}/`;
      return start.includes('/') ? { text: start, open: true } : undefined;
    }
    const isFirst = text === undefined;
    text = isFirst
      ? value.text
      : separator === '/' && value.text.startsWith('/')
        ? value.text
        : `${text}${separator}${value.text}`;
    if (value.open) return { text, open: true };
  }
  return text === undefined ? undefined : { text: text.replace(/(?<!:)\/{2,}/g, '/'), open: false };
}

function callValue(
  name: string,
  words: readonly string[],
  scope: ExpressionScope,
  inner: (part: string) => PathValue | undefined,
): PathValue | undefined {
  const last = name.replace(/^.*(?:\.|::|\\|->)/, '');
  const first = words[0]?.trim() ?? '';
  if (
    /^(?:getenv|get_env|Getenv|LookupEnv|env|environ|GetEnvironmentVariable|getEnv|env_or|getEnvOrDefault|GetEnv|getenv_or|var|var_os|unwrap_or)$/.test(
      last,
    ) ||
    /environ\.get$|ENV\.fetch$/.test(name)
  ) {
    const variable = /^["'](\w+)["']$/.exec(first)?.[1];
    const set = variable === undefined ? undefined : fromEnvironment(variable, scope);
    return set ?? (words[1] === undefined ? undefined : inner(words[1]));
  }
  if (
    /^(?:tmpdir|gettempdir|TempDir|temp_dir|GetTempPath|mkdtemp|NamedTemporaryFile|mkstemp|sys_get_temp_dir|tempnam|createTempFile|createTempDirectory)$/.test(
      last,
    )
  )
    return known('/tmp');
  if (/^(?:homedir|UserHomeDir|home_dir)$/.test(last) || /^Path\.home$/.test(name)) return known('~');
  // The default of a flag of Go, which nobody gives.
  if (/^p?flag\.String(?:P)?$/.test(name))
    return words[name.endsWith('P') ? 2 : 1] === undefined ? undefined : inner(words[name.endsWith('P') ? 2 : 1]!);
  if (/^(?:dirname|Dir)$/.test(last)) {
    const value = inner(first);
    return value === undefined || value.open
      ? undefined
      : known(parentOf(absolute(value.text, scope.workdir) ?? value.text));
  }
  if (
    /^(?:fileURLToPath|abspath|realpath|resolve_path|normpath|expanduser|expandPath|Abs|Clean|ToSlash|String|str|Path|PurePath|PosixPath|from|PathBuf|File|URI|to_path|toFile|decodeURIComponent|fspath|EnsureTrailingSlash|Absolute|absolutePath|normalize|canonicalize|into|to_string|clone|Some|Ok)$/.test(
      last,
    ) &&
    words.length === 1
  )
    return inner(first);
  if (/^(?:join|resolve|Join|get|of|Combine|File|expand_path|push|concat|Path|joinpath|resolveSibling)$/.test(last)) {
    const values = (last === 'expand_path' ? [...words].reverse() : words).map(inner);
    // `base.joinpath("x")`, `root.join("x")`: the receiver comes first.
    const receiver = /^(.+)(?:\.|->)(?:joinpath|join|resolve)$/.exec(name)?.[1];
    const isModule =
      receiver === undefined ||
      /^(?:path|os\.path|posix|File|Paths|Path|filepath|std::path|posixpath|upath|nodePath)$/.test(receiver);
    return joinedValues(isModule ? values : [inner(receiver), ...values], '/');
  }
  if (/^(?:storage_path|public_path|database_path|base_path|app_path)$/.test(last)) {
    const folder = { storage_path: 'storage', public_path: 'public', database_path: 'database' }[last] ?? '';
    return joinedValues([known(scope.workdir), known(folder), ...(first === '' ? [] : [inner(first)])], '/');
  }
  if (/^(?:basename|Base|uuid4|now|time|randomUUID|Date|strftime|format)$/.test(last)) return undefined;
  return undefined;
}

/** The index of the bracket that closes the one at an index; the end of the text where none does. */
export function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"' || char === "'" || char === '`') at = endOfString(text, at);
    else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char) && --depth === 0) return at;
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === text[start]) return at;
  }
  return text.length;
}

/** Splits a text at marks that stand outside of brackets and strings. */
export function splitAt(text: string, marks: readonly string[]): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"' || char === "'" || char === '`') {
      at = endOfString(text, at);
      continue;
    }
    if ('([{'.includes(char)) {
      at = closing(text, at);
      continue;
    }
    const mark = marks.find((each) => text.startsWith(each, at));
    if (mark === undefined) continue;
    parts.push(text.slice(from, at));
    at += mark.length - 1;
    from = at + 1;
  }
  parts.push(text.slice(from));
  return parts;
}
