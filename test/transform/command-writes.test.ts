import { expect, test } from 'vitest';
import { commandWrites } from '../../src/transform/index.ts';

const folders = new Set(['/app', '/app/config']);

/** What a command writes, each with how. */
function written(command: string): string {
  const [program, ...words] = command.split(' ');
  const isFolder = (path: string) => folders.has(path.replace(/\/$/, ''));
  // A variable is worked out when it runs.
  const values = words.map((word) => (/^\$[A-Z]/.test(word) ? undefined : word));
  return commandWrites(program!, values, [], isFolder)
    .map(({ path = '?', kind, entry }) => [kind, path, ...(entry === undefined ? [] : [entry])].join(' '))
    .join(', ');
}

test.each([
  ['cp /ext/x.yml /app/new.yml', 'file /app/new.yml'],
  ['cp /ext/x.yml /app/config', 'into /app/config x.yml'],
  ['cp /ext/x.yml /app/certs/', 'into /app/certs/ x.yml'],
  ['cp /ext/x.yml .', 'into . x.yml'],
  ['cp $FILE /app/config/', 'into /app/config/'],
  ['cp $FILE /app/x.yml', 'file /app/x.yml'],
  ['cp /ext/* certs', 'into certs'],
  ['cp a b certs', 'into certs'],
  ['cp -vfRL /ext/* config/', 'into config/'],
  ['cp -r /ext/rules /app/', 'into /app/'],
  ['cp -r /ext/rules /app/rules', 'file /app/rules'],
  ['cp -r /ext/rules /app/rules/', 'file /app/rules'],
  ['cp -rT /ext/rules /app/config', 'into /app/config'],
  ['cp -t /app/certs a', 'into /app/certs a'],
  ['cp --target-directory=/app/certs a b', 'into /app/certs'],
  ['cp -S .bak a b', 'file b'],
  ['cp x $TARGET', 'file ?'],
  ['mv a.yml certs/', 'into certs/ a.yml'],
  ['mv a certs/', 'file certs'],
  ['install -m 755 a b', 'file b'],
  ['install -m 755 -t bin a', 'into bin a'],
  ['install -d -m 755 a b', 'folder a, folder b'],
  ['mkdir -p -m 700 a', 'folder a'],
  ['ln -s /data/x.db', 'file x.db'],
  ['ln -sf /data/x.db /app/config/', 'into /app/config/ x.db'],
  ['ln -sfn /data /app/config', 'file /app/config'],
  ['rsync -a --exclude .git /ext/ /app/data/', 'into /app/data/'],
  ['rsync -a /ext/data /app/', 'into /app/'],
  ['rsync -a /app/ backup:/srv', ''],
  ['rsync -e ssh backup:x.db x.db', 'file x.db'],
  ['cp x /dev/null', ''],
  ['openssl rand -hex 16', ''],
  ['openssl req -x509 -nodes -newkey rsa:2048 -keyout a.key -out a.crt', 'file a.crt, file a.key'],
  ['openssl req -new -newkey rsa:2048 -out a.csr', 'file a.csr, file privkey.pem'],
  ['openssl x509 -req -in a.csr -CA /tls/ca.crt -CAkey ca.key -CAcreateserial -out $CRT', 'file ?, file /tls/ca.srl'],
  ['openssl s_client -connect db:443', ''],
  ['sort -u a', ''],
  ['sort -uo a a', 'file a'],
  ['sort --output=a b', 'file a'],
  ['uniq -f 1 a', ''],
  ['uniq a b', 'file b'],
  ['awk {print>"a.txt"}', 'file a.txt'],
  ['awk {print$1>$2}', 'file ?'],
  ['awk {print"a->b"}', ''],
  ['awk $1>5{print}', ''],
])('`%s`', (command, expected) => {
  expect(written(command)).toBe(expected);
});
