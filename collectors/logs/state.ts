/** What the reading of a log remembers besides its buffer: addresses, exporters, lines, and what was passed
 * over. */
import { AddressTable } from '../../src/bytes/address.ts'
import { latin1 } from '../../src/bytes/latin1.ts'
import { type FlowExporter, type FlowFormat, newExporter } from '../../src/model/flow-record.ts'

/** Exporters of one log; what further ones say counts as the last one's. */
const EXPORTERS_MAX = 1 << 16
/** Reasons for which lines are passed over: each format knows a handful. */
const REASONS_MAX = 32

export class LogState {
  readonly format: FlowFormat
  readonly addresses = new AddressTable()
  readonly exporters: FlowExporter[] = []
  /** The line that is being read, from 1. */
  line = 0
  private lastName: Uint8Array = new Uint8Array(0)
  private lastExporter = 0
  private readonly byName = new Map<string, number>()
  private readonly reasons = new Map<string, { first: number; count: number }>()

  constructor(format: FlowFormat) {
    this.format = format
  }

  /** The number of an exporter: a router, an interface, one side. `address` is canonical text, or empty. */
  exporter(name: string, address = ''): number {
    const known = this.byName.get(name)
    if (known !== undefined) return known
    if (this.exporters.length >= EXPORTERS_MAX) return EXPORTERS_MAX - 1
    const id = this.exporters.length
    this.exporters.push(newExporter({ id, format: this.format, address, port: 0, domain: id }))
    this.byName.set(name, id)
    return id
  }

  /** The number of the exporter whose name stands in b[from..to): most lines name that of the line before. */
  exporterAt(
    b: Uint8Array,
    from: number,
    to: number,
    addressOf: (name: string) => string = noAddress,
  ): number {
    const { lastName } = this
    let same = lastName.length > 0 && lastName.length === to - from
    for (let i = 0; same && i < lastName.length; i++) same = lastName[i] === b[from + i]
    if (same) return this.lastExporter
    this.lastName = b.slice(from, to)
    const name = latin1(b, from, to)
    return (this.lastExporter = this.exporter(name, addressOf(name)))
  }

  /** The line that is being read was passed over. */
  skip(reason: string): void {
    const known = this.reasons.get(reason)
    if (known !== undefined) known.count++
    else if (this.reasons.size < REASONS_MAX) this.reasons.set(reason, { first: this.line, count: 1 })
  }

  /** By reason, with the first line of each. */
  skipped(): Record<string, number> {
    return Object.fromEntries(
      [...this.reasons].map(([reason, { first, count }]) => [`${reason} (the first: line ${first})`, count]),
    )
  }
}

const noAddress = (): string => ''
