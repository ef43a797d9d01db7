import * as unbash from 'unbash';
import { type GapKind, gapFits } from './gaps.ts';
import type {
  Bashism,
  ShellAssignment,
  ShellCommand,
  ShellCompound,
  ShellList,
  ShellNode,
  ShellRedirect,
  ShellScript,
  ShellStatement,
  ShellTree,
  ShellWord,
} from './tree.ts';

/** Longer texts are not parsed: the kernel would not take them as one argument (MAX_ARG_STRLEN on Linux). */
const longest = 131_072;

/**
 * Parses a shell text with the bash grammar, of which POSIX sh is a part. Never throws: a text that cannot be read has
 * no statements and is not tiled.
 */
export function parseShell(text: string): ShellScript {
  const cached = cache.get(text);
  if (cached) return cached;
  const script = read(text);
  if (cache.size >= 2048) cache.clear();
  cache.set(text, script);
  return script;
}

/** Bodies are parsed again in every pass, and many files share them. */
const cache = new Map<string, ShellScript>();

function read(text: string): ShellScript {
  const unread = { text, start: 0, end: text.length, statements: [], tiled: false, bashisms: [], comments: [] };
  if (text.length > longest) return unread;
  try {
    return new Adapter(text).script();
  } catch {
    // Depth limits and rare crashes of the parser: the text stays opaque.
    return unread;
  }
}

class Adapter {
  readonly #text: string;
  readonly #bashisms: Bashism[] = [];
  readonly #comments: ShellNode[] = [];
  #tiled = true;

  constructor(text: string) {
    this.#text = text;
  }

