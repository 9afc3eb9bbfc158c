/** Frames of 802.11 that hold several packets, or a piece of one; and what is read of a sequence of
 * frames. */
import { Fragments } from '../../src/connections/fragments.ts'
import { visitParts } from '../../src/wire/aggregate.ts'
import { AGGREGATE, FRAGMENT, LINK_FRAGMENT, locate, Place, TCP } from '../../src/wire/frame.ts'
import * as tcp from '../../src/wire/tcp.ts'
import { enterTunnels } from '../../src/wire/tunnel.ts'
import { octets } from './wrap.ts'

export const RECEIVER = [0, 27, 33, 0, 9, 2]
export const TRANSMITTER = [0, 27, 33, 0, 9, 1]
const SNAP = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0]
const FROM_STATION = 1
const MORE = 4

/** To the network, with quality of service: an aggregate of packets. */
export function aggregate(packets: readonly Uint8Array[]): Uint8Array {
  const parts = packets.map((packet, i) => {
    const length = SNAP.length + packet.length
    const padding = i === packets.length - 1 ? 0 : -(14 + length) & 3
    return octets(
      [0, 27, 33, 0, 9, 16 + i],
      TRANSMITTER,
      [length >> 8, length & 255],
      SNAP,
      packet,
      new Uint8Array(padding),
    )
  })
  return octets(header([0x88, FROM_STATION], 0, 0), [0x80, 0], ...parts)
}

const header = (control: number[], sequence: number, fragment: number): Uint8Array =>
  octets(control, [0, 0], RECEIVER, TRANSMITTER, RECEIVER, [
    ((sequence << 4) & 0xf0) | fragment,
    (sequence >> 4) & 255,
  ])

/** The packet in frames with `size` octets each. */
export function pieces(packet: Uint8Array, sequence: number, size: number): Uint8Array[] {
  const whole = octets(SNAP, packet)
  const count = Math.ceil(whole.length / size)
  return Array.from({ length: count }, (_, i) => {
    const control = [0x08, FROM_STATION | (i + 1 < count ? MORE : 0)]
    return octets(header(control, sequence, i), whole.subarray(i * size, (i + 1) * size))
  })
}

/** `frame port length` of each segment, as it is read when frame by frame comes, one a second. */
export function segmentsOf(
  frames: readonly Uint8Array[],
  linkType: number,
  fragments = new Fragments(),
  apart = 1,
): string[] {
  const place = new Place()
  const found: string[] = []
  frames.forEach((frame, i) => {
    const take = (kind: number): void => {
      if (kind === AGGREGATE) visitParts(place, take)
      else if (kind === FRAGMENT) take(enterTunnels(fragments.offer(place, i * apart), place))
      else if (kind === LINK_FRAGMENT) take(enterTunnels(fragments.offerLink(place, i * apart), place))
      else if (kind === TCP) found.push(textOf(place, i + 1))
    }
    take(enterTunnels(locate(frame, 0, frame.length, frame.length, linkType, place), place))
  })
  return found
}

const textOf = ({ bytes, transportAt, wireEnd }: Place, number: number): string =>
  `${number} ${tcp.sourcePort(bytes, transportAt)} ${tcp.payloadLength(bytes, transportAt, wireEnd)}`
