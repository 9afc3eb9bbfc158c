/** What was lost before it came here, as whoever watches is told. dumpcap says only at its end what the
 * kernel dropped; until then nobody knows. */
import type { LiveState } from '../../model/view.ts'
import { counted } from '../output/quantities.ts'

/** Packets and records that were lost are told as they are: what was not seen cannot be judged. */
export function dropNotes(tell: (line: string) => void): (state: LiveState) => void {
  let told = 0
  return ({ kernelDrops, interfaceDrops, flows }) => {
    const dropped = (kernelDrops ?? 0) + (interfaceDrops ?? 0)
    const lost = Math.max(dropped, flows?.lost ?? 0)
    if (lost <= told) return
    told = lost
    if (flows !== undefined)
      return tell(
        `${flows.lost} records or messages lost so far, by their exporters' own numbers, and ${counted(dropped, 'datagram')} here (${by('the kernel', kernelDrops)}): verdicts say less`,
      )
    tell(
      `${counted(lost, 'packet')} lost so far (${by('the kernel', kernelDrops)}, ${by('the interface', interfaceDrops)}): verdicts say less`,
    )
  }
}

const by = (who: string, drops: number | null): string =>
  drops === null ? `those of ${who} are not known yet` : `${drops} by ${who}`
