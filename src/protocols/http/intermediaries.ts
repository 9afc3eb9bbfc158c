/** Devices and products between the two ends, by the header lines that they write. Pure. */
import type { HeaderLine, Intermediary } from '../../model/http.ts'
import { TRACES, type Trace } from './intermediaries.data.ts'

const BY_NAME = new Map(TRACES.map((trace) => [trace.name, trace]))

/** What the header lines of a message reveal, in their order; several lines of one product stay several. */
export function intermediariesOf(lines: readonly HeaderLine[]): readonly Intermediary[] {
  const found: Intermediary[] = []
  for (const line of lines) {
    const name = line.name.toLowerCase()
    const trace = BY_NAME.get(name)
    if (trace === undefined) continue
    const product = productIn(trace, line.value)
    if (product !== null || !trace.onlyNamed) found.push({ product, name, value: line.value })
  }
  return found
}

const productIn = (trace: Trace, value: string): string | null =>
  trace.always ?? trace.products.find(([pattern]) => pattern.test(value))?.[1] ?? null
