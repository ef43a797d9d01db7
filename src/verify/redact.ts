import { secretHider, showMarks } from '../secrets/index.ts';

/** Takes secrets out of text: each value is replaced wherever it stands. */
export type Redact = (text: string) => string;

/** Values too short to be secrets would black out half of a log. */
const shortestSecret = 4;
/** Parts of a secret that are so long are taken out too, as of one that was broken over lines. */
const fragment = 8;
/** Longer texts are logs before they are cut, in characters. */
const longestShown = 100_000;
/** What stands in the place of a secret. */
export const hidden = '***';
/** What is shown of a line that a container printed, in characters. */
const longestLine = 400;

/**
 * Takes out values as they are, as URLs, JSON, HTML, base64 and hexadecimal write them; of secrets long parts too, which of
 * other values would take what is no secret.
 */
export function redactor(secrets: readonly string[], others: readonly string[] = []): Redact {
  const secretForms = allForms(secrets);
  const forms = [...new Set([...secretForms, ...allForms(others)])].sort((a, b) => b.length - a.length);
  const fragments = new Set(
    secretForms.flatMap((form) =>
      Array.from({ length: Math.max(0, form.length - fragment + 1) }, (_, at) => form.slice(at, at + fragment)),
    ),
  );
  return (text) => {
    const whole = forms.reduce((left, form) => left.replaceAll(form, hidden), text);
    return fragments.size === 0 || whole.length > longestShown ? whole : withoutFragments(whole, fragments);
  };
}

/** Secrets of more lines are looked for as they stand. */
const mostLines = 200;

function allForms(values: readonly string[]): string[] {
  const lines = values
    .flatMap((value) => [value, ...value.split(/\r?\n/), ...passwordsOf(value)])
    .map((value) => value.trim());
  const long = [...new Set(lines)].filter((value) => value.length >= shortestSecret);
  // Of a bundle of certificates, encodings of each line would take minutes.
  return long.length > mostLines ? long : long.flatMap(formsOf);
}

/** The password within a URL, as it stands and as it is read; none of a text that is no URL with one. */
export function passwordsOf(value: string): string[] {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*?:([^/?#\s]*)@/i.exec(value)?.[1];
  if (password === undefined) return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const forms = [
    secret,
    encodeURIComponent(bytes.toString()),
    secret.replace(/[&<>"']/g, (sign) => entities[sign]!),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('base64'),
    [...secret].reverse().join(''),
  ];
  // What stands before the secret, as a user name does, shifts its letters.
  if (bytes.length >= 6) {
    for (const shift of [0, 1, 2]) {
      const text = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString('base64')
        .replace(/=+$/, '');
      const own = text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
      forms.push(own, own.replaceAll('+', '-').replaceAll('/', '_'));
    }
  }
  return forms;
}

function withoutFragments(text: string, fragments: ReadonlySet<string>): string {
  let found = '';
  let end = 0;
  let from = 0;
  for (let at = 0; at + fragment <= text.length; at++) {
    if (!fragments.has(text.slice(at, at + fragment))) continue;
    if (at > end || end === 0) {
      found += text.slice(from, at) + hidden;
    }
    end = at + fragment;
    from = end;
  }
  return found + text.slice(from);
}

/**
 * Makes text of builds and containers fit to be shown: without secrets that were given, or that stand in the Dockerfile,
 * and without what would steer a terminal.
 */
export function showing(redact: Redact, dockerfile: string): Redact {
  const hider = secretHider([{ text: dockerfile, parsed: true }]);
  return (text) => {
    const shown = showMarks(hider.hide(redact(plainText(text))));
    return shown.length > longestLine ? `${shown.slice(0, longestLine)}...` : shown;
  };
}

/** Text without colours and cursor movements (ECMA-48); other control characters become visible, and tabs stay. */
export function plainText(text: string): string {
  return text
    .replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-Z\\^-~])/g, '')
    .replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (char) => {
      const code = char.charCodeAt(0);
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : `\\u${code.toString(16).padStart(4, '0')}`;
    });
}
