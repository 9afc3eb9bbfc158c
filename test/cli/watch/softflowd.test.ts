/** softflowd on the other end of `watch --flows`: a capture goes in there, an alert comes out here. */
import { execFile, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { captureRow } from '../../../src/store/queries/captures.ts'
import { openStore } from '../../../src/store/store.ts'
import { type Conversation, firewall, scenario } from '../../scenario/scenario.ts'
import { folder } from '../../store/database.ts'
import { missing } from '../../tools.ts'
import { BEGUN } from '../flow-story.ts'
import { program } from '../program.ts'
import { freePort } from '../../free-port.ts'

const PROGRAM_MS_MAX = 120_000
const SERVER = '10.10.3.11:10443'
const QUIET = ['10.0.0.5', '10.0.0.6', '10.0.0.7']
const BUSY = '10.0.0.8'
const ROUNDS = 3
/** Two words every 5 s: some packets are always there by which softflowd sees that time passes. */
const STEP = seconds(5)
/** In steps: when the quiet ones speak again, how long a round is, and how long they try in vain. */
const [AGAIN, ROUND, IN_VAIN] = [15, 96, 4]

const CONFIG = `services:
  - name: dlp
    ports: [10443]
    connections: persistent
    servers: [{ name: dlp1, addresses: [10.10.3.11] }]
`

/**
 * A firewall forgets what was silent for 300 s. Three agents speak for a minute, are silent for 400 s, meet
 * nobody and come back; one speaks all the time.
 */
function story(): Uint8Array {
  const its = scenario({ start: BEGUN * 1e6 }).behind(firewall({ idle: seconds(300), forgets: 'silently' }))
  const open = new Map<string, Conversation>()
  const speaks = (agent: string): void => {
    open.get(agent)!.agent.sends('status')
    open.get(agent)!.server.sends('ok')
  }
  const comes = (agent: string): void => {
    open.set(agent, its.connect(agent, SERVER))
    speaks(agent)
  }
  const pass = (steps: number): void => {
    for (let step = 0; step < steps; step++) {
      its.wait(STEP)
      speaks(BUSY)
    }
  }
  comes(BUSY)
  for (let round = 0; round < ROUNDS; round++) {
    QUIET.forEach(comes)
    pass(AGAIN)
    QUIET.forEach(speaks)
    pass(ROUND - AGAIN)
    for (const agent of QUIET) open.get(agent)!.agent.sends('status')
    pass(IN_VAIN)
  }
  pass(ROUND)
  return its.captures().get('client')!
}

/** What softflowd cuts so that flows show the silence: the others lie hidden inside of records. */
const CUTS = ['10.0.0.7', '10.0.0.7', '10.0.0.6', '10.0.0.7']
const ALERT =
  /△ warning +Something between (\S+) and dlp1 cut their idle connection after 40[56](?:\.\d)? s .* severed-idle at dlp/g
const alerts = (out: string): string[] => [...out.matchAll(ALERT)].map(([, agent]) => agent!)

const isBound = (port: number): boolean =>
  readFileSync('/proc/net/udp', 'latin1').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `)

async function until(what: () => boolean): Promise<void> {
  while (!what()) await delay(20)
}

/**
 * Exports the capture by its own clock (`-a`), and answers how many records that were. A flow that lasts for
 * longer than a minute is cut; it looks after 8 packets, and so is surprised by none.
 */
async function exported(capture: string, version: number, port: number): Promise<number> {
  const timeouts = ['-a', '-t', 'maxlife=60', '-t', 'expint=1', '-m', '8']
  const words = [
    '-r',
    capture,
    '-n',
    `127.0.0.1:${port}`,
    '-v',
    `${version}`,
    '-d',
    '-c',
    'none',
    ...timeouts,
  ]
  const { stdout, stderr } = await promisify(execFile)('softflowd', words, { timeout: PROGRAM_MS_MAX / 2 })
  return Number(/Flows exported: .*?\((\d+) records\)/.exec(stdout + stderr)?.[1])
}

describe.skipIf(process.platform !== 'linux' || missing('softflowd'))('softflowd', () => {
  test.each([
    [5, 'netflow5'],
    [9, 'netflow9'],
    [10, 'ipfix'],
  ])(
    'version %i: its pieces are connections again, and the cuts are told',
    async (version, format) => {
      const place = folder()
      const [capture, config, db] = ['story.pcap', 'holdfast.yaml', 'w.db'].map((name) => join(place, name))
      writeFileSync(capture!, story())
      writeFileSync(config!, CONFIG)
      const port = await freePort()
      const words = ['watch', '--flows', `127.0.0.1:${port}`, '--active-timeout', '2m', '--config', config!]
      const child = spawn(process.execPath, program([...words, '--db', db!]), {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      onTestFinished(() => void child.kill('SIGKILL'))
      const said = { out: '', error: '' }
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said.error += text))
      const code = new Promise((resolve) => child.on('close', resolve))
      await until(() => isBound(port) || child.exitCode !== null)

      const records = await exported(capture!, version, port)
      const store = openStore(db!, { readOnly: true })
      const flows = () => captureRow(store, 1)?.live?.flows
      await until(() => flows()?.records === records || child.exitCode !== null)
      await until(() => alerts(said.out).length === CUTS.length || child.exitCode !== null)
      child.kill('SIGTERM')
      expect([await code, said.error]).toEqual([143, ''])
      expect(alerts(said.out)).toEqual(CUTS)
      // None of them has seen an end.
      const openConnections = QUIET.length * ROUNDS + 1
      expect(captureRow(store, 1)).toMatchObject({ format, live: { openConnections } })
      expect(flows()).toMatchObject({ records, lost: 0, exporters: 1 })
      store.close()
    },
    PROGRAM_MS_MAX,
  )
})
