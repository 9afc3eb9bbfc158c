/**
 * The path of tunnels that a packet was found in, as a number: 0 is none. Equal paths have equal numbers.
 *
 * A step of a path is a tunnel's kind, its identifier (VNI, key, TEID, session, label; 0 where it has none),
 * and its two ends without regard to direction, so that both directions of a tunnel are one path wherever
 * they share the identifier. Where they do not (a TEID, an L2TP session and an MPLS label are the
 * receiver's), the connection stage finds out which paths belong together (connections/elsewhere.ts). UDP
 * ports are left out: a tunnel's source port is made from the inner addresses (RFC 7348 5), and is another
 * for each direction.
 */
import { AddressTable } from '../bytes/address.ts'
import { TUNNEL_NAMES } from './tunnels.data.ts'

/** Paths remembered by one capture, 28 octets each; packets of later ones are all in `FURTHER`. */
export const PATHS_MAX = 1 << 20
/** The path of all packets whose own could not be remembered. */
export const FURTHER = 1

const FIRST_PATH = 2
const COLUMNS = 5 // outer path, kind, identifier, lower end, higher end
const FIRST_CAPACITY = 16
const SLOTS_PER_PATH = 2 // so that at most half of the slots are taken
const NO_END = -1
const NO_STEPS: readonly string[] = []

export class PathTable {
  /** Packets that went to `FURTHER`. */
  refused = 0
  private count = FIRST_PATH
  private readonly limit: number
  private steps = new Int32Array(FIRST_CAPACITY * COLUMNS)
  /** The path's number; 0 is free. */
  private slots = new Int32Array(FIRST_CAPACITY * SLOTS_PER_PATH)
  /** Made with the first tunnel: most captures have none. */
  private ends: AddressTable | null = null
  private readonly texts = new Map<number, readonly string[]>()

  constructor(limit: number = PATHS_MAX) {
    this.limit = limit
  }

  /** Whether any tunnel was met. */
  get isUsed(): boolean {
    return this.count > FIRST_PATH || this.refused > 0
  }

  /** `outer` and one step more: a tunnel between the ends of the IP header at b[networkAt]. */
  between(
    outer: number,
    kind: number,
    id: number,
    b: Uint8Array,
    networkAt: number,
    version: number,
  ): number {
    const ends = (this.ends ??= new AddressTable({ limit: 2 * this.limit }))
    const from = version === 4 ? ends.idOfIpv4(b, networkAt + 12) : ends.idOfIpv6(b, networkAt + 8)
    const to = version === 4 ? ends.idOfIpv4(b, networkAt + 16) : ends.idOfIpv6(b, networkAt + 24)
    return this.step(outer, kind, id | 0, from < to ? from : to, from < to ? to : from)
  }

  /** `outer` and one step more, which has no ends to tell: a label, a session of a link. */
  along(outer: number, kind: number, id: number): number {
    return this.step(outer, kind, id | 0, NO_END, NO_END)
  }

  /** The steps as people read them, outermost first: `vxlan 42 10.0.0.1 10.0.0.2`. */
  text(path: number): readonly string[] {
    if (path === 0) return NO_STEPS
    const known = this.texts.get(path)
    if (known !== undefined) return known
    const made = path === FURTHER ? ['further tunnels'] : this.write(path)
    this.texts.set(path, made)
    return made
  }

  private write(path: number): readonly string[] {
    const [outer, kind, id, low, high] = this.steps.subarray(path * COLUMNS, (path + 1) * COLUMNS)
    const ends = [low!, high!].filter((end) => end !== NO_END).map((end) => this.ends!.text(end))
    const words = [TUNNEL_NAMES[kind!]!, ...(id === 0 ? [] : [String(id! >>> 0)]), ...ends]
    return [...this.text(outer!), words.join(' ')]
  }

  private step(outer: number, kind: number, id: number, low: number, high: number): number {
    const { steps, slots } = this
    const mask = slots.length - 1
    for (let slot = hash(outer, kind, id, low, high) & mask; ; slot = (slot + 1) & mask) {
      const path = slots[slot]!
      if (path === 0) return this.add(outer, kind, id, low, high)
      const s = path * COLUMNS
      if (
        steps[s + 2] === id &&
        steps[s] === outer &&
        steps[s + 1] === kind &&
        steps[s + 3] === low &&
        steps[s + 4] === high
      )
        return path
    }
  }

  private add(outer: number, kind: number, id: number, low: number, high: number): number {
    if (this.count - FIRST_PATH >= this.limit) {
      this.refused++
      return FURTHER
    }
    if ((this.count + 1) * COLUMNS > this.steps.length) this.grow()
    const path = this.count++
    this.steps.set([outer, kind, id, low, high], path * COLUMNS)
    this.place(path)
    return path
  }

  private place(path: number): void {
    const { steps, slots } = this
    const mask = slots.length - 1
    const [outer, kind, id, low, high] = steps.subarray(path * COLUMNS, (path + 1) * COLUMNS)
    let slot = hash(outer!, kind!, id!, low!, high!) & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = path
  }

  private grow(): void {
    const old = this.steps
    this.steps = new Int32Array(old.length * 2)
    this.steps.set(old)
    this.slots = new Int32Array(this.slots.length * 2)
    for (let path = FIRST_PATH; path < this.count; path++) this.place(path)
  }
}

function hash(outer: number, kind: number, id: number, low: number, high: number): number {
  let mixed = Math.imul(id, 0x9e3779b1) ^ Math.imul(outer, 0x85ebca6b) ^ (kind << 24)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) ^ Math.imul(low, 0x27d4eb2f)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x165667b1) ^ Math.imul(high, 0x9e3779b1)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}
