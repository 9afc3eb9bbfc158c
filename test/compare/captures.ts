/** The captures that comparisons run over, and what Holdfast says of each. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { openInputs } from '../../src/cli/analyze/inputs.ts'
import { EMPTY_DEPLOYMENT } from '../../src/model/deployment.ts'
import type { AnalysisRecord, RecordKind } from '../../src/model/record.ts'
import { analyze } from '../../src/pipeline/monitor.ts'
import { keyLog } from '../../src/protocols/tls/key-log.ts'

export const SHARED = new URL('../../../shared/captures/', import.meta.url).pathname

export interface CaptureFile {
  /** Below SHARED. */
  readonly name: string
  readonly path: string
  /** The path of the key log that belongs to it. */
  readonly keys: string | null
}

/** Captures of the public collection and of the lab, or none if they are not beside the repository. */
export function captureFiles(...folders: readonly ('public' | 'lab')[]): CaptureFile[] {
  return folders.flatMap((folder) =>
    listed(folder === 'public' ? 'public/pcap' : 'lab')
      .filter((name) => /\.(pcap|pcapng|trace)(\.gz)?$/.test(name))
      .map((name) => ({ name, path: SHARED + name, keys: keysOf(name) })),
  )
}

const listed = (folder: string): string[] =>
  existsSync(SHARED + folder)
    ? readdirSync(SHARED + folder)
        .toSorted()
        .map((name) => `${folder}/${name}`)
    : []

function keysOf(name: string): string | null {
  const candidates = [
    name.replace(/^public\/pcap\/(.*?)\.pcap(ng)?$/, 'public/keys/$1.keylog'),
    name.replace(/^(lab\/[^.]*)\..*$/, '$1.keylog.txt'),
  ]
  const found = candidates.find((key) => key !== name && existsSync(SHARED + key))
  return found === undefined ? null : SHARED + found
}

/** The records of some kinds that an analysis of one capture writes. */
export async function recordsOf<Kind extends RecordKind>(
  { path, keys }: Pick<CaptureFile, 'path' | 'keys'>,
  ...kinds: readonly Kind[]
): Promise<Extract<AnalysisRecord, { kind: Kind }>[]> {
  const records: AnalysisRecord[] = []
  const secrets = keys === null ? null : keyLog(readFileSync(keys, 'latin1'))
  const options = { deployment: EMPTY_DEPLOYMENT, secrets, from: null, to: null, onProgress: null }
  const { inputs, close } = await openInputs([{ tap: '', path }], false)
  try {
    await analyze(inputs, options, [{ kinds: new Set(kinds), write: (record) => void records.push(record) }])
  } finally {
    close()
  }
  return records as Extract<AnalysisRecord, { kind: Kind }>[]
}
