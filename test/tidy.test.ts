/** The house kept tidy: limits of lines, functions and files, forbidden names, no state and no clock where
 *  there must be none. Exemptions name a reason and fail once they are no longer needed. */
import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Visitor } from 'oxc-parser'
import { expect, test } from 'vitest'
import { filesUnder, lineAt, ROOT, sourcesUnder, withoutExempt } from './source-tree.ts'
import type { Source } from './source-tree.ts'

const COLUMNS_MAX = 110
const FILE_LINES_MAX = 500
const FUNCTION_LINES_MAX = 70
const FIXTURE_BYTES_MAX = 256 * 1024

/** Drawers: what is put there belongs to a noun of the house. */
const DRAWERS = /^(utils?|helpers?|common|lib|core|types|misc|shared)(\.|$)/
const TOP_LEVEL = ['src', 'collectors', 'dashboards', 'test', 'fixtures', 'node_modules']
const TOP_LEVEL_FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'README.md']

/** Below the pipeline time is the capture's: a run must give the same result tomorrow. */
const TIMELESS =
  /^(collectors|src\/(bytes|model|wire|connections|streams|protocols|sessions|detectors|incidents|pipeline))\//
const CLOCK = /\b(Date\.now|performance\.now|process\.hrtime|new Date\(\))/g

/** Rule -> finding, or its beginning -> why it may stay. */
const EXEMPT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'the clock is not asked': {
    'collectors/flows/udp-worker.ts': 'a datagram from a socket has no time but that of its arrival',
    'collectors/flows/tcp.ts': 'nor has a message',
  },
}

const product = ['src', 'collectors', 'dashboards', '.runtime'].flatMap(sourcesUnder)
const all = [...product, ...sourcesUnder('test'), ...sourcesUnder('.config')]

test.each<[string, readonly Source[], (source: Source) => string[]]>([
  ['lines fit', all, wideLines],
  ['files are short', all, longFile],
  ['functions are short', product, longFunctions],
  ['modules have no state', product, mutableState],
  ['the clock is not asked', product.filter(({ path }) => TIMELESS.test(path)), clocks],
  ['files are named where the bundle sees it', product, looseFileNames],
  ['files say what they are', product, missingPreface],
  ['there are no drawers', all, drawers],
])('%s', (rule, sources, findings) => {
  expect(withoutExempt(sources.flatMap(findings), EXEMPT[rule] ?? {})).toEqual([])
})

test('fixtures are small', () => {
  const large = filesUnder('fixtures').filter((path) => statSync(join(ROOT, path)).size > FIXTURE_BYTES_MAX)
  expect(large).toEqual([])
})

test('the top level holds what it may', () => {
  const entries = readdirSync(ROOT).filter((name) => !name.startsWith('.') && !name.startsWith('holdfast.db'))
  expect(entries.filter((name) => ![...TOP_LEVEL, ...TOP_LEVEL_FILES].includes(name))).toEqual([])
})

/** A text or a pattern in one piece can be searched for; the formatter leaves it whole, and so do we. */
function wideLines({ path, text, program }: Source): string[] {
  const whole: { start: number; end: number }[] = []
  const keep = (literal: { start: number; end: number }): void => void whole.push(literal)
  new Visitor({ Literal: keep, TemplateLiteral: keep, JSXText: keep }).visit(program)
  const found: string[] = []
  let start = 0
  for (const [index, line] of text.split('\n').entries()) {
    const edge = start + COLUMNS_MAX
    // A comma behind it is not worth a line either.
    const isWhole = whole.some((literal) => literal.start < edge && literal.end >= edge)
    if (line.length > COLUMNS_MAX && !isWhole)
      found.push(`${path}:${index + 1} is ${line.length} columns wide`)
    start += line.length + 1
  }
  return found
}

function longFile({ path, text }: Source): string[] {
  const lines = text.trimEnd().split('\n').length
  return lines > FILE_LINES_MAX && !path.includes('.data.') ? [`${path} has ${lines} lines`] : []
}

function longFunctions({ path, text, program }: Source): string[] {
  const long: string[] = []
  const measure = ({ start, end }: { start: number; end: number }): void => {
    const lines = text.slice(start, end).split('\n').length
    if (lines > FUNCTION_LINES_MAX)
      long.push(`${path}:${lineAt(text, start)} is a function of ${lines} lines`)
  }
  new Visitor({
    FunctionDeclaration: measure,
    FunctionExpression: measure,
    ArrowFunctionExpression: measure,
  }).visit(program)
  return long
}

function mutableState({ path, text, program }: Source): string[] {
  return program.body
    .map((statement) => (statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement))
    .filter((node) => node?.type === 'VariableDeclaration' && (node.kind === 'let' || node.kind === 'var'))
    .map((node) => `${path}:${lineAt(text, node!.start)} is state of the module`)
}

function clocks({ path, code }: Source): string[] {
  return [...code.matchAll(CLOCK)].map(
    ({ 0: clock, index }) => `${path}:${lineAt(code, index)} asks ${clock}`,
  )
}

/** The bundle moves code to another place: it can follow only a name that is written out. */
function looseFileNames({ path, code }: Source): string[] {
  if (!/^(src|collectors)\/.*\.ts$/.test(path)) return []
  const plain = code.replaceAll(/new URL\('\.[^']+', import\.meta\.url\)|import\.meta\.main/g, '')
  return plain.includes('import.meta')
    ? [`${path} uses import.meta other than new URL('./name', import.meta.url)`]
    : []
}

/** A file says first what it is. Tests are named after what they test, and need not. */
function missingPreface({ path, text }: Source): string[] {
  const isTest = path.startsWith('test/')
  return isTest || /^(#![^]*?\*\/\s*)?\/\*\*/.test(text)
    ? []
    : [`${path} does not begin by saying what it is`]
}

function drawers({ path }: Source): string[] {
  return path.split('/').some((part) => DRAWERS.test(basename(part))) ? [`${path} is a drawer`] : []
}
