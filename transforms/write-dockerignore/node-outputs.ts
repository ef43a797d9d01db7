import { posix } from 'node:path';
import type { ContextFacts } from '../../src/transform/index.ts';

/** What a program of Node's makes by default, from its documentation (read November 2026). */
const defaults: readonly (readonly [command: RegExp, outputs: readonly string[]])[] = [
  [/\bnext build\b/, ['.next']],
  [/\bnext export\b/, ['out']],
  [/\bnuxi? (?:build|generate)\b/, ['.nuxt', '.output']],
  [/\bvite build\b/, ['dist']],
  [/\bvue-cli-service build\b/, ['dist']],
  [/\bng build\b/, ['dist']],
  [/\bnest build\b/, ['dist']],
  [/\breact-scripts build\b|\bcraco build\b/, ['build']],
  [/\bgatsby build\b/, ['public', '.cache']],
  [/\bastro build\b/, ['dist', '.astro']],
  [/\bremix (?:vite:)?build\b|\breact-router build\b/, ['build']],
  [/\bsvelte-kit\b/, ['.svelte-kit']],
  [/\bdocusaurus build\b/, ['build', '.docusaurus']],
  [/\b(?:storybook build|build-storybook)\b/, ['storybook-static']],
  [
    /\b(?:tsup|parcel build|webpack(?: build)?|rollup|microbundle|unbuild|rspack build|ncc build|tsdown|father build|max build)\b/,
    ['dist'],
  ],
];

/** Directories that builds of Node's tools write into; nothing else is taken for output. */
const outputs: ReadonlySet<string> = new Set(
  `dist build out lib public .next .nuxt .output .cache .astro .svelte-kit .docusaurus storybook-static esm cjs
  dist-ssr`.split(/\s+/),
);

/** Names that are outputs of one tool alone, whatever git ignores. */
export const unmistakable: ReadonlySet<string> = new Set('.next .nuxt .svelte-kit .docusaurus .astro'.split(' '));

/**
 * The directories that running a script or a program in a package makes: by the scripts of its package.json, the defaults
 * of the tools and the directories that options and settings name.
 */
export function nodeOutputs(context: ContextFacts, directory: string, script: string): ReadonlySet<string> {
  const made = new Set<string>();
  const seen = new Set<string>();
  const path = (name: string) => (directory === '' ? name : `${directory}/${name}`);
  const manifest = context.manifests.find((each) => each.path === path('package.json'));
  const scripts: Readonly<Record<string, string>> =
    manifest?.kind === 'package.json' && manifest.facts.ok ? manifest.facts.value.scripts : {};
  const visit = (text: string): void => {
    if (seen.has(text) || seen.size > 50) return;
    seen.add(text);
    const [first] = text.trim().split(/\s+/);
    for (const name of Object.keys(scripts)) {
      const called = text
        .split(/&&|\|\||;|&/)
        .some((part) => new RegExp(`(?:^|\\s)${escaped(name)}(?:\\s|$)`).test(part) && isScriptCall(part, name, first));
      if (called)
        for (const each of [`pre${name}`, name, `post${name}`]) if (Object.hasOwn(scripts, each)) visit(scripts[each]!);
    }
    for (const [command, names] of defaults) if (command.test(text)) for (const name of names) made.add(name);
    const options = /(?:--?(?:out-?dir|outdir|dist-dir|output-path|outputPath|out|o|d))[= ]["']?\.?\/?([\w.-]+)/gi;
    for (const [, name] of text.matchAll(options)) made.add(name!);
    if (/\btsc\b/.test(text)) for (const name of outDirs(context, path, text)) made.add(name);
    if (/\bvite build\b/.test(text)) replaceByConfig(context, path, made);
  };
  visit(script);
  return new Set([...made].filter((name) => outputs.has(name)));
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Whether a command runs a script of the package: by its name alone, or by `npm run` and the like. */
function isScriptCall(part: string, name: string, first: string | undefined): boolean {
  const trimmed = part.trim();
  return (
    trimmed === name ||
    (first === name && trimmed.startsWith(`${name} `)) ||
    /^(?:npm|pnpm|yarn|bun|run-s|run-p|npm-run-all|concurrently|wireit|cross-env)\b/.test(trimmed)
  );
}

/** `outDir` of the TypeScript settings that a command reads. */
function outDirs(context: ContextFacts, path: (name: string) => string, command: string): string[] {
  const named = [...command.matchAll(/(?:-p|--project|-b|--build)[= ]["']?([\w./-]+)/g)].map(([, name]) => name!);
  const files = named.map((name) => (name.endsWith('.json') ? name : `${name}/tsconfig.json`));
  return [...files, 'tsconfig.json'].flatMap((name) => {
    const text = context.text(posix.normalize(path(name))) ?? '';
    const found = /"outDir"\s*:\s*"(?:\.\/)?([\w.-]+)\/?/.exec(text)?.[1];
    return found === undefined ? [] : [found];
  });
}

/** Vite's own setting stands in for its default. */
function replaceByConfig(context: ContextFacts, path: (name: string) => string, made: Set<string>): void {
  for (const extension of ['ts', 'js', 'mts', 'mjs']) {
    const text = context.text(path(`vite.config.${extension}`));
    const outDir = text && /\boutDir\s*:\s*(?:["'`]([^"'`$]*)["'`])?/.exec(text);
    if (!outDir) continue;
    made.delete('dist');
    const name = outDir[1]?.replace(/^\.\//, '').split('/')[0];
    if (name) made.add(name);
  }
}
