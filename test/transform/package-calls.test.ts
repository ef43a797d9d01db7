import { describe, expect, test } from 'vitest';
import { parseShell } from '../../src/shell/index.ts';
import { outputIsUsed, type PackageCall, packageCalls, stdinIsGiven } from '../../src/transform/index.ts';

function only(text: string): PackageCall | undefined {
  return packageCalls(parseShell(text))[0];
}

function told(text: string): string {
  const call = only(text);
  if (!call) return 'none';
  const options = call.options.map((option) =>
    option.value === undefined ? option.name : `${option.name}=${option.value}`,
  );
  const operands = call.operands.map((word) => word.text);
  return [call.manager.name, call.verb ?? '-', call.effect, ...options, '|', ...operands].join(' ');
}

describe('packageCalls', () => {
  test.each([
    ['apt-get update', 'apt-get update update |'],
    ['apt-get -yqq install a b', 'apt-get install install -y -q -q | a b'],
    ['apt-get install -q=2 -t sid a', 'apt-get install install -q=2 -t=sid | a'],
    ['apt-get -o Dir::Cache=/x install a', 'apt-get install install -o=Dir::Cache=/x | a'],
    ['apt-get install -oA=1 -- -a', 'apt-get install install -o=A=1 | -a'],
    ['sudo -E -u root apt-get install a', 'apt-get install install | a'],
    ['env -u X A=1 nice -n 5 /usr/bin/apt-get purge a', 'apt-get purge remove | a'],
    ['DEBIAN_FRONTEND=x apt-get install "$A" a', 'apt-get install install | "$A" a'],
    ['timeout 60 apk -U add --virtual .b a', 'apk add install -U --virtual=.b | a'],
    ['dnf group install a', 'dnf group install install | a'],
    ['dnf-3 --setopt=x=1 install a', 'dnf install install --setopt=x=1 | a'],
    ['zypper -n --root /r in a', 'zypper in install -n --root=/r | a'],
    ['/venv/bin/pip3.12 install -r r.txt', 'pip install install -r=r.txt |'],
    ['python3 -m pip cache purge', 'pip cache purge clean |'],
    ['npm ci --prefix web', 'npm ci install --prefix=web |'],
    ['yarn', 'yarn - install |'],
    ['yarn global add a', 'yarn global add install | a'],
    ['apt-get', 'apt-get - none |'],
    ['apt-get frobnicate', 'apt-get frobnicate query |'],
    ['x=$(apt-cache policy a)', 'apt-cache policy query | a'],
  ])('reads %j', (text, expected) => expect(told(text)).toBe(expected));

  test.each([
    'xargs apt-get install',
    '/opt/bin/apt-get install a',
    'echo apt-get install a',
    '$APT install a',
    'command -v apt-get',
    'python -m venv x',
    'sudo',
  ])('leaves %j alone', (text) => expect(told(text)).toBe('none'));

  test.each([
    ['apt-get $OPTS install a', true],
    ['apt-get install $APT_FLAGS a', true],
    ['apt-get install $PACKAGES', false],
    ['apt-get install "pkg-$V"', false],
    ['apt-get "$VERB" a', true],
  ])('knows what may hide an option in %j', (text, expected) => expect(only(text)!.uncertain).toBe(expected));

  test('says who runs it', () => {
    expect(only('sudo apt-get update')).toMatchObject({ viaSudo: true, name: 'apt-get' });
    expect(only('apt-get update')).toMatchObject({ viaSudo: false, prefix: [] });
  });
});

test.each([
  ['apt-get install a', false],
  ['yes | apt-get install a', true],
  ['apt-get install a < answers', true],
  ['{ apt-get install a; } < answers', true],
  ['apt-get install a | tee log', false],
])('standard input of %j', (text, expected) => {
  const script = parseShell(text);
  expect(stdinIsGiven(script, packageCalls(script)[0]!.command)).toBe(expected);
});

test.each([
  ['apt update', false],
  ['apt update > /dev/null 2>&1', false],
  ['apt update > log', true],
  ['apt update | grep x', true],
  ['yes | apt install a', false],
  ['x=$(apt update)', true],
  ['(apt update) >> log', true],
])('output of %j', (text, expected) => {
  const script = parseShell(text);
  expect(outputIsUsed(script, packageCalls(script)[0]!.command)).toBe(expected);
});
