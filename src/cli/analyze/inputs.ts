/** Opens what is to be analysed, and hashes it on the way if somebody wants to know. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { inputError, openSource } from '../../../collectors/byte-source.ts'
import { hashed, hashFile } from '../../../collectors/hash.ts'
import { BESIDE_ALONE, openInput } from '../../../collectors/index.ts'
import { secretsAhead } from '../../../collectors/pcapng-secrets.ts'
import type { AnalysisInput } from '../../pipeline/monitor.ts'
import { analysisInput } from '../analysis-input.ts'
import { inputName } from '../input-name.ts'
import type { Beginnings } from '../beginnings.ts'
import { type BesideLogName, besideSources, givenBeside } from './beside.ts'
import type { InputName } from './plan.ts'
import { isFile } from './is-file.ts'

/** Files up to this size are hashed at once: a worker thread takes longer to start. */
const SMALL_BYTES = 4 * 1024 * 1024

export interface OpenInputs {
  readonly inputs: readonly AnalysisInput[]
  /** Ends everything that is still open or being hashed. */
  close(): void
}

/** Throws an input error that names the file; what was opened before is closed. `beside`: logs that name
 * connections of others. */
export async function openInputs(
  names: readonly InputName[],
  wantsHash: boolean,
  beside: readonly BesideLogName[] = [],
  begun: Beginnings = new Map(),
): Promise<OpenInputs> {
  const asked = new Set<string>()
  const inputs: AnalysisInput[] = []
  const endings: (() => void)[] = []
  const close = (): void => endings.forEach((end) => end())
  try {
    for (const { tap, path } of names) {
      const hash = wantsHash && isFile(path) ? fileHash(path, endings) : null
      const stream = wantsHash && hash === null ? hashed(openSource(path)) : null
      const opened = await openInput(stream ?? openSource(path), {
        path: inputName(path),
        beside: () => {
          const given = givenBeside({ tap, path }, names, beside)
          for (const log of given) asked.add(log.path)
          return besideSources(path, given)
        },
      })
      endings.push(() => (opened.reader ?? opened.records).close())
      const sha256 = stream === null ? hash : onceAwaited(() => stream.digest())
      const secrets = await secretsAhead(path)
      inputs.push(analysisInput(opened, { tap, path, sha256, secrets, beginning: begun.get(path) }))
    }
    const idle = beside.find(({ path }) => !asked.has(path))
    if (idle !== undefined) throw inputError(`${idle.path} ${BESIDE_ALONE}`)
  } catch (error) {
    close()
    throw error
  }
  return { inputs, close }
}

function fileHash(path: string, endings: (() => void)[]): Promise<string> | null {
  if (statSync(path).size <= SMALL_BYTES) {
    try {
      return Promise.resolve(createHash('sha256').update(readFileSync(path)).digest('hex'))
    } catch {
      // It cannot be read: opening it will say so.
      return null
    }
  }
  const { digest, cancel } = hashFile(path)
  endings.push(cancel)
  return digest
}

/**
 * A stream's hash is finished by reading the rest of it: that must not begin before the analysis has had its
 * share.
 */
function onceAwaited<T>(begin: () => Promise<T>): Promise<T> {
  let begun: Promise<T> | null = null
  const promise = (): Promise<T> => (begun ??= begin())
  return {
    // oxlint-disable-next-line unicorn/no-thenable -- being awaited is what starts it
    then: (resolve, reject) => promise().then(resolve, reject),
    catch: (reject) => promise().catch(reject),
    finally: (settle) => promise().finally(settle),
    [Symbol.toStringTag]: 'Promise',
  }
}
