/** Where a collector gets its packets or flow records, in words that can be handed to a thread; and the
 * source of packets that is meant. */
import { createReadStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { type FolderPosition, folderSource } from '../../../collectors/live-folder.ts'
import { type ProcessPlan, processSource } from '../../../collectors/live-process.ts'
import type { LiveSource } from '../../../collectors/live-reader.ts'
import { connectSource, inputSource, listenSource } from '../../../collectors/live-streams.ts'
import type { Micros } from '../../model/time.ts'
import { failure } from '../failure.ts'

/** Exports of flows, taken here. */
export interface FlowsSource {
  readonly kind: 'flows'
  readonly transport: 'udp' | 'tcp'
  readonly host: string
  readonly port: number
  /** No exporter keeps a flow open for longer before it tells of it. */
  readonly activeTimeout: Micros
  /** All TCP is followed, not only that of the configuration's services. */
  readonly allTraffic: boolean
}

export type SourceSpec = PacketSource | FlowsSource

export type PacketSource =
  | ({ readonly kind: 'interface' } & ProcessPlan)
  | { readonly kind: 'input' }
  | { readonly kind: 'folder'; readonly path: string }
  /** Pcap over IP: fetched from there, or taken here. */
  | { readonly kind: 'connect' | 'listen'; readonly host: string; readonly port: number }

/** What people call it. */
export function nameOfSource(spec: SourceSpec): string {
  if (spec.kind === 'interface') return spec.interfaces.join(', ')
  if (spec.kind === 'input') return 'standard input'
  if (spec.kind === 'folder') return spec.path
  if (spec.kind === 'flows') return `flows at ${spec.transport}://${hostText(spec.host)}:${spec.port}`
  return `${spec.kind === 'connect' ? 'tcp' : 'tcp-listen'}://${spec.host}:${spec.port}`
}

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Its packets are stamped by the clock of this machine. */
export const hasOurClock = ({ kind }: PacketSource): boolean => kind === 'interface' || kind === 'folder'

/** What it reads can be read again after a restart. */
export const canReadAgain = ({ kind }: SourceSpec): boolean => kind === 'folder'

/** `position` is where to go on; `partPackets` tells what was read of the present part; `says` is told what
 * somebody has to mend. Throws failures and input errors. */
export async function openLiveSource(
  spec: PacketSource,
  position: unknown,
  partPackets: () => number,
  says: (sentence: string) => void,
): Promise<LiveSource> {
  switch (spec.kind) {
    case 'interface':
      return processSource(spec)
    case 'input':
      return inputSource(standardInput(), 'standard input')
    case 'folder':
      return folderSource(spec.path, position as FolderPosition | null, partPackets, says)
    case 'connect':
      return connectSource(spec)
    case 'listen':
      return listenSource(spec)
  }
}

const STDIN = 0

/** As a stream of this thread: `process.stdin` is the main thread's. */
function standardInput(): Readable {
  const stat = fstatSync(STDIN)
  if (stat.isFIFO() || stat.isSocket()) return new Socket({ fd: STDIN, readable: true, writable: false })
  if (stat.isFile()) return createReadStream('', { fd: STDIN, autoClose: false })
  throw failure('standard input is a terminal or a device: pipe a capture into it')
}
