/** Collections in processes of their own, to be killed, and what they leave. */
import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import type { CollectionMessage, CollectionOrder } from '../../../src/cli/collect/order.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { ROOT } from '../../source-tree.ts'

export type Order = Omit<CollectionOrder, 'wish'>

export interface Victim {
  readonly process: ChildProcess
  /** The first message that the question says yes to. */
  told(question: (message: CollectionMessage) => boolean): Promise<CollectionMessage>
  readonly ended: Promise<void>
}

const BUNDLE = join(ROOT, '.build', `victims-${process.pid}`)

/** Makes a bundle of victim.ts for the tests of a file: it starts in half the time. The thread that receives
 * datagrams is looked for beside it, under the name of its source. */
export function withVictims(): void {
  beforeAll(async () => {
    const bundle = await rolldown({
      input: [join(ROOT, 'test/cli/collect/victim.ts'), join(ROOT, 'collectors/flows/udp-worker.ts')],
      platform: 'node',
      external: ['better-sqlite3'],
    })
    await bundle.write({
      dir: BUNDLE,
      format: 'esm',
      entryFileNames: ({ name }) => (name === 'victim' ? 'victim.js' : `${name}.ts`),
    })
    await bundle.close()
  })
  afterAll(() => rmSync(BUNDLE, { recursive: true, force: true }))
}

export function begin(its: Order): Victim {
  const child = spawn(process.execPath, [join(BUNDLE, 'victim.js'), JSON.stringify(its)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const messages: CollectionMessage[] = []
  const asked: ((message: CollectionMessage) => void)[] = []
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      const message = JSON.parse(line) as CollectionMessage
      messages.push(message)
      for (const ask of asked) ask(message)
    }
  })
  child.stdin.on('error', () => undefined)
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    process: child,
    ended,
    told: (question) =>
      new Promise((resolve, reject) => {
        const found = messages.find(question)
        if (found !== undefined) return resolve(found)
        asked.push((message) => {
          if (question(message)) resolve(message)
        })
        void ended.then(() => reject(new Error(`it ended: ${JSON.stringify(messages.slice(-3))}`)))
      }),
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export async function kill(victim: Victim): Promise<void> {
  victim.process.kill('SIGKILL')
  await victim.ended
}

const isBeyond =
  (packets: number, since: number) =>
  (message: CollectionMessage): boolean =>
    'live' in message &&
    message.live.packets >= packets &&
    message.live.checkpoint !== null &&
    Date.parse(message.live.checkpoint.at) > since

/** All that was sent is in a checkpoint. */
export async function kept(victim: Victim, packets: number): Promise<void> {
  await victim.told((message) => 'live' in message && message.live.packets >= packets)
  await victim.told(isBeyond(packets, Date.now()))
}

/** Lets it catch up, and asks it to end. */
export async function finish(victim: Victim, packets: number): Promise<CollectionMessage> {
  const state = await victim.told((message) => 'live' in message && message.live.packets >= packets)
  victim.process.stdin!.write('end\n')
  await victim.told((message) => 'end' in message && message.end.state === 'stopped')
  await victim.ended
  return state
}

export const rows = (store: Store, sql: string): unknown[] => store.db.prepare(sql).all()

/** What both databases must agree on. */
export function told(path: string) {
  const store = openStore(path, { readOnly: true })
  const answer = {
    connections: rows(store, 'SELECT number, start, "end", end_reason FROM connection ORDER BY number'),
    occurrences: rows(
      store,
      `SELECT type, at, connection_number, agent_address, sentence, details FROM occurrence ORDER BY at, type`,
    ),
    incidents: rows(
      store,
      'SELECT type, cause, occurrences, agents, title FROM incident ORDER BY type, cause',
    ),
    tally: rows(store, 'SELECT connections, open FROM tally ORDER BY service, server'),
    minutes: rows(
      store,
      'SELECT sum(opened) AS opened, sum(closed) AS closed, sum(bytes) AS bytes FROM minute',
    ),
    analyses: rows(store, 'SELECT count(*) AS n FROM analysis'),
  }
  store.close()
  return answer
}
