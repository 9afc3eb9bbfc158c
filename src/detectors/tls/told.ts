/** What was told already: the same fact comes with every connection. */

/** Facts remembered; further ones are not told. */
const TOLD_MAX = 4096

/** Says of each key once that it is new. */
export function onceEach(): (key: string) => boolean {
  const told = new Set<string>()
  return (key) => {
    if (told.has(key) || told.size >= TOLD_MAX) return false
    told.add(key)
    return true
  }
}
