import type { Redactor } from './redact.ts';

/** An error as the distribution specification has registries write it. */
interface Complaint {
  readonly code: string;
  readonly message: string;
}

function complaints(body: Buffer): Complaint[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return [];
  }
  if (typeof parsed !== 'object' || parsed === null) return [];
  const { errors, details, message, error_description } = parsed as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  if (!Array.isArray(errors)) return [{ code: '', message: text(message) || text(error_description) || text(details) }];
  return errors
    .filter((each): each is Record<string, unknown> => typeof each === 'object' && each !== null)
    .map((each) => ({ code: text(each.code).toUpperCase(), message: text(each.message) }));
}

/** The error codes of an answer, in upper case; none where its body is not the JSON that it should be. */
export function complaintCodes(body: Buffer): string[] {
  return complaints(body).flatMap(({ code }) => code || []);
}

/** What a registry says went wrong, in one line that is safe to show; empty where it says nothing readable. */
export function registryWords(body: Buffer, redactor: Redactor): string {
  const said = complaints(body);
  const text = said.length > 0 ? said.map(({ code, message }) => message || code).join(', ') : body.toString('utf8');
  // A page for browsers explains nothing.
  return /^\s*</.test(text) ? '' : redactor.clean(text);
}
