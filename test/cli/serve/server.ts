/** A server in a process of its own, as a user starts it, and what a client asks of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../source-tree.ts'

const LAUNCHER = join(ROOT, 'src/cli/holdfast.mjs')
const READY_MS_MAX = 60_000

export interface RunningServer {
  /** Of the API: `http://127.0.0.1:34567/api/v1`. */
  readonly api: string
  readonly child: ChildProcess
  /** What it wrote to standard error. */
  log(): string
  /** Sends a signal and answers how it ended. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: string | null }>
}

export function startServer(...words: string[]): Promise<RunningServer> {
  const child = spawn(process.execPath, [LAUNCHER, 'serve', '--listen', '127.0.0.1:0', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  let out = ''
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as never)
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => fail('is not ready'), READY_MS_MAX)
    const fail = (why: string): void => {
      clearTimeout(late)
      child.kill('SIGKILL')
      reject(new Error(`the server ${why}: ${log}`))
    }
    const tooEarly = (code: number | null): void => fail(`ended with ${code}`)
    child.once('exit', tooEarly)
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      const [, url] = /is at (http:\S+)\n/.exec(out) ?? []
      if (url === undefined) return
      clearTimeout(late)
      child.off('exit', tooEarly)
      resolve({
        api: `${url}/api/v1`,
        child,
        log: () => log,
        end(signal) {
          if (child.exitCode === null && child.signalCode === null) child.kill(signal)
          return ended
        },
      })
    })
  })
}

export interface Answer {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- JSON of the API, looked into by tests
  readonly body: any
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : JSON.parse(text) }
}

export const get = async (server: RunningServer, path: string): Promise<Answer> =>
  answerOf(await fetch(`${server.api}${path}`))

export const post = async (server: RunningServer, path: string, body: unknown = {}): Promise<Answer> =>
  answerOf(
    await fetch(`${server.api}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )

export const remove = async (server: RunningServer, path: string): Promise<Answer> =>
  answerOf(await fetch(`${server.api}${path}`, { method: 'DELETE' }))

export const upload = async (
  server: RunningServer,
  name: string,
  body: RequestInit['body'],
): Promise<Answer> =>
  answerOf(
    await fetch(`${server.api}/captures?name=${encodeURIComponent(name)}`, {
      method: 'PUT',
      body,
      duplex: 'half',
    } as RequestInit),
  )

export const fixture = (path: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(join(ROOT, 'fixtures', path)))

/** Asks until the analysis is over. */
export async function settled(server: RunningServer, id: number): Promise<Answer['body']> {
  for (;;) {
    const { body } = await get(server, `/analyses/${id}`)
    if (body.state !== 'queued' && body.state !== 'running') return body
    await new Promise((later) => setTimeout(later, 30))
  }
}

export interface Event {
  readonly name: string
  readonly data: Answer['body']
}

/** Events until `isLast` says so. */
export async function events(server: RunningServer, isLast: (event: Event) => boolean): Promise<Event[]> {
  const stop = new AbortController()
  const response = await fetch(`${server.api}/events?after=0`, { signal: stop.signal })
  const seen: Event[] = []
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const whole = text.split('\n\n')
    text = whole.pop()!
    for (const block of whole) {
      const [, name = ''] = /^event: ?(.*)$/m.exec(block) ?? []
      const [, data] = /^data: ?(.*)$/m.exec(block) ?? []
      if (data === undefined) continue
      seen.push({ name, data: JSON.parse(data) })
      if (!isLast(seen.at(-1)!)) continue
      stop.abort()
      return seen
    }
  }
  return seen
}
