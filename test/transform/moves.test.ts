import { expect, test } from 'vitest';
import { parseShell } from '../../src/shell/index.ts';
import { visitPlaces } from '../../src/transform/index.ts';

/** Where the commands named `here` run, and where the text ends; `?` for what cannot be told. */
function places(text: string): string {
  const found: string[] = [];
  const place: { directory: string | undefined } = { directory: '/app' };
  visitPlaces(
    parseShell(text),
    place,
    ({ literal }) => literal,
    ({ words }) => {
      if (words[0]?.literal === 'here') found.push(place.directory ?? '?');
    },
  );
  return [...found, place.directory ?? '?'].join(' ');
}

test.each([
  ['here', '/app /app'],
  ['cd backend; here', '/app/backend /app/backend'],
  ['cd backend && here', '/app/backend /app/backend'],
  ['cd -- /srv/a/../b; here', '/srv/b /srv/b'],
  ['migrate && cd backend && here', '/app/backend ?'],
  ['mkdir -p out && cd out; here', '/app/out /app/out'],
  ['cd backend || exit 1; here', '/app/backend /app/backend'],
  ['cd backend || { echo no; exit 1; }; here', '/app/backend /app/backend'],
  ['cd backend || here; here', '? ? ?'],
  ['test -d backend && cd backend; here', '? ?'],
  ['test -d a || cd b; here', '? ?'],
  ['if test -d a; then cd a; here; fi; here', '/app/a ? ?'],
  ['if test -d a; then cd a; exec here; fi; here', '/app /app'],
  ['case "$1" in a) cd a; exec b;; esac; here', '/app /app'],
  ['for each in a b; do cd "$each"; done; here', '? ?'],
  ['while read -r each; do here; cd c; done', '? ?'],
  ['(cd a; here); here', '/app/a /app /app'],
  ['{ cd a; here; }; here', '/app/a /app/a /app/a'],
  ['cd a | here; here', '/app /app /app'],
  ['cd a & here', '/app /app'],
  ['x=$(cd a; here); here', '/app/a /app /app'],
  ['cd "$x"; here; cd /b; here', '? /b /b'],
  ['cd; here', '? ?'],
  ['cd -; here', '? ?'],
  ['pushd a; here; popd; here', '/app/a ? ?'],
  ['f() { cd a; }; here; f; here', '/app ? ?'],
  ['f() { here; }; f; here', '/app /app /app'],
  ['f() { cd /a; here; }; f', '/a ?'],
])('`%s`', (text, expected) => {
  expect(places(text)).toBe(expected);
});
