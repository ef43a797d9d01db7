import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dockerfile } from '../../src/dockerfile/index.ts';
import {
  commandName,
  parseShell,
  type ShellList,
  type ShellNode,
  type ShellScript,
  type ShellTree,
  type ShellWord,
  visitCommands,
} from '../../src/shell/index.ts';
import { allOr, noteOf, sampled } from '../support/sampled.ts';
import { corpusFiles, shared, sharedMissing } from '../support/shared.ts';

/** A tree in one line: every node by the text of its span. */
function drawn(text: string): string {
  const script = parseShell(text);
  const at = (node: ShellNode): string => text.slice(node.start, node.end);
  const word = (each: ShellWord): string => {
    const inner = each.substitutions.map((one) => `{${list(one)}}`).join('');
    return (each.literal === undefined ? `?${at(each)}` : at(each)) + inner;
  };
  const tree = (each: ShellTree): string => {
    switch (each.kind) {
      case 'command':
        return `[${[
          ...each.assignments.map((one) => `=${at(one)}`),
          ...each.words.map(word),
          ...each.redirects.map((one) => `${one.operator}(${one.target ? at(one.target) : ''})`),
        ].join(' ')}]`;
      case 'pipeline':
        return `${each.negated ? '!' : ''}${each.timed ? 'time ' : ''}(${each.commands.map(tree).join(' | ')})`;
      case 'and-or':
        return each.commands.map((one, index) => (index ? ` ${each.operators[index - 1]} ` : '') + tree(one)).join('');
      case 'compound':
        return `${each.type}(${[...each.words.map(word), ...each.lists.map(list)].join(' / ')})${each.redirects.map(at).join('')}`;
      case 'function':
        return `${each.name}()=${tree(each.body)}`;
      case 'coproc':
        return 'coproc';
    }
  };
  const list = (each: ShellList): string =>
    each.statements.map((one) => tree(one.tree) + (one.background ? '&' : '')).join('; ');
  return `${script.tiled ? '' : 'untiled '}${list(script)}`;
}

describe('trees', () => {
  test.each([
    ['a b', '[a b]'],
    ['apt-get update && apt-get install -y x', '[apt-get update] && [apt-get install -y x]'],
    ['a || b && c; d & e', '[a] || [b] && [c]; [d]&; [e]'],
    ['a | b "c d" | e', '([a] | [b "c d"] | [e])'],
    ['! a', '!([a])'],
    ['x=1 y=$z a > b 2>&1', '[=x=1 =y=$z a >(b) >&(1)]'],
    ['export A=1 B=$C', '[export A=1 ?B=$C]'],
    ['a $b "$c" \'$d\' ~ *.x', '[a ?$b ?"$c" \'$d\' ?~ ?*.x]'],
    ['a $(b `c`) d', '[a ?$(b `c`){[b ?`c`{[c]}]} d]'],
    ['if a; then b; elif c; then d; else e; fi', 'if([a] / [b] / [c] / [d] / [e])'],
    ['for i in a b; do c $i; done', 'for(i / a / b / [c ?$i])'],
    ['while a; do b; done > x', 'while([a] / [b])> x'],
    ['until a; do b; done', 'until([a] / [b])'],
    ['case $x in a|b) c;; *) d;; esac', 'case(?$x / a / b / ?* / [c] / [d])'],
    ['(a; b) && { c; }', 'subshell([a]; [b]) && group([c])'],
    ['f() { a; }; f', 'f()=group([a]); [f]'],
    ['a <<E\nx $(b)\nE\nc', '[a <<(<<E)]; [c]'],
  ])('%s', (text, expected) => {
    expect(drawn(text)).toBe(expected);
  });
});

