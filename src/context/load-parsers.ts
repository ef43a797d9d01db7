import { loadManifestLibraries } from '../manifests/index.ts';
import { yaml } from './yaml.ts';

/** Loads every parser that a repository or a context may take, for callers that cannot wait for each of them. */
export async function loadParsers(): Promise<void> {
  await Promise.all([yaml.load(), loadManifestLibraries(['Cargo.toml', 'pom.xml'])]);
}
