/**
 * Uploads of this browser: files that belong together go up one after the other and become one analysis. They
 * go on while other pages are looked at; leaving the application ends them, so it asks first.
 */
import { signal } from '@preact/signals'
import type { AnalysisRow, CaptureRow } from '../src/api/contract.ts'
import * as api from './api.ts'
import { session } from './session.ts'
import { tapNames } from './taps.ts'

const SPEED_MS = 3000 // the speed is that of this much time past
const TEXT_MAX_BYTES = 32 * 1024 * 1024 // a key log or configuration beyond this is refused here
const SNIFFED_BYTES = 64 * 1024

export type FileKind = 'capture' | 'keylog' | 'config'

export interface Chosen {
  readonly file: File
  readonly kind: FileKind
  /** The name of the place where it was captured; empty: the server's choice. */
  readonly tap: string
}

export interface Transfer {
  readonly name: string
  readonly size: number
  readonly sent: number
  readonly bytesPerSecond: number
  readonly state: 'waits' | 'sends' | 'done' | 'failed'
}

/** Files that become one analysis. */
export interface Batch {
  readonly id: number
  readonly transfers: readonly Transfer[]
  readonly state: 'sends' | 'starts' | 'failed'
  readonly error: string | null
}

interface Work {
  readonly files: readonly Chosen[]
  /** The stored captures, by the file's place. */
  readonly captures: (number | null)[]
  running: XMLHttpRequest | null
}

export const batches = signal<readonly Batch[]>([])
const works = new Map<number, Work>()
const numbers = { next: 1 }

const KEY_LOG =
  /^(CLIENT_RANDOM|RSA|EXPORTER_SECRET|EARLY_EXPORTER_SECRET|(CLIENT|SERVER)_[A-Z_]*SECRET(_0)?) [0-9a-fA-F]{16,} /m

/** What a file is, by what stands at its beginning; a configuration by its name. */
export function kindOf(name: string, beginning: string): FileKind {
  if (KEY_LOG.test(beginning)) return 'keylog'
  return /\.ya?ml$/i.test(name) ? 'config' : 'capture'
}

/** Looks into the files; captures get the tap names that their names suggest. */
export async function choose(files: readonly File[]): Promise<Chosen[]> {
  const kinds = await Promise.all(
    files.map(async (file) => kindOf(file.name, await file.slice(0, SNIFFED_BYTES).text())),
  )
  const captures = files.filter((_, index) => kinds[index] === 'capture')
  const taps = tapNames(captures.map(({ name }) => name))
  return files.map((file, index) => {
    const kind = kinds[index] ?? 'capture'
    return { file, kind, tap: kind === 'capture' ? (taps[captures.indexOf(file)] ?? '') : '' }
  })
}

/** Sends the files, then has the captures among them analysed together. */
export function start(files: readonly Chosen[]): void {
  const captures = files.filter(({ kind }) => kind === 'capture')
  if (captures.length === 0) return
  const id = numbers.next++
  works.set(id, { files, captures: captures.map(() => null), running: null })
  const transfers = captures.map(({ file }) => ({
    name: file.name,
    size: file.size,
    sent: 0,
    bytesPerSecond: 0,
    state: 'waits' as const,
  }))
  batches.value = [...batches.value, { id, transfers, state: 'sends', error: null }]
  void send(id)
}

/** Goes on where it failed; what is stored already is not sent again. */
export function retry(id: number): void {
  change(id, { state: 'sends', error: null })
  void send(id)
}

/** Ends it. Captures that are stored already stay. */
export function cancel(id: number): void {
  works.get(id)?.running?.abort()
  works.delete(id)
  batches.value = batches.value.filter((batch) => batch.id !== id)
}

function change(id: number, patch: Partial<Batch>): void {
  batches.value = batches.value.map((batch) => (batch.id === id ? { ...batch, ...patch } : batch))
}

function changeTransfer(id: number, index: number, patch: Partial<Transfer>): void {
  batches.value = batches.value.map((batch) =>
    batch.id === id
      ? { ...batch, transfers: batch.transfers.map((old, at) => (at === index ? { ...old, ...patch } : old)) }
      : batch,
  )
}

async function send(id: number): Promise<void> {
  const work = works.get(id)
  if (work === undefined) return
  const captures = work.files.filter(({ kind }) => kind === 'capture')
  const now = { index: 0 }
  try {
    for (const [index, { file }] of captures.entries()) {
      now.index = index
      if (work.captures[index] != null) continue
      changeTransfer(id, index, { state: 'sends', sent: 0 })
      work.captures[index] = (
        await put(file, work, (sent, speed) => changeTransfer(id, index, { sent, bytesPerSecond: speed }))
      ).id
      changeTransfer(id, index, { state: 'done', sent: file.size })
    }
    change(id, { state: 'starts' })
    await analyse(work, captures)
    cancel(id)
  } catch (error) {
    if (!works.has(id)) return // cancelled
    changeTransfer(id, now.index, { state: work.captures[now.index] == null ? 'failed' : 'done' })
    change(id, { state: 'failed', error: (error as Error).message })
  }
}

async function analyse(work: Work, captures: readonly Chosen[]): Promise<AnalysisRow> {
  const texts = async (kind: FileKind): Promise<string> =>
    (await Promise.all(work.files.filter((chosen) => chosen.kind === kind).map(textOf))).join('\n')
  const [keylog, config] = await Promise.all([texts('keylog'), texts('config')])
  return api.startAnalysis({
    captures: captures.map(({ tap }, index) => ({
      id: work.captures[index] ?? 0,
      ...(tap === '' ? {} : { tap }),
    })),
    ...(keylog === '' ? {} : { keylog }),
    ...(config === '' ? {} : { config }),
  })
}

async function textOf({ file }: Chosen): Promise<string> {
  if (file.size > TEXT_MAX_BYTES) throw new Error(`${file.name} is too large for a text.`)
  return file.text()
}

/** One PUT with progress, which fetch does not tell. */
function put(file: File, work: Work, onProgress: (sent: number, speed: number) => void): Promise<CaptureRow> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const samples: { at: number; sent: number }[] = []
    work.running = request
    request.open('PUT', api.uploadAddress(file.name))
    request.setRequestHeader('content-type', 'application/octet-stream')
    const token = session.value?.csrfToken
    if (token != null) request.setRequestHeader('x-csrf-token', token)
    request.upload.addEventListener('progress', ({ loaded }) =>
      onProgress(loaded, speedOf(samples, performance.now(), loaded)),
    )
    request.addEventListener('load', () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText) as CaptureRow)
      else reject(api.errorFrom(request.status, request.responseText))
    })
    request.addEventListener('error', () =>
      reject(new api.ApiError(`${file.name} did not arrive: the connection broke.`, 0)),
    )
    request.addEventListener('abort', () => reject(new api.ApiError('Cancelled.', 0)))
    request.send(file)
  })
}

/** Octets a second over the last few seconds; notes the sample. */
export function speedOf(samples: { at: number; sent: number }[], at: number, sent: number): number {
  samples.push({ at, sent })
  while (samples.length > 2 && at - (samples[0]?.at ?? at) > SPEED_MS) samples.shift()
  const first = samples[0]
  return first === undefined || at === first.at ? 0 : ((sent - first.sent) * 1000) / (at - first.at)
}

/** Leaving the application would end the uploads: the browser asks. */
export const isSending = (): boolean => batches.value.some(({ state }) => state === 'sends')
