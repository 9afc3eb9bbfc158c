/** The project's own sources, read and parsed once for the tests that guard its shape. Paths are relative to
 *  the root, with slashes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { parseSync } from 'oxc-parser'
import type { ParseResult, Program } from 'oxc-parser'

export const ROOT = join(import.meta.dirname, '..')

export interface Source {
  readonly path: string
  readonly text: string
  /** The text with every comment blanked, at the same offsets. */
  readonly code: string
  readonly program: Program
  readonly imports: readonly Import[]
}

export interface Import {
  /** A path from the root, or the name of a package or of a part of Node. */
  readonly target: string
  /** Whether only types are imported, which leaves no trace at run time. */
  readonly isType: boolean
}

/** Every TypeScript source and launcher under the folder, by path; none if there is no such folder. */
export function sourcesUnder(folder: string): Source[] {
  return filesUnder(folder)
    .filter((path) => /\.(ts|tsx|mjs)$/.test(path) && !path.endsWith('.d.ts'))
    .map(readSource)
}

/** Every file under the folder, by path. */
export function filesUnder(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => posix.relative(ROOT, posix.join(entry.parentPath, entry.name)))
    .toSorted()
}

const read = new Map<string, Source>()

function readSource(path: string): Source {
  const known = read.get(path)
  if (known !== undefined) return known
  const text = readFileSync(join(ROOT, path), 'utf8')
  const parsed = parseSync(path, text)
  if (parsed.errors.length > 0) throw new Error(`${path}: ${parsed.errors[0]!.message}`)
  const source = {
    path,
    text,
    code: withoutComments(text, parsed.comments),
    program: parsed.program,
    imports: importsOf(path, text, parsed.module),
  }
  read.set(path, source)
  return source
}

function withoutComments(text: string, comments: ParseResult['comments']): string {
  let code = text
  for (const { start, end } of comments) {
    code = code.slice(0, start) + text.slice(start, end).replaceAll(/[^\n]/g, ' ') + code.slice(end)
  }
  return code
}

function importsOf(path: string, text: string, module: ParseResult['module']): Import[] {
  const at = (specifier: string): string =>
    specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier
  const statements = module.staticImports.map(({ moduleRequest, entries }) => ({
    target: at(moduleRequest.value),
    isType: entries.length > 0 && entries.every((entry) => entry.isType),
  }))
  const reexports = module.staticExports
    .flatMap(({ entries }) => entries)
    .flatMap(({ moduleRequest, isType }) =>
      moduleRequest === null ? [] : [{ target: at(moduleRequest.value), isType }],
    )
  // A dynamic import of a literal, and a file that is named for a worker or to be read.
  const calls = module.dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start, end))
  const files = [...text.matchAll(/new URL\(('\.[^']+')/g)].map(([, quoted]) => quoted!)
  const literals = [...calls, ...files].filter((quoted) => /^'[^']+'$/.test(quoted))
  const lazily = literals.map((quoted) => ({ target: at(quoted.slice(1, -1)), isType: false }))
  return [...statements, ...reexports, ...lazily]
}

/** The line, from 1, at an offset of the text. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

/** Findings less the ones that are exempt, and a complaint for every exemption that nothing needs any more.
 * */
export function withoutExempt(found: readonly string[], exempt: Readonly<Record<string, string>>): string[] {
  const needless = Object.keys(exempt).filter((entry) => !found.some((finding) => finding.startsWith(entry)))
  return [
    ...found.filter((finding) => !Object.keys(exempt).some((entry) => finding.startsWith(entry))),
    ...needless.map((entry) => `no longer needs its exemption: ${entry}`),
  ]
}
