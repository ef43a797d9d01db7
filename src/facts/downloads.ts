/** A path that a program writes what it fetches to; a folder where the name in it is not known. */
export interface Download {
  readonly path: string;
  readonly isFolder: boolean;
}

type Words = readonly (string | undefined)[];

/** The options of a program that matter to what it writes: by their letters and names, without dashes. */
interface Options {
  /** Letters that take a value, in the same word or as the next one. */
  readonly valued: string;
  /** Options whose value is the file that what is fetched is written to. */
  readonly output: readonly string[];
  /** Options whose value is another file that is written: a log, cookies, headers. */
  readonly besides: readonly string[];
  /** Options with which the names are not those of the URLs, or more is written. */
  readonly other: readonly string[];
}

const words = (text: string): readonly string[] => text.split(' ');

/** From curl(1) 8.17, and wget(1) 1.25 with BusyBox 1.37's. */
const programs: Readonly<Record<'curl' | 'wget', Options>> = {
  curl: {
    valued: 'AbcCdDeEFHKmoPQrtTuUwxXyYz',
    output: words('o output'),
    besides: words('c cookie-jar D dump-header trace trace-ascii stderr etag-save hsts alt-svc libcurl'),
    other: words('K config J remote-header-name output-dir'),
  },
  wget: {
    valued: 'aABDeiIlnoOPQRtTUwXY',
    output: words('O output-document'),
    besides: words('o output-file a append-output save-cookies rejected-log'),
    other: words(
      'b background r recursive m mirror p page-requisites x force-directories i input-file e execute K backup-converted E adjust-extension content-disposition config warc-file',
    ),
  },
};

/** What `curl` or `wget` writes, as its words tell; undefined where they do not. */
export function downloadsOf(program: 'curl' | 'wget', given: Words): readonly Download[] | undefined {
  const { valued, output, besides, other } = programs[program];
  const found: Download[] = [];
  const urls: (string | undefined)[] = [];
  let folder: string | undefined;
  let isPlaced = false;
  let keepsNames = program === 'wget';
  let isTold = true;
  const write = (path: string | undefined): void => {
    if (path === undefined) isTold = false;
    else if (path !== '-' && !path.startsWith('/dev/')) found.push({ path, isFolder: false });
  };
  const take = (name: string, value: () => string | undefined): void => {
    if (other.includes(name)) isTold = false;
    if (name === 'spider') isPlaced = true;
    if (program === 'curl' && /^(?:O|remote-name|remote-name-all)$/.test(name)) keepsNames = true;
    if (output.includes(name)) {
      isPlaced = true;
      write(value());
    } else if (besides.includes(name)) write(value());
    else if (program === 'wget' && /^(?:P|directory-prefix)$/.test(name)) {
      folder = value();
      isTold &&= folder !== undefined;
    } else if (name.length === 1 && valued.includes(name)) value();
  };
  for (let at = 0; at < given.length; at++) {
    const word = given[at];
    const long = /^--([\w-]+)(?:=(.*))?$/s.exec(word ?? '');
    if (long) take(long[1]!, () => long[2] ?? given[++at]);
    else if (word !== undefined && /^-[^-]/.test(word)) {
      const letters = word.slice(1);
      const end = [...letters].findIndex((letter) => valued.includes(letter));
      for (const [index, letter] of [...letters].entries()) {
        if (end !== -1 && index > end) break;
        take(letter, () => letters.slice(index + 1) || given[++at]);
      }
    } else if (word === undefined || /^\w+:\/\//.test(word)) urls.push(word);
  }
  if (!isTold) return undefined;
  if (isPlaced || !keepsNames) return found;
  for (const url of urls) {
    const name = url === undefined ? undefined : /^\w+:\/\/[^?#]*\/([^/?#]+)(?:[?#]|$)/.exec(url)?.[1];
    if (name !== undefined) found.push({ path: folder === undefined ? name : `${folder}/${name}`, isFolder: false });
    else if (folder !== undefined) found.push({ path: folder, isFolder: true });
    else return undefined;
  }
  // An address without a scheme was not told from the value of an option.
  return urls.length === 0 && given.some((word) => !word?.startsWith('-')) ? undefined : found;
}
