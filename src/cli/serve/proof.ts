/** The octets of what proves something, out of the captures into the database: the last stage of a job. */
import { existsSync } from 'node:fs'
import type { ExpansionLimit } from '../../../collectors/compression.ts'
import { evidenceWanted, keepPackets } from '../../store/evidence.ts'
import type { Store } from '../../store/store.ts'
import { harvest } from './harvest.ts'

interface Proved {
  readonly analysis: number
  readonly plainSecrets: boolean
  readonly inputs: readonly { readonly capture: number; readonly path: string }[]
}

interface ProofOptions {
  readonly limit?: ExpansionLimit
  /** 0 to 1, of all captures. */
  onProgress(fraction: number): void
}

/** Keeps the packets of an analysis's evidence; those of a capture that is no file are left out. */
export async function prove(
  store: Store,
  { analysis, inputs, plainSecrets }: Proved,
  { limit, onProgress }: ProofOptions,
): Promise<void> {
  onProgress(0)
  const wanted = [...evidenceWanted(store, analysis)]
  for (const [done, { capture, numbers }] of wanted.entries()) {
    const path = inputs.find((input) => input.capture === capture)?.path
    if (path === undefined || !existsSync(path)) continue
    await harvest({
      path,
      numbers,
      ...(limit === undefined ? {} : { limit }),
      keep: (packets) => keepPackets(store, analysis, capture, packets, { plain: plainSecrets }),
      onProgress: (fraction) => onProgress((done + fraction) / wanted.length),
    })
  }
  onProgress(1)
}
