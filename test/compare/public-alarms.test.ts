/** Ordinary traffic, without any configuration: what would wake an operator is known here one by one, with
 *  why it is no false alarm. */
import { expect, test } from 'vitest'
import { captureFiles, recordsOf, type CaptureFile } from './captures.ts'

/** Incidents of severity warning or critical that may stand in all of it together. */
const ALARMS_MAX = 5

/** By capture and type, and why a network engineer would not call it wrong. */
const EXPLAINED: Readonly<Record<string, string>> = {
  'public/pcap/arkime__long-session.pcap severed-idle':
    "A NetScaler answers the client's first segment after 908 s of silence with a RST, whose window (8201) is " +
    'its word for a packet on a connection that it had closed: it had forgotten the connection without a word.',
}

const FILES = captureFiles('public')
if (FILES.length === 0)
  console.warn('skipped, because ../shared/captures/public is not there: alarms over ordinary traffic')

/** What would be shown in a list, the severest first: `FILE TYPE`, once for each incident. */
async function alarmsOf(file: CaptureFile): Promise<string[]> {
  const incidents = await recordsOf(file, 'incident')
  return incidents.filter(({ severity }) => severity !== 'info').map(({ type }) => `${file.name} ${type}`)
}

test.skipIf(FILES.length === 0)(
  'captures of ordinary traffic raise no alarm but those that are explained',
  async () => {
    const alarms: string[] = []
    for (const file of FILES) alarms.push(...(await alarmsOf(file)))
    expect(alarms).toEqual(Object.keys(EXPLAINED))
    expect(alarms.length).toBeLessThanOrEqual(ALARMS_MAX)
    expect(FILES.length).toBeGreaterThan(90)
  },
)
