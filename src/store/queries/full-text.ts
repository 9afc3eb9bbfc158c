/**
 * What people type, as a query of FTS5 (https://sqlite.org/fts5.html, section 3): every word must occur,
 * the last one may be the beginning of one. Each word becomes a string of FTS5, in which nothing but the
 * quote has a meaning; so no text is a syntax error, and none is an operator.
 */

/** Words of a search; further ones are not looked for. */
const WORDS_MAX = 20

/** The query; null if the text holds no letter or digit that could be looked for. */
export function fullTextQuery(text: string): string | null {
  const words = text
    .replaceAll('\0', ' ')
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}\p{Co}]/u.test(word))
    .slice(0, WORDS_MAX)
    .map((word) => `"${word.replaceAll('"', '""')}"`)
  return words.length === 0 ? null : `${words.join(' ')}*`
}
