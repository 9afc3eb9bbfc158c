/** Captures as taps in the field spoil them: packets are missing, all of one direction are, or they are there
 * twice, or in another order. The same seed spoils the same packets. */
import { PCAP_HEADER, PCAP_RECORD_HEADER, recordsOf } from '../detectors/analysis.ts'
import { locate, Place, TCP } from '../../src/wire/frame.ts'
import { PathTable } from '../../src/wire/path.ts'
import { joined } from '../scenario/pcap-writer.ts'
import { createRandom } from '../scenario/random.ts'

/** Shares of the packets: of those that a busy tap loses, that two queues swap, and that a SPAN port sees on
 * their way in as well as out. */
const LOST = 0.03
const SWAPPED = 0.02
const DOUBLED = 0.5

type Wear = (capture: Uint8Array, seed: number) => Uint8Array

type Records = readonly Uint8Array[]

const ETHERNET = 1

const worn =
  (spoil: (records: Records, chance: (share: number) => boolean) => Records): Wear =>
  (capture, seed) => {
    const bytes = Buffer.from(capture)
    const records = recordsOf(bytes).map(({ record }) => record)
    return joined([bytes.subarray(0, PCAP_HEADER), ...spoil(records, createRandom(seed).chance)])
  }

export const lossy = worn((records, chance) => records.filter(() => !chance(LOST)))

/** With the time stamps that they had. */
export const disordered = worn((records, chance) => {
  const out = [...records]
  for (let i = 0; i + 1 < out.length; i++) {
    if (!chance(SWAPPED)) continue
    ;[out[i], out[i + 1]] = [out[i + 1]!, out[i]!]
    i++
  }
  return out
})

/** At the same microsecond. */
export const doubled = worn((records, chance) =>
  records.flatMap((record) => (chance(DOUBLED) ? [record, record] : [record])),
)

/** What the servers say is all that passes the tap; and what they are told. */
export const fromServers = worn((records) => records.filter((record) => !isTold(record, 'to servers')))
export const toServers = worn((records) => records.filter((record) => !isTold(record, 'from servers')))

/** Servers have the lower port. */
function isTold(record: Uint8Array, where: 'to servers' | 'from servers'): boolean {
  const place = new Place(new PathTable())
  const { length } = record
  if (locate(record, PCAP_RECORD_HEADER, length, length, ETHERNET, place) !== TCP) return false
  const ports = new DataView(record.buffer, record.byteOffset + place.transportAt)
  return ports.getUint16(0) > ports.getUint16(2) === (where === 'to servers')
}