  script(): ShellScript {
    const parsed = unbash.parse(this.#text);
    const list = this.#list(parsed, 0, this.#text.length, 'list');
    return {
      ...list,
      text: this.#text,
      tiled: this.#tiled,
      bashisms: this.#bashisms,
      comments: this.#comments.sort((a, b) => a.start - b.start),
    };
  }

  #gap(start: number, end: number, kind: GapKind): void {
    if (!this.#tiled) return;
    if (start > end || !gapFits(this.#text, start, end, kind, this.#comments)) this.#tiled = false;
  }

  #bash(node: { pos: number; end: number }, what: string): void {
    this.#bashisms.push({ start: node.pos, end: node.end, what });
  }

  #list(
    node: { readonly commands: readonly unbash.Statement[]; readonly errors?: unknown; readonly source?: string },
    start: number,
    end: number,
    kind: GapKind,
  ): ShellList {
    if (Array.isArray(node.errors) && node.errors.length > 0) this.#tiled = false;
    // Positions inside escaped backticks index another text.
    if (node.source !== undefined) {
      this.#tiled = false;
      return { start, end, statements: [] };
    }
    const statements: ShellStatement[] = [];
    let at = start;
    for (const statement of node.commands) {
      this.#gap(at, statement.pos, kind);
      const tree = this.#tree(statement.command);
      const background = statement.background === true;
      if (background) this.#gap(tree.end, statement.end, 'background');
      else if (tree.end !== statement.end && !hasHeredoc(tree)) this.#tiled = false;
      statements.push({ start: statement.pos, end: statement.end, tree, background });
      at = Math.max(statement.end, heredocEnd(statement));
    }
    this.#gap(at, end, kind);
    return { start, end, statements };
  }

  #tree(node: unbash.PipelineNode | unbash.AndOr | unbash.CompoundList): ShellTree {
    const place = { start: node.pos, end: node.end };
    switch (node.type) {
      case 'Command':
        return this.#command(node);
      case 'AndOr': {
        const commands = node.commands.map((command) => this.#tree(command));
        commands.forEach((command, index) => {
          if (index > 0) this.#gap(commands[index - 1]!.end, command.start, node.operators[index - 1]!);
        });
        return { kind: 'and-or', ...place, commands, operators: node.operators };
      }
      case 'Pipeline': {
        const commands = node.commands.map((command) => this.#tree(command));
        this.#gap(node.prefixes.at(-1)?.end ?? node.pos, commands[0]!.start, 'blank');
        commands.forEach((command, index) => {
          const operator = node.operators[index - 1];
          if (operator !== undefined) this.#gap(commands[index - 1]!.end, command.start, operator);
          if (operator === '|&') this.#bash(node, '|&');
        });
        if (node.prefixes.length > 1) this.#bash(node, '! !');
        return {
          kind: 'pipeline',
          ...place,
          negated: node.prefixes.filter((prefix) => prefix.type === 'Negation').length % 2 === 1,
          timed: node.prefixes.some((prefix) => prefix.type === 'Time'),
          commands,
        };
      }
      case 'Redirected': {
        const compound = this.#tree(node.command) as ShellCompound;
        const redirects = node.redirects.map((redirect) => this.#redirect(redirect));
        let at = compound.end;
        for (const redirect of redirects) {
          this.#gap(at, redirect.start, 'blank');
          at = redirect.end;
        }
        return { ...compound, ...place, redirects };
      }
      case 'Function':
        if (/^function\b/.test(this.#text.slice(node.pos, node.pos + 9))) this.#bash(node, 'function');
        return { kind: 'function', ...place, name: node.name.text, body: this.#tree(node.body) };
      case 'Coproc':
        this.#bash(node, 'coproc');
        return { kind: 'coproc', ...place };
      case 'CompoundList':
        // Only recovery from an error yields a bare list here.
        this.#tiled = false;
        return this.#compound('group', node, []);
      case 'Subshell':
      case 'BraceGroup': {
        const group = node.type === 'BraceGroup';
        const open = group ? '{' : '(';
        if (this.#text[node.pos] !== open || this.#text[node.end - 1] !== (group ? '}' : ')')) this.#tiled = false;
        return this.#compound(group ? 'group' : 'subshell', node, [this.#body(node.body, node.pos + 1, node.end - 1)]);
      }
      case 'If': {
        const parts = [node.clause, node.then, ...node.elif.flatMap((each) => [each.clause, each.then]), node.else];
        return this.#keywordCompound('if', node, parts);
      }
      case 'While':
        return this.#keywordCompound(node.kind, node, [node.clause, node.body]);
      case 'For':
        return this.#keywordCompound('for', node, [node.body], [node.name, ...(node.wordlist ?? [])], [node.name.text]);
      case 'Select':
        this.#bash(node, 'select');
        return this.#keywordCompound(
          'select',
          node,
          [node.body],
          [node.name, ...(node.wordlist ?? [])],
          [node.name.text],
        );
      case 'ArithmeticFor':
        this.#bash(node, 'for ((');
        return this.#keywordCompound('arithmetic-for', node, [node.body], [], ['?'], false);
      case 'Case': {
        const through = node.items.find((item) => item.terminator === ';&' || item.terminator === ';;&');
        if (through) this.#bash(through, ';&');
        const words = [node.word, ...node.items.flatMap((item) => item.pattern)];
        return this.#keywordCompound(
          'case',
          node,
          node.items.map((item) => item.body),
          words,
        );
      }
      case 'TestCommand': {
        this.#bash(node, '[[');
        return this.#compound('test', node, [], this.#testWords(node.expression));
      }
      case 'ArithmeticCommand':
        this.#bash(node, '((');
        return this.#compound('arithmetic', node, [], [], arithmeticAssigns(node.body));
    }
  }

  #compound(
    type: ShellCompound['type'],
    node: { pos: number; end: number },
    lists: readonly ShellList[],
    words: readonly ShellWord[] = [],
    assigns: readonly string[] = [],
  ): ShellCompound {
    return { kind: 'compound', type, start: node.pos, end: node.end, lists, words, assigns, redirects: [] };
  }

  #body(list: unbash.CompoundList, start: number, end: number): ShellList {
    return this.#list(list, start, end, 'list');
  }

  /** Keywords, `;` and newlines may stand between the parts; the parts themselves are checked one by one. */
  #keywordCompound(
    type: ShellCompound['type'],
    node: { pos: number; end: number },
    parts: readonly (unbash.CompoundList | undefined)[],
    words: readonly unbash.Word[] = [],
    assigns: readonly string[] = [],
    checkGaps = true,
  ): ShellCompound {
    const read = words.map((word) => this.#word(word));
    const lists = parts.filter((part) => part !== undefined).map((part) => this.#body(part, part.pos, part.end));
    const inner = [...read, ...lists.filter((list) => list.end > list.start)].sort((a, b) => a.start - b.start);
    let at = node.pos;
    for (const each of inner) {
      if (checkGaps) this.#gap(at, each.start, 'keywords');
      at = each.end;
    }
    if (checkGaps) this.#gap(at, node.end, 'keywords');
    return this.#compound(type, node, lists, read, assigns);
  }

  #testWords(expression: unbash.TestExpression): ShellWord[] {
    switch (expression.type) {
      case 'TestUnary':
        return [this.#word(expression.operand)];
      case 'TestBinary':
        return [this.#word(expression.left), this.#word(expression.right)];
      case 'TestLogical':
        return expression.operands.flatMap((operand) => this.#testWords(operand));
      case 'TestNot':
        return this.#testWords(expression.operand);
      case 'TestGroup':
        return this.#testWords(expression.expression);
    }
  }

  #command(node: unbash.Command): ShellCommand {
    const assignments: ShellAssignment[] = [];
    const words: ShellWord[] = [];
    const redirects: ShellRedirect[] = [];
    const pieces: ShellNode[] = [];
    const take = (piece: unbash.Word | unbash.Assignment | unbash.Redirection, prefix: boolean): void => {
      if (piece.type === 'Word') {
        const word = this.#word(piece);
        words.push(word);
        pieces.push(word);
      } else if (piece.type === 'Assignment') {
        const assignment = this.#assignment(piece);
        pieces.push(assignment);
        if (prefix) assignments.push(assignment);
        // `export X=1`: for the command it is an argument.
        else words.push(this.#assignmentWord(piece, assignment));
      } else {
        const redirect = this.#redirect(piece);
        redirects.push(redirect);
        pieces.push(redirect);
      }
    };
    for (const piece of node.prefix) take(piece, true);
    if (node.name) take(node.name, false);
    for (const piece of node.suffix) take(piece, false);
    pieces.forEach((piece, index) => {
      this.#gap(index === 0 ? node.pos : pieces[index - 1]!.end, piece.start, 'blank');
    });
    const end = pieces.at(-1)?.end ?? node.pos;
    return { kind: 'command', start: node.pos, end, assignments, words, redirects };
  }

  #assignment(node: unbash.Assignment): ShellAssignment {
    if (node.value.type === 'ArrayValue' || node.index || node.append) this.#bash(node, 'array or +=');
    const value = node.value.type === 'Word' ? this.#word(node.value) : undefined;
    return { start: node.pos, end: node.end, name: node.name, value };
  }

  #assignmentWord(node: unbash.Assignment, assignment: ShellAssignment): ShellWord {
    const literal = assignment.value?.literal;
    return {
      start: node.pos,
      end: node.end,
      text: node.text,
      literal: literal === undefined ? undefined : `${node.name}=${literal}`,
      quoted: assignment.value?.quoted ?? true,
      variables: assignment.value?.variables ?? [],
      assigns: assignment.value?.assigns ?? [],
      substitutions: assignment.value?.substitutions ?? [],
    };
  }

  #redirect(node: unbash.Redirection): ShellRedirect {
    const place = { start: node.pos, end: node.end, operator: node.operator };
    const setsVariable = node.descriptor?.type === 'FileDescriptorVariable';
    if (node.type === 'HereString' || setsVariable || node.operator === '&>' || node.operator === '&>>') {
      this.#bash(node, node.operator);
    }
    if (node.type === 'HereDoc') {
      // bash only warns of a missing closing line; what the body is then is anyone's guess.
      if (!node.closing) this.#tiled = false;
      const inner = this.#parts(node.body.parts ?? []);
      const text = this.#text.slice(node.pos, node.end);
      const target = { start: node.pos, end: node.end, text, literal: undefined, quoted: true, ...inner };
      return { ...place, target, setsVariable };
    }
    return { ...place, target: node.target && this.#word(node.target), setsVariable };
  }

  #word(node: unbash.Word): ShellWord {
    if (this.#text.slice(node.pos, node.end) !== node.text) this.#tiled = false;
    const parts = node.parts ?? [];
    // An old-style `$[…]` that is not closed is taken for plain text.
    if (node.parts === undefined && node.text.includes('$[')) this.#tiled = false;
    const inner = this.#parts(parts);
    const plain = (part: unbash.WordPart | unbash.DoubleQuotedChild): boolean =>
      part.type === 'Literal' ||
      part.type === 'SingleQuoted' ||
      (part.type === 'DoubleQuoted' && part.parts.every(plain));
    const isLiteral = parts.every(plain) && !node.text.startsWith('~');
    return {
      start: node.pos,
      end: node.end,
      text: node.text,
      literal: isLiteral ? node.value : undefined,
      quoted: /['"\\]/.test(node.text),
      ...inner,
    };
  }

  #parts(parts: readonly (unbash.WordPart | unbash.DoubleQuotedChild)[]): {
    variables: string[];
    assigns: string[];
    substitutions: ShellList[];
  } {
    const found = { variables: [] as string[], assigns: [] as string[], substitutions: [] as ShellList[] };
    const add = (inner: {
      variables: readonly string[];
      assigns: readonly string[];
      substitutions: readonly ShellList[];
    }) => {
      found.variables.push(...inner.variables);
      found.assigns.push(...inner.assigns);
      found.substitutions.push(...inner.substitutions);
    };
    for (const part of parts) {
      switch (part.type) {
        case 'DoubleQuoted':
        case 'LocaleString':
          add(this.#parts(part.parts));
          if (part.type === 'LocaleString') this.#bash(part, '$"');
          break;
        case 'SimpleExpansion':
          found.variables.push(part.text.slice(1));
          break;
        case 'ParameterExpansion': {
          found.variables.push(part.parameter);
          const operation = part.operation;
          if (part.index || part.prefix === '!') this.#bash(part, '${…}');
          if (operation?.type === 'Default') {
            add(this.#word(operation.operand));
            if (operation.operator === '=' || operation.operator === ':=') found.assigns.push(part.parameter);
          } else if (operation?.type === 'Remove') add(this.#word(operation.operand));
          else if (operation) {
            this.#bash(part, '${…}');
            // What an unusual operand holds is not looked into: substitutions there make the text opaque.
            if (/\$\(|`/.test(part.text)) this.#tiled = false;
          }
          break;
        }
        case 'CommandExpansion':
          found.substitutions.push(this.#substitution(part));
          break;
        case 'ProcessSubstitution':
          this.#bash(part, '<(');
          found.substitutions.push(this.#substitution(part));
          break;
        case 'Literal':
          if (part.text.includes('$[')) this.#tiled = false;
          break;
        case 'ArithmeticExpansion':
          if (part.text.startsWith('$[')) this.#bash(part, '$[');
          found.assigns.push(...arithmeticAssigns(part.text));
          found.variables.push(...(part.text.match(/[A-Za-z_]\w*/g) ?? []));
          found.substitutions.push(...this.#inArithmetic(part));
          break;
        case 'AnsiCQuoted':
          this.#bash(part, "$'");
          break;
        case 'BraceExpansion':
          this.#bash(part, '{a,b}');
          break;
        case 'ExtendedGlob':
          this.#bash(part, '@(a)');
          break;
      }
    }
    return found;
  }

  /** The command substitutions in an arithmetic expansion; one that the parser does not show makes the text opaque. */
  #inArithmetic({ pos, text, expression }: unbash.ArithmeticExpansionPart): ShellList[] {
    const found = expression === undefined ? [] : commandsIn(expression);
    let rest = text.slice(3);
    for (const each of found) {
      const start = each.pos - pos - 3;
      rest = rest.slice(0, start) + ' '.repeat(each.end - each.pos) + rest.slice(start + each.end - each.pos);
    }
    if (/\$\(|`/.test(rest)) this.#tiled = false;
    return found.map((each) => this.#substitution(each));
  }

  #substitution(
    part: unbash.CommandExpansionPart | unbash.ProcessSubstitutionPart | unbash.ArithmeticCommandExpansion,
  ): ShellList {
    const empty = { start: part.pos, end: part.end, statements: [] };
    const script = part.script;
    if (!script) return empty;
    const open = part.text.startsWith('`') ? 1 : 2;
    if (part.text.startsWith('${')) {
      this.#bash(part, '${ …; }');
      if (!part.text.endsWith('}')) this.#tiled = false;
    }
    return this.#list(script, part.pos + open, part.end - 1, 'list');
  }
}

function commandsIn(node: unbash.ArithmeticExpression): unbash.ArithmeticCommandExpansion[] {
  switch (node.type) {
    case 'ArithmeticCommandExpansion':
      return [node];
    case 'ArithmeticBinary':
      return [...commandsIn(node.left), ...commandsIn(node.right)];
    case 'ArithmeticUnary':
      return commandsIn(node.operand);
    case 'ArithmeticTernary':
      return [node.test, node.consequent, node.alternate].flatMap(commandsIn);
    case 'ArithmeticGroup':
      return commandsIn(node.expression);
    case 'ArithmeticWord':
      return [];
  }
}

function arithmeticAssigns(text: string): string[] {
  const names = [...text.matchAll(/([A-Za-z_]\w*)\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)/g)].map((match) => match[1]!);
  for (const match of text.matchAll(/(?:\+\+|--)\s*([A-Za-z_]\w*)|([A-Za-z_]\w*)\s*(?:\+\+|--)/g)) {
    names.push((match[1] ?? match[2])!);
  }
  return names;
}

function hasHeredoc(tree: ShellTree): boolean {
  switch (tree.kind) {
    case 'command':
    case 'compound':
      return tree.redirects.some((redirect) => redirect.operator.startsWith('<<') && redirect.operator !== '<<<');
    case 'pipeline':
    case 'and-or':
      return tree.commands.some(hasHeredoc);
    default:
      return false;
  }
}

/** Where the last heredoc body that a statement opened ends. */
function heredocEnd(node: unbash.SyntaxNode): number {
  let end = 0;
  const visit = (each: unbash.SyntaxNode): void => {
    if (each.type === 'HereDoc') end = Math.max(end, each.closing?.end ?? each.body.end);
    unbash.forEachChild(each, visit);
  };
  visit(node);
  return end;
}
