const maxWords = 300;
const mark = '[redacted]';

/** Knows the secrets of a run, and takes them out of texts that came from elsewhere before they are shown. */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Remembers a secret, in its plain and its encoded forms; the empty text and very short ones are not remembered. */
  add(secret: string | undefined): void {
    if (secret === undefined || secret.length < 4) return;
    this.#secrets.add(secret);
    this.#secrets.add(encodeURIComponent(secret));
    this.#secrets.add(Buffer.from(secret).toString('base64'));
  }

  /**
   * One line that is safe to show: no known secret, no `Bearer` or `Basic` value, no user part of a URL, no control
   * character that a terminal would act on, and at most 300 characters.
   */
  clean(text: string): string {
    let line = text.slice(0, 8 * maxWords);
    for (const secret of this.#secrets) line = line.replaceAll(secret, mark);
    line = line
      .replace(/\b(bearer|basic)\s+[\w.~+/=-]{20,}/gi, `$1 ${mark}`)
      .replace(/:\/\/[^/\s@]{1,256}@/g, `://${mark}@`)
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu, ' ')
      .trim();
    return line.length > maxWords ? `${line.slice(0, maxWords - 3)}...` : line;
  }
}
