/**
 * Data sets whose template has not come yet. They wait, within limits; what waits in vain is counted as
 * undecoded by its exporter.
 */
import type { ExporterState } from './exporters.ts'
import type { Micros } from '../../src/model/time.ts'

/** Octets that wait at most, the cost of their sets included; beyond it the oldest go. */
const WAITING_BYTES_MAX = 1 << 25
/** ... down to this share of them. */
const ROOM_MADE = 63 / 64
/** What a set costs besides its octets, of which it may have none (measured: 390 to 470). */
const SET_OVERHEAD = 512
/** How long a set waits: exporters repeat templates after 1800 s by default (Fortinet, Cisco), or sooner. */
const WAITING_MAX: Micros = 3600e6
/** How often those that have waited for too long are looked for. */
const EXPIRED_EVERY: Micros = 60e6

/** A data set and what its message said. */
export interface DataSet {
  b: Uint8Array
  /** Behind the set's header. */
  at: number
  end: number
  state: ExporterState
  set: number
  exported: Micros
  /** Milliseconds that the exporter had run for; NaN in IPFIX. */
  uptime: number
  received: Micros
  number: number
  /** Records of its message that precede what is left of it. */
  ordinal: number
}

export class Waiting {
  private octets = 0
  /** In order of arrival, by template and altogether. */
  private readonly byTemplate = new Map<string, Set<DataSet>>()
  private readonly all = new Set<DataSet>()
  private expiredAt: Micros = -Infinity

  /** Copies what it keeps. */
  add(data: DataSet): void {
    const held = { ...data, b: data.b.slice(data.at, data.end), at: 0, end: data.end - data.at }
    const key = keyOf(data.state, data.set)
    const others = this.byTemplate.get(key)
    if (others === undefined) this.byTemplate.set(key, new Set([held]))
    else others.add(held)
    this.all.add(held)
    this.octets += cost(held)
    this.makeRoom()
    this.expire(data.received)
  }

  /** What waited for the template that has come, in order. */
  take(state: ExporterState, set: number): DataSet[] {
    const key = keyOf(state, set)
    const found = [...(this.byTemplate.get(key) ?? [])]
    this.byTemplate.delete(key)
    for (const held of found) this.release(held)
    return found
  }

  /** All that still waits has waited in vain. */
  giveUp(): void {
    for (const held of this.all) this.lose(held)
  }

  /** Not set by set: an iterator walks over all that was deleted before (src/bytes/oldest.ts). */
  private makeRoom(): void {
    if (this.octets <= WAITING_BYTES_MAX) return
    for (const held of this.all) {
      if (this.octets <= ROOM_MADE * WAITING_BYTES_MAX) return
      this.lose(held)
    }
  }

  /** In a file without times nothing grows old. */
  private expire(now: Micros): void {
    if (!(now - this.expiredAt >= EXPIRED_EVERY)) return
    this.expiredAt = now
    for (const held of this.all) {
      if (now - held.received <= WAITING_MAX) return
      this.lose(held)
    }
  }

  private lose(held: DataSet): void {
    held.state.exporter.quality.undecoded++
    this.release(held)
    const key = keyOf(held.state, held.set)
    const others = this.byTemplate.get(key)
    others?.delete(held)
    if (others?.size === 0) this.byTemplate.delete(key)
  }

  private release(held: DataSet): void {
    this.all.delete(held)
    this.octets -= cost(held)
  }
}

const cost = ({ end }: DataSet): number => end + SET_OVERHEAD

const keyOf = ({ exporter }: ExporterState, set: number): string => `${exporter.id} ${set}`
