import { expect, test } from 'vitest';
import { downloadsOf } from '../../src/facts/index.ts';

/** What a command writes; a folder ends in a slash. */
function written(command: string): string {
  const [program, ...words] = command.split(' ');
  // A variable is worked out when it runs.
  const values = words.map((word) => (word.includes('$') ? undefined : word));
  const found = downloadsOf(program as 'curl' | 'wget', values);
  return found ? found.map(({ path, isFolder }) => (isFolder ? `${path}/` : path)).join(' ') || 'nothing' : 'unknown';
}

test.each([
  ['wget -O- https://a.example/x', 'nothing'],
  ['wget -O - https://a.example/x', 'nothing'],
  ['wget -qO- $URL', 'nothing'],
  ['wget -O /dev/null https://a.example/x', 'nothing'],
  ['wget --spider $URL', 'nothing'],
  ['wget --version', 'nothing'],
  ['wget -O data.bin $URL', 'data.bin'],
  ['wget -qOdata.bin $URL', 'data.bin'],
  ['wget --output-document=data.bin $URL', 'data.bin'],
  ['wget -O $FILE https://a.example/x', 'unknown'],
  ['wget -nv -T 5 https://a.example/x.tgz?y=1', 'x.tgz'],
  ['wget -P /srv/data https://a.example/x.tgz', '/srv/data/x.tgz'],
  ['wget -P /srv/data $URL', '/srv/data/'],
  ['wget $URL', 'unknown'],
  ['wget a.example/x.tgz', 'unknown'],
  ['wget https://a.example/', 'unknown'],
  ['wget -r https://a.example/x', 'unknown'],
  ['wget -o get.log -O- $URL', 'get.log'],
  ['curl https://a.example/x', 'nothing'],
  ['curl -XPOST -HOk:1 $URL', 'nothing'],
  ['curl -fsSLo data.bin $URL', 'data.bin'],
  ['curl --output data.bin $URL', 'data.bin'],
  ['curl -o /dev/null -w %{http_code} $URL', 'nothing'],
  ['curl -o $FILE $URL', 'unknown'],
  ['curl -fO https://a.example/x.tgz', 'x.tgz'],
  ['curl -OJ https://a.example/x.tgz', 'unknown'],
  ['curl -c jar.txt $URL', 'jar.txt'],
  ['curl -K settings', 'unknown'],
])('`%s`', (command, expected) => {
  expect(written(command)).toBe(expected);
});
