/** What a request was for. */
export type RequestKind = 'manifest' | 'config' | 'layer' | 'tags' | 'token' | 'download';

/** One request that went out, retries and redirects included. */
export interface SentRequest {
  /** Host and port. */
  readonly host: string;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly kind: RequestKind;
  /** Whether it carried an Authorization header. */
  readonly authorized: boolean;
}

/** Counts what a run costs the registries. */
export class RequestCounter {
  readonly #sent: SentRequest[] = [];

  record(request: SentRequest): void {
    this.#sent.push(request);
  }

  /** The requests so far, in order. */
  get sent(): readonly SentRequest[] {
    return this.#sent;
  }

  /** How many requests agree with all that is given; all of them where nothing is. */
  count(like: Partial<SentRequest> = {}): number {
    const wanted = Object.entries(like);
    return this.#sent.filter((each) => wanted.every(([key, value]) => each[key as keyof SentRequest] === value)).length;
  }
}
