import type { Dockerfile, Instruction, Stage } from '../../src/dockerfile/index.ts';
import {
  archiveHasEnded,
  isKnownAptRelease,
  packagesOfImage,
  recommendedPackages,
  type System,
} from '../../src/facts/index.ts';
import { visitCommands } from '../../src/shell/index.ts';
import {
  bareCommand,
  type Facts,
  hasOption,
  type PackageCall,
  packageCall,
  type ShellBody,
  shellBody,
  systemOf,
} from '../../src/transform/index.ts';

/** Programs that verify servers by the certificates of the system; others bring their own. */
export const usesSystemCertificates = /^(?:curl|wget|git|aria2c|helm)$/;

/** Systems whose base images have certificates: their package lists, November 2026. */
const certified: ReadonlySet<System> = new Set(['alpine', 'wolfi', 'rhel', 'fedora', 'amazon', 'azurelinux', 'arch']);

const certificates = recommendedPackages.find(({ name }) => name === 'ca-certificates')!;

/** Why a server could not be verified before an offset of a step; undefined where certificates are known to be there. */
export function certificateObstacle(
  file: Dockerfile,
  facts: Facts,
  body: ShellBody,
  before: number,
): 'certificates-missing' | 'release-ended' | undefined {
  const { instruction } = body;
  if (isOfEndedRelease(file, facts, instruction)) return 'release-ended';
  const reference = referenceOf(file, instruction);
  const image = systemOf(file, instruction, facts);
  if (packagesOfImage(reference).includes('ca-certificates')) return undefined;
  if (image?.system !== undefined && certified.has(image.system)) return undefined;
  if (image?.programs?.some((path) => path.endsWith('/update-ca-certificates'))) return undefined;
  for (let stage = instruction.stage; stage; stage = stage.parent) {
    for (const each of stage.instructions) {
      if (each.index <= instruction.index && brings(file, facts, each, each === instruction ? before : Infinity)) {
        return undefined;
      }
    }
  }
  return 'certificates-missing';
}

/** Whether the release of the base image has ended: its certificates and the signatures of its archive are old ones. */
export function isOfEndedRelease(file: Dockerfile, facts: Facts, instruction: Instruction): boolean {
  if (movedArchives.test(file.source)) return true;
  return archiveHasEnded(referenceOf(file, instruction), systemOf(file, instruction, facts));
}

/** Where the archives of releases go that have ended. */
const movedArchives = /\b(?:archive\.debian\.org|old-releases\.ubuntu\.com|vault\.centos\.org)\b|Check-Valid-Until/i;

/** Whether it is known which release the packages of a stage are of. */
export function isOfKnownRelease(file: Dockerfile, facts: Facts, instruction: Instruction): boolean {
  const image = systemOf(file, instruction, facts);
  const isApt = image?.system === undefined || image.system === 'debian' || image.system === 'ubuntu';
  return !isApt || isKnownAptRelease(referenceOf(file, instruction), image);
}

function referenceOf(file: Dockerfile, { stage }: Instruction): string {
  return file.baseReference(file.rootStage(stage as Stage)) ?? '';
}

/** Whether an instruction brings certificates, or fetches by HTTPS with them, before an offset of its script. */
function brings(file: Dockerfile, facts: Facts, instruction: Instruction, before: number): boolean {
  if (instruction.keyword === 'COPY' || instruction.keyword === 'ADD') {
    return /\/etc\/ssl\b|\/etc\/pki\b|ca-certificates/.test(file.args(instruction));
  }
  const body = instruction.keyword === 'RUN' ? shellBody(file, instruction, facts) : undefined;
  if (typeof body !== 'object') return false;
  let found = false;
  visitCommands(body.script, (command) => {
    if (command.start >= before) return;
    const call = packageCall(command);
    if (call ? installsCertificates(file, call) : bareCommand(command)?.name === 'update-ca-certificates') found = true;
    const bare = bareCommand(command);
    if (!bare || !/^(?:curl|wget)$/.test(bare.name)) return;
    const words = bare.words.map(({ text }) => text);
    // What was fetched with verification before shows that the image can.
    const isVerified = !words.some((text) => /^-\w*k|^--insecure$|^--no-check-certificate$/.test(text));
    if (isVerified && words.some((text) => /^["']?https:\/\//.test(text))) found = true;
  });
  return found;
}

function installsCertificates(file: Dockerfile, call: PackageCall): boolean {
  if (call.effect !== 'install') return false;
  const names = call.operands.map((word) => (word.literal ?? word.text).replace(/[=/:].*$/, ''));
  if (names.some((name) => name === 'ca-certificates' || certificates.dependedOnBy.includes(name))) return true;
  const withRecommended =
    call.manager.family === 'apt' &&
    !hasOption(call, '--no-install-recommends') &&
    !/APT::Install-Recommends/i.test(file.source);
  return withRecommended && names.some((name) => certificates.recommendedBy.includes(name));
}
