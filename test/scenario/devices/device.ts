/** What stands between two links: it is handed packets from both sides and decides what goes on. */
import type { Heading, Packet } from '../packet.ts'
import type { Random } from '../random.ts'
import type { Timeline } from '../timeline.ts'

/** What a device may do. */
export interface Position {
  readonly time: Timeline
  readonly random: Random
  /** Puts a packet on the link of that side, after the device's own delay. */
  forward(packet: Packet, heading: Heading): void
}

/** Installs itself; the answer takes what arrives. */
export type Device = (position: Position) => (packet: Packet, heading: Heading) => void

/** A router's work: one hop less. */
export const routed = (packet: Packet): Packet => ({ ...packet, hopLimit: packet.hopLimit - 1 })
