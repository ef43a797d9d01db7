/** A text of ours as pieces: prose, and what stands in backticks, which may come from a file. */
export function pieces(text: string): { readonly code: boolean; readonly text: string }[] {
  const parts = text.split('`');
  // A lone backtick opens nothing.
  if (parts.length % 2 === 0) return [{ code: false, text }];
  return parts.map((part, index) => ({ code: index % 2 === 1, text: part })).filter((part) => part.text !== '');
}
