/**
 * Wireshark's own engine as one process that many questions are asked of (`sharkd`, JSON-RPC over its
 * standard streams): tshark takes longer to start than to answer.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Sharkd {
  /** Later questions are about this capture. */
  load(capture: Uint8Array): Promise<void>
  /** Numbers of the frames that pass a display filter, at most `limit`; rejects with what is wrong with
   * it. */
  frames(filter: string, limit?: number): Promise<number[]>
  close(): void
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

export function sharkd(): Sharkd {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-sharkd-'))
  const child = spawn('sharkd', ['-'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const waiting = new Map<number, (answer: Answer) => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  child.once('exit', (code) => {
    for (const [id, tell] of waiting) tell({ id, error: { message: `sharkd ended with ${code}` } })
  })
  let asked = 0
  let loaded = 0
  const ask = async (method: string, params: object): Promise<unknown> => {
    const id = ++asked
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve)
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
    })
    if (answer.error !== undefined) throw new Error(`sharkd: ${answer.error.message}`)
    return answer.result
  }
  return {
    async load(capture) {
      const file = join(folder, `capture-${asked}`) // it reads no socket
      writeFileSync(file, capture)
      loaded++
      await ask('load', { file })
    },
    async frames(filter, limit = 0) {
      // It remembers what passed a filter by its text, and does not forget that with another capture.
      const own = filter.padEnd(filter.length + loaded)
      const rows = await ask('frames', { filter: own, ...(limit > 0 ? { limit } : {}) })
      return (rows as { readonly num: number }[]).map(({ num }) => num)
    },
    close() {
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
