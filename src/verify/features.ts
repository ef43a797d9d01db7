import { Dockerfile } from '../dockerfile/index.ts';

/** Something that not every builder can do, and a Dockerfile that needs nothing else. */
export interface Feature {
  readonly name: string;
  readonly probe: string;
}

/** Flags with a value that every builder that knows them takes; `docker/dockerfile` releases in brackets. */
const flagProbes: Readonly<Record<string, string>> = {
  'COPY --link': 'COPY --link x /x',
  'COPY --chmod': 'COPY --chmod=0644 x /x',
  'COPY --parents': 'COPY --parents x /x',
  'COPY --exclude': 'COPY --exclude=y x /x',
  'ADD --link': 'ADD --link x /x',
  'ADD --chmod': 'ADD --chmod=0644 x /x',
  'ADD --checksum': `ADD --checksum=sha256:${'0'.repeat(64)} https://example.org/x /x`,
  'ADD --keep-git-dir': 'ADD --keep-git-dir=true https://example.org/x.git /x',
  'ADD --exclude': 'ADD --exclude=y x /x',
  'ADD --unpack': 'ADD --unpack=true x /x',
  'RUN --mount': 'RUN --mount=type=cache,target=/x true',
  'RUN --network': 'RUN --network=none true',
  'RUN --security': 'RUN --security=sandbox true',
  'HEALTHCHECK --start-interval': 'HEALTHCHECK --start-interval=1s CMD true',
};

/**
 * What a Dockerfile needs beyond what every builder can do. The probes stand in a stage that is not built, so that a
 * builder only has to read them.
 */
export function featuresOf(source: string): Feature[] {
  const file = new Dockerfile(source);
  const found = new Map<string, string>();
  for (const { keyword, flags, heredocs } of file.instructions) {
    if (heredocs.length > 0) found.set('heredocs', 'COPY <<END /x\nx\nEND');
    for (const flag of flags) {
      const name = `${keyword} --${flag.name}`;
      const line = flagProbes[name];
      if (line !== undefined) found.set(name, line);
    }
  }
  const syntax = file.directives.find((each) => each.name === 'syntax');
  const head = syntax ? `# syntax=${syntax.value}\n` : '';
  return [...found].map(([name, line]) => ({
    name: `\`${name}\``.replace('`heredocs`', 'heredocs'),
    probe: `${head}FROM scratch AS probe\n${line}\nFROM scratch\nCOPY Dockerfile /Dockerfile\n`,
  }));
}

/** What builders say of syntax that they do not know, so that another failure of a probe is not taken for it. */
const unknownSyntax =
  /unknown flag|unknown instruction|unrecognized|not supported|unsupported|is not a valid|only supported|flag provided but not defined|invalid (?:field|flag)|parse error|requires/i;

/** Whether the log of a failed probe says that the builder does not know the feature. */
export function saysUnknown(log: readonly string[]): boolean {
  return log.some((line) => unknownSyntax.test(line));
}
