/** The style of the report page. Colours are variables, so that dark mode only sets them anew. */
export const style = `
:root { color-scheme: light dark; --fg: #1f2328; --soft: #59636e; --bg: #fff; --box: #f6f8fa; --line: #d1d9e0;
  --accent: #0550ae; --del: #ffebe9; --del-word: #ffb3ad; --ins: #dafbe1; --ins-word: #8ce99a; --safe: #1a7f37; --warn: #9a6700; --bad: #c5221f; }
@media (prefers-color-scheme: dark) { :root { --fg: #e6edf3; --soft: #9aa5b1; --bg: #0d1117; --box: #161b22; --line: #3d444d;
  --accent: #79b8ff; --del: #3c1618; --del-word: #8e2a2b; --ins: #12321f; --ins-word: #1f6f3a; --safe: #56d364; --warn: #e3b341; --bad: #ff8e86; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1.5rem; background: var(--bg); color: var(--fg); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; } h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
code, .diff, .path, kbd { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 13px; }
code { overflow-wrap: anywhere; }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; }
.cards div { background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .5rem .9rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; } dd b { font-size: 1.25rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; }
header table { min-width: 40rem; } header th, header td { border-bottom: 1px solid var(--line); padding: .25rem .75rem; text-align: left; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.tools { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; padding: .75rem 0; background: var(--bg); z-index: 1; }
input, button { font: inherit; color: inherit; background: var(--box); border: 1px solid var(--line); border-radius: 6px; padding: .25rem .6rem; }
input { width: 18rem; } .keys { color: var(--soft); font-size: .85rem; }
kbd { border: 1px solid var(--line); border-radius: 4px; padding: 0 .3rem; background: var(--box); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; } summary:focus-visible { outline-offset: -2px; }
.aside { margin: .5rem 0; }
.file { border: 1px solid var(--line); border-radius: 6px; margin: .6rem 0; content-visibility: auto; contain-intrinsic-size: auto 3rem; }
.file > :not(summary) { margin-left: 1rem; margin-right: 1rem; } .file > :last-child { margin-bottom: 1rem; }
.file > summary { padding: .5rem .75rem; cursor: pointer; background: var(--box); border-radius: 6px; scroll-margin-top: 4rem; }
.quiet { color: var(--soft); border-style: none; } .path { font-weight: 600; overflow-wrap: anywhere; }
.badge { border: 1px solid currentColor; border-radius: 2rem; padding: 0 .5rem; font-size: .8rem; white-space: nowrap; }
.safe, .fixed { color: var(--safe); } .unsafe, .manual, .open { color: var(--warn); } .left { color: var(--soft); } .error { color: var(--bad); }
.findings { padding-left: 1.25rem; margin: 0; } .findings li { margin: .35rem 0; } .place, .id { color: var(--soft); }
.diff { width: 100%; table-layout: fixed; border: 1px solid var(--line); margin: .5rem 0; }
.diff caption { text-align: left; color: var(--soft); padding: .25rem 0; overflow-wrap: anywhere; }
.diff td { padding: 0 .5rem 0 1.25rem; white-space: pre-wrap; overflow-wrap: anywhere; vertical-align: top; position: relative; }
.diff col.line { width: 3.5rem; } .diff td.line { color: var(--soft); text-align: right; padding: 0 .5rem; user-select: none; }
.diff td.del { background: var(--del); } .diff td.ins { background: var(--ins); } .diff td.none { background: var(--box); }
.diff td.del::before, .diff td.ins::before { position: absolute; left: .4rem; } .diff td.del::before { content: '−'; } .diff td.ins::before { content: '+'; }
.diff del, .diff ins { text-decoration: none; } .diff del { background: var(--del-word); } .diff ins { background: var(--ins-word); }
.gap td { text-align: center; color: var(--soft); background: var(--box); }
.hidden { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
[hidden] { display: none !important; }
@media (max-width: 50rem) { .diff { min-width: 44rem; } body { padding: .75rem; } }
@media print { .tools { display: none; } .file { content-visibility: visible; } }
`;

/** What the keys, the filter and the buttons do; without it the page can be read all the same. */
export const script = `
const files = [...document.querySelectorAll('.file')];
const filter = document.getElementById('filter');
const shown = document.getElementById('shown');
const visible = () => files.filter((file) => !file.hidden && file.tagName === 'DETAILS');
const apply = () => {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const file of files) file.hidden = !words.every((word) => file.dataset.search.toLowerCase().includes(word));
  for (const heading of document.querySelectorAll('main > h2')) {
    let next = heading.nextElementSibling;
    while (next && next.hidden) next = next.nextElementSibling;
    heading.hidden = !next || next.tagName === 'H2';
  }
  shown.textContent = words.length === 0 ? '' : files.filter((file) => !file.hidden).length + ' of ' + files.length + ' files';
};
const move = (step) => {
  const list = visible();
  const at = list.findIndex((file) => file.contains(document.activeElement));
  const next = at === -1 ? (step > 0 ? 0 : list.length - 1) : at + step;
  list[next]?.querySelector('summary').focus();
  list[next]?.scrollIntoView({ block: 'nearest' });
};
filter.addEventListener('input', apply);
document.getElementById('open').addEventListener('click', () => { for (const file of visible()) file.open = true; });
document.getElementById('close').addEventListener('click', () => { for (const file of visible()) file.open = false; });
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === filter) {
    if (event.key === 'Escape') { filter.value = ''; apply(); filter.blur(); }
    return;
  }
  if (event.key === 'j') move(1);
  else if (event.key === 'k') move(-1);
  else if (event.key === '/') { event.preventDefault(); filter.focus(); }
});
addEventListener('beforeprint', () => { for (const file of visible()) file.open = true; });
`;