describe('words', () => {
  const words = (text: string): ShellWord[] => {
    const found: ShellWord[] = [];
    visitCommands(parseShell(text), (command) => found.push(...command.words));
    return found;
  };
  test('a literal has its value, quotes and escapes removed', () => {
    expect(words(`'a b' "c d" e\\ f g'h'"i"`).map((word) => word.literal)).toEqual(['a b', 'c d', 'e f', 'ghi']);
  });

  test.each([
    ['a -w $(($(nproc)*5/4))', ['a', 'nproc']],
    ['export W="$(( 1 + $(cat /x | wc -l) ))" && b', ['export', 'cat', 'wc', 'b']],
    ['a $(( ($(b) > 2) ? $(c) : -$(d) ))', ['a', 'b', 'c', 'd']],
    ['a $(( $(b $((1 + $(c)))) ))', ['a', 'b', 'c']],
  ])('reads the commands in the arithmetic of %s', (text, names) => {
    const script = parseShell(text);
    const found: (string | undefined)[] = [];
    visitCommands(script, (command) => {
      const [word] = command.words;
      found.push(word?.literal);
      expect(text.slice(word!.start, word!.end)).toBe(word!.text);
    });
    expect({ tiled: script.tiled, found: found.sort() }).toEqual({ tiled: true, found: [...names].sort() });
  });
  test('a command in backticks in arithmetic is not read', () => {
    expect(parseShell('a $((`b`*2))').tiled).toBe(false);
  });

  test('a word with an expansion has none, and names its variables', () => {
    const [plain, braced, assigned, arithmetic] = words('$a "${b:-x}" ${c:=1} $((d+e))');
    expect([plain!.literal, plain!.variables]).toEqual([undefined, ['a']]);
    expect([braced!.literal, braced!.variables]).toEqual([undefined, ['b']]);
    expect(assigned!.assigns).toEqual(['c']);
    expect(arithmetic!.variables).toEqual(['d', 'e']);
  });
  test('names of commands', () => {
    const names: (string | undefined)[] = [];
    visitCommands(parseShell('/bin/a; "b"; $c; x=1; (d)'), (command) => names.push(commandName(command)));
    expect(names).toEqual(['/bin/a', 'b', undefined, undefined, 'd']);
  });
});

describe('what only bash reads (G1)', () => {
  test.each([
    ['foo &> x', '&>', '&> x'],
    ['foo &>> x', '&>>', '&>> x'],
    ['a |& b', '|&', 'a |& b'],
    ['cat <<< x', '<<<', '<<< x'],
    ['diff <(a) b', '<(', '<(a)'],
    ['echo {a,b}', '{a,b}', '{a,b}'],
    ['echo {1..3}', '{a,b}', '{1..3}'],
    ["echo $'x'", "$'", "$'x'"],
    ['[[ a ]]', '[[', '[[ a ]]'],
    ['((x=1))', '((', '((x=1))'],
    ['a=(1 2)', 'array or +=', 'a=(1 2)'],
    ['a+=1', 'array or +=', 'a+=1'],
    ['function f { a; }', 'function', 'function f { a; }'],
    ['select x in a; do b; done', 'select', 'select x in a; do b; done'],
    ['echo ${x/a/b}', '${…}', '${x/a/b}'],
    ['echo ${x,,} y', '${…}', '${x,,}'],
    ['echo ${!x}', '${…}', '${!x}'],
    ['a {fd}>x', '>', '{fd}>x'],
    ['coproc a', 'coproc', 'coproc a'],
    ['echo $[1+2]', '$[', '$[1+2]'],
    ['case x in a) b;& c) d;; esac', ';&', 'a) b;&'],
    ['echo @(a)', '@(a)', '@(a)'],
  ])('%s', (text, what, span) => {
    const script = parseShell(text);
    expect(script.tiled).toBe(true);
    expect(script.bashisms.map((each) => [each.what, text.slice(each.start, each.end)])).toEqual([[what, span]]);
  });

  test.each(['a && b', 'f() { a; }', 'echo ${x:-y} ${x#y} ${x%%y}', 'a > b 2>&1', '[ a = b ]', 'echo "{a,b}"'])(
    '%s is for any shell',
    (text) => {
      expect(parseShell(text).bashisms).toEqual([]);
    },
  );
});

describe('comments (G2)', () => {
  test.each([
    ['a && # c && d\n b; e', ['# c && d']],
    ['a # b', ['# b']],
    ['# a\nb', ['# a']],
    ['if a; then # x\n b # y\nfi # z', ['# x', '# y', '# z']],
    ['a#b "# c" \'# d\' ${e#f} $# \\# g', []],
  ])('%s', (text, comments) => {
    const script = parseShell(text);
    expect(script.tiled).toBe(true);
    expect(script.comments.map((each) => text.slice(each.start, each.end))).toEqual(comments);
  });
});

