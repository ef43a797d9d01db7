import type { Subject } from './subject.ts';

/** The names of the packages that an application asks for, of all manifests that are copied into the stage. */
export function requirementNames(subject: Subject, language: 'python' | 'node' | 'ruby'): Set<string> {
  const { context, layout, commands } = subject;
  const names = new Set<string>();
  for (const each of context?.manifests ?? []) {
    if (!each.facts.ok || layout?.imageOf(each.path) === undefined) continue;
    if (language === 'python' && each.kind === 'requirements')
      for (const name of each.facts.value.names) names.add(name);
    if (language === 'python' && each.kind === 'pyproject.toml') {
      for (const name of each.facts.value.dependencies) names.add(normalized(name));
    }
    if (language === 'node' && each.kind === 'package.json') {
      for (const name of Object.keys(each.facts.value.dependencies)) names.add(name);
    }
    if (language === 'ruby' && each.kind === 'Gemfile') {
      const { gems, groups } = each.facts.value;
      for (const name of gems)
        if (!groups[name]?.every((group) => /^(?:development|test)$/.test(group))) names.add(name);
    }
  }
  if (language !== 'python') return names;
  for (const { name, words } of commands) {
    if (!/^pip[\d.]*$/.test(name) || words[0] !== 'install') continue;
    for (const word of words.slice(1)) if (word !== undefined && /^[A-Za-z]/.test(word)) names.add(normalized(word));
  }
  return names;
}

/** As PEP 503 compares names, without extras and versions. */
function normalized(requirement: string): string {
  return /^[\w.-]*/
    .exec(requirement.trim())![0]
    .toLowerCase()
    .replace(/[-_.]+/g, '-');
}
