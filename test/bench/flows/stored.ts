/** A network's exports over UDP to the database, through the program as a user starts it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openStore } from '../../../src/store/store.ts'
import type { LiveState } from '../../../src/model/view.ts'
import { ACTIVE_SECONDS, NETWORK_CONFIG } from './network.ts'

export interface StoredRun {
  readonly received: number
  readonly kernelDrops: number | null
  /** In the database; of the service. */
  readonly connections: number
  readonly openConnections: number
  readonly cpuSeconds: number | null
}

const MAIN = JSON.stringify(new URL('../../../src/cli/main.ts', import.meta.url).href)
/** What was sent last is told of within this time. */
const SETTLES_MS = 3_000

/** Sends with `send`, which is told the port, and says what came of it. `cpuOf` asks for a process's time. */
export async function toDatabase(
  folder: string,
  port: number,
  send: () => Promise<number>,
  cpuOf: (pid: number) => number | null,
): Promise<StoredRun> {
  const place = mkdtempSync(join(folder, 'stored-'))
  const [db, config] = [join(place, 'b.db'), join(place, 'holdfast.yaml')]
  writeFileSync(config, NETWORK_CONFIG)
  const address = `127.0.0.1:${port}`
  const words = ['watch', '--flows', address, '--active-timeout', `${ACTIVE_SECONDS}s`, '--config', config]
  const all = JSON.stringify(['node', 'holdfast', ...words, '--db', db, '--format', 'ndjson'])
  const code = `const { main } = await import(${MAIN}); await main(${all})`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'ignore', 'inherit'] })
  await bound(port, child)
  await send()
  await delay(SETTLES_MS)
  const cpuSeconds = cpuOf(child.pid!)
  child.kill('SIGTERM')
  await new Promise((resolve) => {
    child.once('close', resolve)
  })
  const store = openStore(db, { readOnly: true })
  const number = (sql: string): unknown => Object.values(store.db.prepare(sql).get() as object)[0]
  const live = JSON.parse(number('SELECT live FROM analysis ORDER BY id DESC LIMIT 1') as string) as LiveState
  const connections = number('SELECT count(*) FROM connection') as number
  store.close()
  const { kernelDrops, openConnections } = live
  const received = live.flows?.records ?? 0
  return { received, kernelDrops, connections, openConnections, cpuSeconds }
}

/** The socket is there (proc_net_udp). */
async function bound(port: number, child: ChildProcess): Promise<void> {
  const place = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  while (!readFileSync('/proc/net/udp', 'latin1').includes(place)) {
    if (child.exitCode !== null) throw new Error('watch has ended')
    await delay(50)
  }
}
