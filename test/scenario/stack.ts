/**
 * How a host's TCP looks from outside: hop limit, IP identification, window, option order. Windows and Linux
 * as current releases send them; a device is a Linux with a hop limit of its own.
 */
import { put32 } from './frame-writer.ts'
import { NO_BYTES } from './packet.ts'
import type { Stamps } from './packet.ts'
import type { Random } from './random.ts'

export interface StackOptions {
  readonly system?: 'windows' | 'linux'
  readonly hopLimit?: number
}

export interface Stack {
  readonly hopLimit: number
  readonly timestamps: boolean
  initialSequence(): number
  /** Windows counts per host, Linux per connection (by local port here). */
  identification(port: number): number
  window(syn: boolean): number
  options(syn: boolean, stamps: Stamps | null): Uint8Array
}

const MSS = [2, 4, 5, 180],
  NO_OPERATION = 1
/** MSS 1460, window scale 8, selective acknowledgments permitted. */
const WINDOWS_SYN = new Uint8Array([...MSS, NO_OPERATION, 3, 3, 8, NO_OPERATION, NO_OPERATION, 4, 2])
/** MSS 1460, selective acknowledgments permitted, timestamps, window scale 7. */
const LINUX_SYN = new Uint8Array([...MSS, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, NO_OPERATION, 3, 3, 7])
/** The same, answering a SYN without timestamps. */
const LINUX_SYN_BARE = new Uint8Array([...MSS, NO_OPERATION, NO_OPERATION, 4, 2, NO_OPERATION, 3, 3, 7])
const LINUX_SEGMENT = new Uint8Array([NO_OPERATION, NO_OPERATION, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0])

/** A copy of the options with the stamps where they belong. */
function stampedAt(template: Uint8Array, at: number, [value, echo]: Stamps): Uint8Array {
  const options = template.slice()
  put32(options, at, value)
  put32(options, at + 4, echo)
  return options
}

function linuxOptions(syn: boolean, stamps: Stamps | null): Uint8Array {
  if (stamps === null) return syn ? LINUX_SYN_BARE : NO_BYTES
  return syn ? stampedAt(LINUX_SYN, 8, stamps) : stampedAt(LINUX_SEGMENT, 4, stamps)
}

export function createStack(random: Random, options: StackOptions = {}): Stack {
  const windows = options.system === 'windows'
  const counters = new Map<number, number>()
  return {
    hopLimit: options.hopLimit ?? (windows ? 128 : 64),
    timestamps: !windows,
    initialSequence: () => random.bits(),
    identification(port) {
      const counter = windows ? 0 : port
      const value = ((counters.get(counter) ?? random.between(0, 0xffff)) + 1) & 0xffff
      counters.set(counter, value)
      return value
    },
    window: (syn) => (syn ? 64_240 : windows ? 1_026 : 502),
    options: windows ? (syn) => (syn ? WINDOWS_SYN : NO_BYTES) : linuxOptions,
  }
}
