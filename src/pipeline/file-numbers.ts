/**
 * Packets of several captures that are one tap have numbers of their own at that tap, and become numbers of
 * their files where they are named.
 *
 * Contract: numbers fit where 31 bits are kept. Of more packets than that the later ones cannot be told.
 */
import { ofInterface } from '../model/joint-tap.ts'
import type { PacketReference, Tap } from '../model/packet.ts'

type NamedPacket = Pick<PacketReference, 'tap' | 'packet'>

/** Flow records have larger numbers. */
const LAST = 2 ** 31 - 1

/** Packets of a capture at a tap come after `after`. */
interface Numbered {
  readonly capture: Tap
  readonly after: number
}

export class FileNumbers {
  private readonly taps = new Map<Tap, Numbered[]>()

  /** What is added to the numbers of a capture's packets: more than those before it have. */
  begins(tap: Tap, capture: Tap, after: number): void {
    const known = this.taps.get(tap)
    if (known === undefined) this.taps.set(tap, [{ capture, after }])
    else known.push({ capture, after })
  }

  /** The packet by the tap and the number of its file: itself, unless its tap is several captures. */
  readonly ofItsFile = <T extends NamedPacket>(reference: T): T => {
    const { packet } = reference
    if (packet > LAST) return reference
    const [tap, face] = ofInterface(reference.tap)
    const numbered = this.taps.get(tap)?.findLast(({ after }) => packet > after)
    if (numbered === undefined) return reference
    return { ...reference, tap: numbered.capture + face, packet: packet - numbered.after }
  }
}
