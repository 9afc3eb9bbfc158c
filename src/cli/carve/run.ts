/** `holdfast carve`: the packets that prove an incident, out of a database into a file. */
import { type Console, say } from '../console.ts'
import { EXIT, failure, usageFailure } from '../failure.ts'
import { writeDestination } from '../output/destination.ts'
import { refuseOverwriting } from '../output/overwriting.ts'
import { counted } from '../output/quantities.ts'
import { withStore } from '../stored.ts'
import { incidentOctets } from './carving.ts'

export interface CarveOptions {
  readonly db: string
  readonly output: string
}

/** `HF-17`, also in lower case; or the number alone. */
const INCIDENT = /^(?:hf-)?(\d{1,15})$/i

/** Exit code; throws failures. */
export async function runCarve(
  incident: string,
  { db, output }: CarveOptions,
  console: Console,
): Promise<number> {
  const id = Number(INCIDENT.exec(incident)?.[1])
  if (Number.isNaN(id)) throw usageFailure(`${incident} is no incident; write HF-17`)
  if (output === '-' && console.out.isTerminal)
    throw usageFailure('a terminal cannot show packets; write --output FILE.pcapng')
  refuseOverwriting(output, [db])
  return withStore(db, { mustExist: true, readOnly: true }, (store) => {
    const octets = incidentOctets(store, id)
    if (octets === null) throw failure(`there is no incident HF-${id} in ${db}`)
    // The first block is the header.
    let packets = -1
    writeDestination(output, console.out, (destination) => {
      for (const block of octets) {
        destination.write(block)
        packets++
      }
      if (packets < 1) throw failure(`no packets of HF-${id} are kept in ${db}`)
    })
    if (output !== '-' && console.error.isTerminal) say(console, `${output}: ${counted(packets, 'packet')}`)
    return EXIT.success
  })
}
