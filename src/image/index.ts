export { isDigest, isDomain, isTag, type ReferenceFault } from './grammar.ts';
export {
  type CanonicalReference,
  canonicalText,
  effectiveText,
  familiarName,
  familiarText,
  type ImageReference,
  normalize,
  type ParsedReference,
  parseReference,
  referenceFaultText,
  registryHost,
  withDigest,
  withoutDigest,
  withTag,
} from './reference.ts';
