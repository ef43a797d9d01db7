/** A tag that names a version. */
interface VersionTag {
  readonly tag: string;
  /** Digits of the version's parts. */
  readonly parts: readonly string[];
  /** A number of a build or a date after the version: `1194` of `9.4-1194`. */
  readonly build: readonly string[];
  /** What follows: `alpine` of `1.27-alpine`. */
  readonly suffix: string;
}

// `v1.2.3-4.5-alpine`: letters before the version other than `v` belong to a name, not to a version.
const shape = /^v?(\d+(?:\.\d+)*)(?:[-_](\d+(?:\.\d+)*))?(?:-([A-Za-z_][\w.-]*))?$/;
// From six digits on, a number alone is a date or the count of a build, not a version that people know.
const longNumber = 6;

function versionTag(tag: string): VersionTag | undefined {
  const match = shape.exec(tag);
  if (!match) return undefined;
  const [, version = '', build, suffix = ''] = match;
  return { tag, parts: version.split('.'), build: build?.split('.') ?? [], suffix };
}

/** The part of a tag without a version that says which flavour it is: `alpine` of `latest-alpine` and of `alpine`. */
function flavourOf(tag: string): string | undefined {
  if (tag === 'latest') return '';
  return versionTag(tag) ? undefined : tag.replace(/^latest-/, '');
}

/** Negative when `a` comes first: by number, whatever its length, and never by a float. */
function compareNumbers(a: string, b: string): number {
  const [x, y] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0);
}

/** The newest first; of a version and a longer spelling of it, the longer. */
function newestFirst(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = compareNumbers(b[at]!, a[at]!);
    if (order !== 0) return order;
  }
  return b.length - a.length;
}

/**
 * The tags that may name the version behind a tag without one (`latest`, `alpine`, `latest-alpine`), the best first, and
 * no more than a limit: tags of the same flavour, no pre-releases, the newest version first and its most precise
 * spelling before the others. Versions come before versions with a build number, and these before dates, but some
 * room is left for each. Empty for a tag that names a version itself. What the list's order was does not matter.
 */
export function rankVersionTags(tags: readonly string[], current: string, limit: number): string[] {
  const flavour = flavourOf(current);
  if (flavour === undefined) return [];
  const found = [...new Set(tags)].flatMap((tag) => versionTag(tag) ?? []).filter(({ suffix }) => suffix === flavour);
  const isDate = ({ parts }: VersionTag) => parts[0]!.length >= longNumber;
  const groups = [
    found.filter((each) => !isDate(each) && each.build.length === 0),
    found.filter((each) => !isDate(each) && each.build.length > 0),
    found.filter(isDate),
  ].map((group) =>
    group
      .sort(
        (a, b) =>
          newestFirst(a.parts, b.parts) ||
          newestFirst(a.build, b.build) ||
          a.tag.length - b.tag.length ||
          (a.tag < b.tag ? -1 : 1),
      )
      .map(({ tag }) => tag),
  );
  const room = Math.floor(limit / 6);
  let left = limit;
  return groups.flatMap((group, at) => {
    const reserved = groups.slice(at + 1).reduce((sum, later) => sum + Math.min(later.length, room), 0);
    const taken = group.slice(0, Math.max(0, left - reserved));
    left -= taken.length;
    return taken;
  });
}
