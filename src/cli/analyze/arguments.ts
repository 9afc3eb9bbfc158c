/**
 * The words after `holdfast analyze`, read without a parser library: loading one takes longer than analysing
 * a small capture.
 *
 * Only what is plainly right is read here. Anything else (help, unknown or shortened options, missing values)
 * answers null and goes to commander (commands.ts), which knows the same options and explains; a test holds
 * the two together.
 */

export interface AnalyzeOptions {
  readonly config?: string
  readonly keylog?: readonly string[]
  readonly format?: string
  readonly output?: string
  readonly include?: string
  readonly db?: string
  readonly plainSecrets?: boolean
  readonly from?: string
  readonly to?: string
  readonly failOn?: string
  readonly quiet?: boolean
  readonly whatIf?: readonly string[]
}

export interface AnalyzeArguments {
  readonly inputs: readonly string[]
  readonly options: AnalyzeOptions
}

const SINGLE: ReadonlyMap<string, keyof AnalyzeOptions> = new Map([
  ['--config', 'config'],
  ['--format', 'format'],
  ['--output', 'output'],
  ['--include', 'include'],
  ['--db', 'db'],
  ['--from', 'from'],
  ['--to', 'to'],
  ['--fail-on', 'failOn'],
])

const SWITCHES: ReadonlyMap<string, keyof AnalyzeOptions> = new Map([
  ['--quiet', 'quiet'],
  ['--plain-secrets', 'plainSecrets'],
])

export function plainArguments(words: readonly string[]): AnalyzeArguments | null {
  const inputs: string[] = []
  const options: Record<string, string | boolean> = {}
  const [keylog, whatIf]: [string[], string[]] = [[], []]
  const rest = [...words]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (isInput(word)) {
      inputs.push(word)
    } else if (SWITCHES.has(word)) {
      options[SWITCHES.get(word)!] = true
    } else {
      const equals = word.indexOf('=')
      const name = equals < 0 ? word : word.slice(0, equals)
      const value = equals < 0 ? rest.shift() : word.slice(equals + 1)
      if (value === undefined || (equals < 0 && !isInput(value))) return null
      const option = SINGLE.get(name)
      if (name === '--keylog') keylog.push(value)
      else if (name === '--what-if') whatIf.push(value)
      else if (option !== undefined) options[option] = value
      else return null
    }
  }
  if (inputs.length === 0) return null
  const lists = { ...(keylog.length === 0 ? {} : { keylog }), ...(whatIf.length === 0 ? {} : { whatIf }) }
  return { inputs, options: { ...options, ...lists } }
}

const isInput = (word: string): boolean => word === '-' || !word.startsWith('-')
