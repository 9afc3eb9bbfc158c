/** A server over a real database in a folder of its own, with ports that do as little as they can. */
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { ApiOptions } from '../../src/api/environment.ts'
import { Refusal } from '../../src/api/ports.ts'
import type { Alerts, Carve, Jobs, Uploads } from '../../src/api/ports.ts'
import { createApi } from '../../src/api/server.ts'
import type { ApiServer } from '../../src/api/server.ts'
import type { AnalysisRequest, Role } from '../../src/model/view.ts'
import { addAnalysis, endAnalysis } from '../../src/store/analyses.ts'
import { addCapture, captureFile, forgetCapture } from '../../src/store/captures.ts'
import { openStore } from '../../src/store/store.ts'
import type { Store } from '../../src/store/store.ts'
import { addToken } from '../../src/store/tokens.ts'

/** 2026-11-21T02:08:06.123456Z */
export const NOW = 1_795_226_886_123_456

export interface Rig {
  readonly api: ApiServer
  readonly store: Store
  readonly folder: string
  /** Lines of the log, parsed. */
  readonly lines: Record<string, unknown>[]
  /** What the ports were asked. */
  readonly started: AnalysisRequest[]
  readonly received: { name: string; length: number | null; octets: number }[]
  readonly clock: { now: number }
  token(role: Role): string
  /** Asks the app as a program on this machine would. */
  ask(path: string, init?: RequestInit): Promise<Response>
  listen(): Promise<AddressInfo>
}

type Choices = Partial<Pick<ApiOptions, 'auth' | 'limits' | 'dashboards'>> & {
  readonly carve?: Carve
  readonly uploads?: Uploads
  readonly jobs?: Partial<Jobs>
  readonly alerts?: Alerts
}

async function endOf(rig: Rig): Promise<void> {
  await rig.api.stop()
  rig.store.close()
  rmSync(rig.folder, { recursive: true, force: true })
}

/** One that lasts for a test. */
export function rigOf(choices: Choices = {}): Rig {
  const rig = made(choices)
  onTestFinished(() => endOf(rig))
  return rig
}

/** One that lasts until it is ended. */
export function keptRig(choices: Choices = {}): { readonly rig: Rig; readonly end: () => Promise<void> } {
  const rig = made(choices)
  return { rig, end: () => endOf(rig) }
}

function made(choices: Choices): Rig {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-api-'))
  const store = openStore(join(folder, 'holdfast.db'))
  const lines: Record<string, unknown>[] = []
  const started: AnalysisRequest[] = []
  const received: Rig['received'] = []
  const clock = { now: NOW }
  const api = createApi({
    store,
    version: '1.2.3',
    jobs: { ...jobsOf(store, clock, started), ...choices.jobs },
    uploads: choices.uploads ?? uploadsOf(store, clock, received),
    carve: choices.carve ?? carveOf(),
    alerts: choices.alerts ?? noAlerts,
    dashboards: choices.dashboards ?? null,
    logger: pino({ level: 'debug' }, { write: (line) => void lines.push(JSON.parse(line) as never) }),
    auth: choices.auth ?? { open: true, https: false },
    ...(choices.limits === undefined ? {} : { limits: choices.limits }),
    now: () => clock.now,
  })
  return {
    api,
    store,
    folder,
    lines,
    started,
    received,
    clock,
    token: (role) => addToken(store, { name: `the ${role}`, role, at: NOW }).token,
    ask: async (path, init) => {
      const answer = await api.app.request(`http://127.0.0.1:8480${path}`, init)
      await isDescribed(path, init?.method ?? 'GET', answer.status)
      return answer
    },
    listen: () => api.listen({ host: '127.0.0.1', port: 0 }),
  }
}

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: object }>>>>
}

let described: Promise<Described> | null = null

async function description(): Promise<Described> {
  const rig = made({})
  const answer = await rig.api.app.request('http://127.0.0.1:8480/api/v1/openapi.json')
  const document = (await answer.json()) as Described
  await endOf(rig)
  return document
}

/** Throws if a route answered what the API's description does not say of it. */
async function isDescribed(target: string, method: string, status: number): Promise<void> {
  const { paths } = await (described ??= description())
  const [path = ''] = target.split('?')
  for (const [route, methods] of Object.entries(paths)) {
    if (!new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path)) continue
    const operation = methods[method === 'HEAD' ? 'get' : method.toLowerCase()]
    if (operation !== undefined && !(status in operation.responses))
      throw new Error(`${method} ${route} answered ${status}, which its description does not tell`)
  }
}

/** What the running job reads. */
const TAP = {
  capture: 1,
  name: 'client.pcap.gz',
  tap: 'client',
  isLive: false,
  packetsPerSecond: 41_200,
  drops: 0,
  lagSeconds: null,
  stopped: null,
}

function jobsOf(store: Store, clock: { now: number }, started: AnalysisRequest[]): Jobs {
  return {
    async start(request) {
      for (const { id } of request.captures)
        if (captureFile(store, id) === null)
          throw new Refusal('not-found', `There is no capture ${id}.`, 'captures')
      started.push(request)
      const inputs = request.captures.map(({ id, tap }) => ({ capture: id, tap: tap ?? '' }))
      return addAnalysis(store, { inputs, config: null, at: clock.now })
    },
    async cancel(id) {
      if (id > 1000) throw new Refusal('not-found', 'There is no such analysis.')
      endAnalysis(store, id, { state: 'cancelled', error: null, summary: null, at: clock.now })
    },
    async remove(id) {
      if (id > 1000) throw new Refusal('not-found', 'There is no such analysis.')
      throw new Refusal('conflict', 'The analysis runs.')
    },
    secondsLeft: () => 7,
    taps: () => [TAP],
    running: () => 0,
    queued: () => 0,
  }
}

function uploadsOf(store: Store, clock: { now: number }, received: Rig['received']): Uploads {
  return {
    async receive(body, { name, length, signal }) {
      let octets = 0
      for await (const chunk of body) octets += (chunk as Uint8Array).length
      signal.throwIfAborted()
      received.push({ name, length, octets })
      const sha256 = String(octets).padStart(64, '0')
      return addCapture(store, { sha256, name, size: octets, stored: sha256, at: clock.now })
    },
    async remove(id) {
      if (captureFile(store, id) === null) throw new Refusal('not-found', 'There is no such capture.')
      forgetCapture(store, id, clock.now)
    },
  }
}

const noAlerts: Alerts = {
  outputs: () => [],
  test: async () => null,
  resend: () => 0,
  counts: () => ({ outputs: new Map(), suppressed: 0, crowdedOut: 0 }),
}

const carveOf = (): Carve => ({
  incident: async (id) => {
    if (id > 1000) throw new Refusal('not-found', 'There is no such incident.')
    return {
      name: `HF-${id}.pcapng`,
      body: Readable.from([Buffer.from('octets of '), Buffer.from('packets')]),
    }
  },
  connection: async () => {
    throw new Refusal('conflict', 'The capture is gone.')
  },
})

export const json = (value: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(value),
  headers: { 'content-type': 'application/json', ...headers },
})

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

/** The status of an answer, and its problem's words. */
export async function problemOf(
  answer: Response,
): Promise<{ status: number; detail: string; field?: string }> {
  if (answer.headers.get('content-type') !== 'application/problem+json') throw new Error('no problem')
  const { status, detail, field } = (await answer.json()) as {
    status: number
    detail: string
    field?: string
  }
  if (status !== answer.status) throw new Error('two statuses')
  return { status, detail, ...(field === undefined ? {} : { field }) }
}
