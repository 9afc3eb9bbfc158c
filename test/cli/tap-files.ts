/** Files of what taps saw in a story, what their beginnings show, and what is found in them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openInputs } from '../../src/cli/analyze/inputs.ts'
import { type Beginning, type Beginnings, beginnings } from '../../src/cli/beginnings.ts'
import type { AnalysisRecord } from '../../src/model/record.ts'
import { SECOND, type Micros } from '../../src/model/time.ts'
import { analyze } from '../../src/pipeline/monitor.ts'
import { deployment, type Recorded, recordsOf } from '../detectors/analysis.ts'
import { attach, DLP } from '../detectors/stories.ts'
import { joined, pcapngBlocks, text } from '../scenario/pcap-writer.ts'
import { firewall, scenario, type Scenario } from '../scenario/scenario.ts'

/** Two agents; what one of them says to an idle connection is answered by a reset. */
export function severed(): Scenario {
  const s = scenario().behind(firewall({ idle: 300 * SECOND, forgets: 'rst-on-next' }))
  const { agent } = attach(s, 'A1', '10.10.1.101', '10.10.3.11:8000')
  attach(s, 'A2', '10.10.1.102', '10.10.3.11:8000')
  s.wait(330 * SECOND)
  agent.sends('a report')
  s.wait(10 * SECOND)
  return s
}

export interface File {
  readonly tap: string
  readonly path: string
}

/** A file that is there until the test is over. */
export function file(tap: string, bytes: Uint8Array, type = 'pcap'): File {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-taps-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, `${tap}.${type}`)
  writeFileSync(path, bytes)
  return { tap, path }
}

/** A capture of several interfaces: that of a frame says `faceOf`. */
export function ofInterfaces(
  tap: string,
  stored: readonly Pick<Recorded, 'at' | 'frame'>[],
  names: string[],
  faceOf: (f: Buffer) => number,
): File {
  const { section, interface: face, enhanced } = pcapngBlocks()
  const blocks = stored.map(({ at, frame }) =>
    enhanced({ interface: faceOf(frame), ticks: BigInt(at), bytes: new Uint8Array(frame) }),
  )
  const faces = names.map((name) => face({ options: [{ code: 2, value: text(name) }] }))
  return file(tap, joined([section(), ...faces, ...blocks]), 'pcapng')
}

/** What the beginnings of the files show, by tap. */
export async function shown(files: readonly File[]): Promise<Readonly<Record<string, Beginning>>> {
  const found = await beginnings(files)
  return Object.fromEntries(
    files.flatMap(({ tap, path }) => (found.has(path) ? [[tap, found.get(path)!]] : [])),
  )
}

export async function records(files: readonly File[], begun?: Beginnings): Promise<AnalysisRecord[]> {
  const { inputs, close } = await openInputs(files, false, [], begun ?? (await beginnings(files)))
  const found: AnalysisRecord[] = []
  const options = { deployment: deployment(DLP), secrets: null, from: null, to: null, onProgress: null }
  const kinds = new Set(['occurrence', 'capture', 'connection'] as const)
  await analyze(inputs, options, [{ kinds, write: (record) => void found.push(record) }])
  close()
  return found
}

export const findingsOf = (found: readonly AnalysisRecord[]) =>
  found.flatMap((record) => (record.kind === 'occurrence' ? [record.finding] : []))

/** What was found, by what anybody can look up. */
export const told = (
  found: readonly AnalysisRecord[],
  timeOf: (tap: string, packet: number) => Micros | undefined,
) =>
  findingsOf(found).map(({ type, at, agent, server, actor, manner, evidence }) => ({
    type,
    at,
    agent,
    server,
    actor,
    manner,
    evidence: evidence.map((item) => ({ at: item.at, note: item.note })),
    // Each packet is in its file where it is said to be.
    times: evidence.map((item) => timeOf(item.tap, item.packet)),
  }))

/** When each packet of the files is. */
export function clockOf(captures: readonly (readonly [tap: string, capture: Uint8Array])[]) {
  const times = new Map(
    captures.map(([tap, bytes]) => [tap, recordsOf(Buffer.from(bytes)).map(({ at }) => at)]),
  )
  return (tap: string, packet: number): Micros | undefined => times.get(tap)?.[packet - 1]
}
