/** What findings cite, over all stories: the packets that the captures hold. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { INCIDENT_TYPES, type EvidencePacket } from '../../src/model/incident.ts'
import type { Tap } from '../../src/model/packet.ts'
import { type Sharkd, sharkd } from '../scenario/sharkd.ts'
import { missing } from '../tools.ts'
import { type Analysis, analysed, recordsOf } from './analysis.ts'
import { STORIES } from './stories.ts'

interface Told {
  /** `client and server`, `client`. */
  readonly of: string
  readonly analysis: Analysis
}

interface Known {
  readonly captures: ReadonlyMap<Tap, Uint8Array>
  readonly told: readonly Told[]
}

const known = new Map<string, Promise<Known>>()

/** The analyses of a story: of all taps together, and of each alone. */
function played(type: (typeof INCIDENT_TYPES)[number]): Promise<Known> {
  const before = known.get(type)
  if (before !== undefined) return before
  const play = async (): Promise<Known> => {
    const { config, play: begin } = STORIES[type]
    const story = begin()
    const captures = story.captures()
    const taps = [...captures.keys()]
    const told: Told[] = []
    for (const those of taps.length > 1 ? [taps, ...taps.map((tap) => [tap])] : [taps])
      told.push({ of: those.join(' and '), analysis: await analysed(story, { config, taps: those }) })
    return { captures, told }
  }
  const now = play()
  known.set(type, now)
  return now
}

const citedIn = (analysis: Analysis, incident: string): EvidencePacket[] =>
  analysis
    .of('occurrence')
    .filter((one) => one.incident === incident)
    .flatMap(({ finding }) => finding.evidence)

test.each([...INCIDENT_TYPES])('evidence of %s has the times of its packets', async (type) => {
  const { captures, told } = await played(type)
  const times = new Map([...captures].map(([tap, pcap]) => [tap, recordsOf(Buffer.from(pcap))]))
  for (const { of, analysis } of told) {
    const cited = analysis.of('occurrence').flatMap(({ finding }) => finding.evidence)
    const wrong = cited
      .map(({ tap, packet, at, note }) => ({ tap, packet, note, off: at - times.get(tap)![packet - 1]!.at }))
      .filter(({ off }) => off !== 0)
    expect({ of, wrong }).toEqual({ of, wrong: [] })
  }
})

describe.skipIf(missing('sharkd'))('Wireshark finds', () => {
  let wireshark: Sharkd
  beforeAll(() => {
    wireshark = sharkd()
  })
  afterAll(() => wireshark.close())

  test.each([...INCIDENT_TYPES])('the evidence of %s by its filter', async (type) => {
    const { captures, told } = await played(type)
    for (const [tap, capture] of captures) {
      await wireshark.load(capture)
      for (const { of, analysis } of told)
        for (const { id, type: its, filter } of analysis.of('incident')) {
          const cited = citedIn(analysis, id).filter((item) => item.tap === tap)
          if (cited.length === 0) continue
          const found = new Set(await wireshark.frames(filter))
          const missed = cited.filter(({ packet }) => !found.has(packet))
          expect({ of, tap, its, filter, missed }).toEqual({ of, tap, its, filter, missed: [] })
        }
    }
  })
})
