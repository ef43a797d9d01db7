import type { Dockerfile } from '../src/dockerfile/index.ts';
import { insertBefore } from '../src/edit/index.ts';
import {
  buildsOwnProgram,
  type ContextFacts,
  defineTransform,
  type Facts,
  type Finding,
  type GoBuild,
  goBuild,
  isAvailable,
  type SkipReason,
  stageCommands,
  variableOf,
} from '../src/transform/index.ts';

/** Modules that do not work, or do not build, without cgo: their documentation, November 2026. */
const needCgo =
  /^(?:github\.com\/(?:mattn\/go-sqlite3|mutecomm\/go-sqlcipher|confluentinc\/confluent-kafka-go|DataDog\/zstd|valyala\/gozstd|h2non\/bimg|davidbyttow\/govips|godror\/godror|mattn\/go-oci8|go-gl\/|tecbot\/gorocksdb|linxGnu\/grocksdb|marcboeker\/go-duckdb|duckdb\/duckdb-go|bytecodealliance\/wasmtime-go|wasmerio\/wasmer-go|miekg\/pkcs11|ThalesIgnite\/crypto11|libgit2\/git2go|google\/gopacket|gotk3\/|hajimehoshi\/|tensorflow\/tensorflow|alexbrainman\/odbc|ibmdb\/go_ibm_db|ibm-messaging\/mq-golang|pebbe\/zmq4|zeromq\/goczmq|otiai10\/gosseract|veandco\/go-sdl2|containers\/storage|containers\/image|proglottis\/gpgme)|gocv\.io\/x\/gocv|gopkg\.in\/(?:gographics\/imagick|confluentinc)|fyne\.io\/)/;

export const setCgoDisabled = defineTransform({
  id: 'set-cgo-disabled',
  meta: {
    summary: 'Build Go programs without cgo where nothing needs it',
    why: 'With cgo on, a program that uses the network or looks up users is linked to the C library of its builder, and fails to start in an image that has another one or none. Without cgo it is static and runs anywhere.',
    safety: 'unsafe',
    safetyNote:
      'Names are then looked up by Go itself and not by the C library: plugins of nsswitch.conf, as for LDAP or mDNS, are not asked. Applied only where no source of the context imports C and no required module is known to need it.',
    preset: 'recommended',
    since: '0.1.0',
    onbuild: false,
    answers: {},
  },
  needs: (file) =>
    file.instructions.some((each) => each.keyword === 'RUN' && /\bgo\b/.test(each.logical.text))
      ? { context: true }
      : {},
  *find({ file, facts }) {
    for (const stage of file.stages) {
      for (const command of stageCommands(file, stage, facts).commands) {
        const build = goBuild(command);
        const found = build && finding(file, build, facts);
        if (found) yield found;
      }
    }
  },
});

function finding(file: Dockerfile, build: GoBuild, facts: Facts): Finding | undefined {
  const { command, flags } = build;
  const { body, instruction } = command;
  if (!body || !buildsOwnProgram(build) || variableOf(file, command, 'CGO_ENABLED').set) return undefined;
  const base = file.baseReference(file.rootStage(instruction.stage!)) ?? '';
  // Where there is no C compiler, cgo is off by itself.
  if (/(?:^|\/)golang:[^@]*alpine/.test(base) && !/\b(?:gcc|build-base|clang|alpine-sdk)\b/.test(file.source))
    return undefined;
  if (flags.has('-race') || /^(?:plugin|c-shared|c-archive|shared)$/.test(flags.get('-buildmode') ?? ''))
    return undefined;
  const message = 'By default cgo is on, so the program may need the C library of its builder when it runs';
  const { span } = instruction;
  const refused = refusal(facts);
  if (refused) return { span, message, skipped: refused.reason, ...(refused.detail && { detail: refused.detail }) };
  return {
    span,
    message,
    fix: {
      title: 'Build with `CGO_ENABLED=0`',
      safety: 'unsafe',
      evidence: ['context'],
      edits: [insertBefore(instruction, body.base + command.command.start, 'CGO_ENABLED=0 ')],
      changes: { edits: [instruction.index], paths: ['**'] },
    },
  };
}

function refusal(facts: Facts): { reason: SkipReason; detail?: string } | undefined {
  const context = facts.context();
  if (!isAvailable(context)) return { reason: 'context-unavailable' };
  const modules = requiredModules(context);
  if (modules === undefined) return { reason: 'cgo-needed', detail: 'there is no go.mod that can be read' };
  const sources = context.goSources('');
  if (!sources.complete) return { reason: 'cgo-needed', detail: 'not all sources could be read' };
  if (sources.importsC) return { reason: 'cgo-needed', detail: 'a source imports C' };
  const module = modules.find((each) => needCgo.test(each));
  return module === undefined ? undefined : { reason: 'cgo-needed', detail: `\`${module}\`` };
}

function requiredModules({ manifests }: ContextFacts): string[] | undefined {
  const all = manifests.filter((each) => each.kind === 'go.mod');
  if (all.length === 0 || all.some((each) => !each.facts.ok)) return undefined;
  return all.flatMap((each) => (each.facts.ok ? Object.keys(each.facts.value.requires) : []));
}
