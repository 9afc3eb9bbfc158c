/** Parameters of a request's target, for protocols that put what they say there. */

/** Parameters read per target; agents send fewer than ten. */
const PARAMETERS_MAX = 32
/** A value longer than this names nothing. */
const VALUE_MAX = 256

/**
 * The parameters of a query by name in lower case, decoded; of equal names the first. Values too long to name
 * anything are left out.
 */
export function parametersOf(target: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  const query = target.indexOf('?')
  if (query < 0) return parameters
  for (const pair of target.slice(query + 1).split('&', PARAMETERS_MAX)) {
    const equals = pair.indexOf('=')
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase()
    const value = equals < 0 ? '' : pair.slice(equals + 1)
    if (value.length <= VALUE_MAX && !parameters.has(name)) parameters.set(name, decoded(value))
  }
  return parameters
}

/** As it stands, if it is not well encoded: it is what was sent. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