describe('texts that are not to be edited', () => {
  test.each([
    ['G3: escaped backticks', 'echo `a \\`b\\` c`'],
    ['G4: an open parenthesis', 'echo('],
    ['G4: a function without its end', 'f(1 '],
    ['G4: an assignment before a function', 'a=b foo() { bar; }'],
    ['G4: empty statements', '{} ; ;'],
    ['G4: empty statements in a compound', 'if a; then {} ; ; fi'],
    ['G4: an open brace substitution', 'x=${ foo;'],
    ['G4: an open old arithmetic', 'echo $[1+'],
    ['G4: a heredoc name that is open', "cat <<'EOF' open'"],
    ['G4: a heredoc without its end', 'cat <<EOF\nhi'],
    ['G7: an error in a substitution', 'echo $(a &&)'],
    ['G7: an error in backticks', 'echo `fi`'],
    ['an open quote', 'echo "a'],
    ['an operator without its right side', 'a &&'],
    ['a keyword alone', 'fi'],
    ['too long', `a ${'b '.repeat(70_000)}`],
    ['too deep', '('.repeat(3000) + ')'.repeat(3000)],
    ['the coproc crash', 'coproc '.repeat(8000)],
  ])('%s', (_, text) => {
    expect(parseShell(text).tiled).toBe(false);
  });

  test('G5: a nested script is one word; its text begins one after the quote', () => {
    const script = parseShell('sh -c "apt-get update && x"');
    visitCommands(script, (command) => {
      expect(command.words.map((word) => word.literal)).toEqual(['sh', '-c', 'apt-get update && x']);
      expect(command.words[2]!.text[1]).toBe('a');
    });
  });

  test('G6: line separators and carriage returns are word characters', () => {
    expect(drawn('a\u2028b c')).toBe('[a\u2028b c]');
    expect(drawn('hi\r')).toBe('[hi\r]');
  });
});

/** The first thing wrong with spans: children lie in their parents, in order, and words are slices of the text. */
function misplaced(script: ShellScript): string | undefined {
  const { text } = script;
  let problem: string | undefined;
  const inside = (outer: ShellNode, inner: ShellNode, what: string): void => {
    if (inner.start < outer.start || inner.end > outer.end) problem ??= `${what} outside its parent`;
  };
  visitCommands(script, (command) => {
    inside(script, command, 'a command');
    let at = command.start;
    const parts = [...command.assignments, ...command.words, ...command.redirects].sort((a, b) => a.start - b.start);
    for (const part of parts) {
      inside(command, part, 'a part');
      if (part.start < at) problem ??= 'parts overlap';
      at = part.end;
    }
    for (const word of command.words) {
      if (text.slice(word.start, word.end) !== word.text) problem ??= `a word is no slice: ${word.text}`;
      for (const inner of word.substitutions) inside(word, inner, 'a substitution');
    }
  });
  for (const comment of script.comments) {
    if (!/^#[^\n]*$/.test(text.slice(comment.start, comment.end))) problem ??= 'no comment';
  }
  return problem;
}

test(`any text is parsed without a crash, and what is tiled has its spans right${noteOf('most tries')}`, () => {
  const pieces = `a b && || | ; & ( ) { } ;; $( \` " ' \\ # \n \${x} \${x:-} $((1)) if then fi for i in do done case esac while > 2>&1 <<E E x=1 ! [ ] [[ ]] <( * ~ é \t`;
  const piece = fc.constantFrom(...pieces.split(' '), ' ', ' ', ' ', '\\\n');
  let tiled = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (parts) => {
      const script = parseShell(parts.join(''));
      if (!script.tiled) return;
      tiled++;
      expect(misplaced(script)).toBeUndefined();
    }),
    { numRuns: allOr(5000, 1000) },
  );
  expect(tiled).toBeGreaterThan(allOr(500, 100));
});

const corpus = sampled(shared ? corpusFiles() : [], 4);

describe.skipIf(!shared)(`the RUN bodies of the corpus${sharedMissing || corpus.note}`, () => {
  const bodies = new Set<string>();
  for (const { source } of corpus.items) {
    try {
      const file = new Dockerfile(source);
      for (const each of file.instructions) {
        if (each.keyword === 'RUN' && !each.json && each.heredocs.length === 0) bodies.add(file.args(each));
      }
    } catch {
      // Not read by BuildKit either.
    }
  }

  test('have their spans right', () => {
    const wrong = [...bodies].flatMap((body) => misplaced(parseShell(body)) ?? []);
    expect(wrong).toEqual([]);
  });

  test('are tiled where bash accepts them, and not where it does not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dockmend-'));
    try {
      const list = [...bodies].filter((_, index) => index % 3 === 0);
      for (const [index, body] of list.entries()) writeFileSync(join(folder, String(index)), body);
      const run = spawnSync('bash', ['-c', 'for f in *; do bash -n "$f" 2>/dev/null || echo "$f"; done'], {
        cwd: folder,
        encoding: 'utf8',
      });
      const rejected = new Set(run.stdout.split('\n').filter(Boolean).map(Number));
      const tiledYetInvalid = list.filter((body, index) => rejected.has(index) && parseShell(body).tiled);
      const opaqueYetValid = list.filter((body, index) => !rejected.has(index) && !parseShell(body).tiled);
      expect(tiledYetInvalid).toEqual([]);
      // Escaped backticks and the like: refused rather than read wrongly.
      expect(opaqueYetValid.length).toBeLessThan(list.length / 200);
      expect(list.length).toBeGreaterThan(allOr(1000, 300));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
