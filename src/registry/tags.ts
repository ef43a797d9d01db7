import { isTag } from '../image/index.ts';
import { type RegistryApi, refusal } from './api.ts';
import { RegistryError } from './errors.ts';
import type { Clock } from './host-state.ts';
import type { Endpoint } from './hosts.ts';
import { headerOf } from './http.ts';
import type { Redactor } from './redact.ts';

/** The tags of a repository. */
export interface TagList {
  /** In no particular order: registries sort by name, by time, or not at all. */
  readonly tags: readonly string[];
  /** Whether these are all; a list that is too long is given up. */
  readonly complete: boolean;
}

/** Where listing tags stops. */
export interface TagLimits {
  readonly pages: number;
  readonly tags: number;
  /** Milliseconds, for all pages together. */
  readonly time: number;
}

export const defaultTagLimits: TagLimits = { pages: 30, tags: 30_000, time: 30_000 };

const pageSize = 1000;
const maxPageBytes = 8 * 1024 * 1024;

/**
 * The query of the next page. Only the query of a Link header is used, on the same URL as before: registries behind
 * proxies get the host, the port or the path of the link wrong, and no other origin may be asked.
 */
export function nextQuery(link: string | readonly string[] | undefined, current: URL): string | undefined {
  for (const header of typeof link === 'string' ? [link] : (link ?? [])) {
    for (const match of header.matchAll(/<([^<>]*)>([^<]*)/g)) {
      const [, target = '', parameters = ''] = match;
      if (!/;\s*rel\s*=\s*"?next\b/i.test(parameters) || !URL.canParse(target, current.href)) continue;
      const query = new URL(target, current).searchParams;
      // Without a size, some registries go on with pages of their own size, and some with no page at all.
      if (!query.has('n')) query.set('n', String(pageSize));
      if (query.size > 1) return query.toString();
    }
  }
  return undefined;
}

/** Lists the tags of a repository, page by page, up to some limits. */
export async function listTags(
  api: RegistryApi,
  endpoint: Endpoint,
  path: string,
  limits: TagLimits,
  clock: Clock,
  redactor: Redactor,
): Promise<TagList> {
  const tags = new Set<string>();
  const asked = new Set<string>();
  const started = clock.now();
  let query: string | undefined = `n=${pageSize}`;
  for (let page = 0; query !== undefined; page++) {
    const late = clock.now() - started > limits.time;
    // A link that leads back would go round for ever.
    if (page >= limits.pages || tags.size >= limits.tags || late || asked.has(query)) break;
    asked.add(query);
    const authorized = await api.tags(endpoint, path, query, maxPageBytes);
    const { answer } = authorized;
    // Some registries refuse the size of a page (`n`) that is larger than theirs.
    if (page === 0 && (answer.status === 405 || answer.status === 400) && query !== '') {
      page--;
      query = '';
      continue;
    }
    if (answer.status !== 200) throw refusal(authorized, endpoint, path, 'tags', redactor);
    for (const tag of tagsOf(answer.body, endpoint)) tags.add(tag);
    query = answer.elsewhere ? undefined : nextQuery(answer.headers.link, endpoint.root);
    if (query === undefined) return { tags: [...tags], complete: !headerOf(answer.headers, 'link') };
  }
  return { tags: [...tags].slice(0, limits.tags), complete: false };
}

function tagsOf(body: Buffer, endpoint: Endpoint): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw new RegistryError({ kind: 'untrusted', host: endpoint.root.host, reason: 'its list of tags is not JSON' });
  }
  const { tags } = (parsed ?? {}) as { tags?: unknown };
  // A repository without tags has `null` there in the registries that are written in Go.
  if (!Array.isArray(tags)) return [];
  return tags.filter((tag): tag is string => typeof tag === 'string' && isTag(tag));
}
