/** A stream that is played to, and what its consumer was told. */
import type { Side } from '../../src/model/packet.ts'
import { ReassemblyAccount } from '../../src/streams/account.ts'
import { Stream } from '../../src/streams/reassembly.ts'
import { recorder } from './recorder.ts'

export const ALPHABET = Uint8Array.from({ length: 4096 }, (_, i) => 97 + (i % 26))
/** Just before the sequence numbers wrap. */
export const START = 0xffff_fff8

/**
 * A stream whose side 0 sends the alphabet over and over from START on; packets and milliseconds count up.
 */
export function played(account = new ReassemblyAccount()) {
  const consumer = recorder([ALPHABET, ALPHABET])
  const stream = new Stream(consumer, account)
  let packet = 0
  stream.startsAt(0, START)
  return {
    consumer,
    stream,
    account,
    log: consumer.log,
    /** Sends octets from..to of the alphabet, of which `captured` were captured. */
    send(
      from: number,
      to: number,
      { captured = to - from, side = 0, at = 0 }: { captured?: number; side?: Side; at?: number } = {},
    ) {
      const sequence = (START + from) >>> 0
      const time = at || ++packet
      const bytes = ALPHABET.slice(Math.max(0, from - 3), to + 3)
      const start = Math.min(3, Math.max(0, from))
      stream.segment(side, sequence, bytes, start, start + captured, to - from, time, at ? 0 : packet)
    },
    acknowledge: (to: number, at = ++packet) => stream.acknowledged(0, (START + to) >>> 0, at, packet),
    finish: (at: number) => stream.finish(0, ++packet, packet, (START + at) >>> 0),
  }
}
