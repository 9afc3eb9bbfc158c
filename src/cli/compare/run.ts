/** `holdfast compare BEFORE AFTER`: results of analyses, or captures that are analysed for it, side by
 * side. */
import { closeSync, openSync, readSync } from 'node:fs'
import { runAnalyze } from '../analyze/run.ts'
import type { Console } from '../console.ts'
import { EXIT, failure, systemReason } from '../failure.ts'
import type { Destination } from '../output/destination.ts'
import { painter } from '../output/paint.ts'
import { comparisonOf } from './comparison.ts'
import { COMPARED_KINDS, readResult, type Result, resultReader } from './result.ts'
import { comparisonText } from './text.ts'

export interface CompareOptions {
  readonly config?: string
  readonly format?: 'text' | 'ndjson'
}

/** Exit code; throws failures. */
export async function runCompare(
  [beforePath, afterPath]: readonly [string, string],
  options: CompareOptions,
  console: Console,
): Promise<number> {
  const before = await resultOf(beforePath, options, console)
  const after = await resultOf(afterPath, options, console)
  const comparison = comparisonOf(before, after)
  if (options.format === 'ndjson') {
    const told = [
      ...comparison.verdicts.map((change) => ({ kind: 'verdict-change', ...change })),
      ...comparison.incidents.map(({ incident, ...change }) => ({
        kind: 'incident-change',
        ...incident,
        ...change,
      })),
      ...comparison.timers.map((change) => ({ kind: 'timer-change', ...change })),
      ...comparison.shares.map((change) => ({ kind: 'share-change', ...change })),
    ]
    for (const line of told) console.out.write(`${JSON.stringify(line)}\n`)
    return EXIT.success
  }
  const { columns, out } = console
  console.out.write(comparisonText(before, after, comparison, { columns, paint: painter(out) }))
  return EXIT.success
}

/** A result that was written, or what an analysis of the capture comes to. */
async function resultOf(path: string, { config }: CompareOptions, console: Console): Promise<Result> {
  if (beginsLikeNdjson(path)) return readResult(path)
  const reader = resultReader(path)
  const options = { format: 'ndjson', include: [...COMPARED_KINDS].join(','), quiet: true }
  const own = { ...console, out: linesTo((line) => reader.line(line)) }
  await runAnalyze({ inputs: [path], options: config === undefined ? options : { ...options, config } }, own)
  return reader.result()
}

function beginsLikeNdjson(path: string): boolean {
  if (path === '-') return false
  const octets = Buffer.alloc(8)
  try {
    const file = openSync(path, 'r')
    try {
      return octets.toString('latin1', 0, readSync(file, octets, 0, 8, 0)).startsWith('{"kind":')
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw failure(`cannot read ${path}: ${systemReason(error)}`)
  }
}

/** What is written, by lines. */
function linesTo(take: (line: string) => void): Destination {
  let rest = ''
  return {
    isTerminal: false,
    write(content) {
      const lines = (
        rest + (typeof content === 'string' ? content : Buffer.from(content).toString('utf8'))
      ).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) take(line)
    },
    commit: () => {},
    abandon: () => {},
  }
}
