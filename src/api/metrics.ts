/** What the server counts, for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/).
 * Labels are routes and statuses, never what a client writes: their number is bounded. */
import type { Alerts } from './ports.ts'
import type { LiveState } from '../model/view.ts'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

interface Answered {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly seconds: number
}

interface Sources {
  readonly streams: () => number
  readonly running: () => number
  readonly queued: () => number
  readonly databaseBytes: () => number
  readonly alerts: Alerts
  /** How live captures stand, by collector. */
  readonly live: () => ReadonlyMap<string, LiveState>
}

export interface Metrics {
  answered(request: Answered): void
  readonly uploadedBytes: { inc(octets: number): void }
  readonly refusedLogins: { inc(): void }
  readonly cutStreams: { inc(): void }
  /** Adds the figures of the process: event loop, memory, garbage collection. */
  withProcess(): void
  watch(sources: Sources): void
  text(): Promise<string>
  readonly contentType: string
}

/** Upper bounds in seconds: the aims for lists (0.1) and for searches (0.3) are among them. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 10]

/** Of each collector that the configuration names; null: nobody says, and there is no such line. */
const LIVE: readonly (readonly [name: string, help: string, value: (state: LiveState) => number | null])[] = [
  ['packets', 'Packets of the live capture', ({ packets }) => packets],
  ['bytes', 'Octets of the live capture', ({ bytes }) => bytes],
  ['kernel_drops', 'Packets that the kernel dropped', ({ kernelDrops }) => kernelDrops],
  ['interface_drops', 'Packets that the interface dropped', ({ interfaceDrops }) => interfaceDrops],
  ['flow_records', 'Flow records that were received', ({ flows }) => flows?.records ?? 0],
  ['flow_lost', "Lost by the exporters' own numbers", ({ flows }) => flows?.lost ?? 0],
  ['lag_seconds', 'By how much packets are older when they are looked at', ({ lagSeconds }) => lagSeconds],
  ['queued_bytes', 'Octets that arrived and wait', ({ queuedBytes }) => queuedBytes],
  ['open_connections', 'Connections that are open', ({ openConnections }) => openConnections],
  ['blind_seconds', 'Time of which nothing was captured', ({ blindSeconds }) => blindSeconds],
]

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'])

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const requests = new Counter({
    name: 'holdfast_http_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'holdfast_http_request_duration_seconds',
    help: 'Time until an answer began',
    labelNames: ['method', 'route'],
    buckets: BUCKETS,
    registers,
  })
  const counter = (name: string, help: string) => new Counter({ name, help, registers })
  const gauge = (name: string, help: string, read: () => number) => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    }).set(0)
  }
  return {
    answered({ method, route, status, seconds }) {
      const labels = { method: METHODS.has(method) ? method : 'other', route }
      requests.inc({ ...labels, status: String(status) })
      durations.observe(labels, seconds)
    },
    uploadedBytes: counter('holdfast_upload_bytes_total', 'Octets of captures received'),
    refusedLogins: counter('holdfast_logins_refused_total', 'Logins with a token that is not known'),
    cutStreams: counter('holdfast_event_streams_cut_total', 'Event streams that the server ended'),
    withProcess: () => collectDefaultMetrics({ register: registry }),
    watch({ streams, running, queued, databaseBytes, alerts, live }) {
      for (const [name, help, value] of LIVE) {
        const its = new Gauge({
          name: `holdfast_live_${name}`,
          help,
          labelNames: ['collector'],
          registers,
          collect() {
            for (const [collector, state] of live()) {
              const now = value(state)
              if (now !== null) this.set({ collector }, now)
            }
          },
        })
        its.reset()
      }
      gauge('holdfast_event_streams', 'Event streams that are open', streams)
      gauge('holdfast_jobs_running', 'Analyses that are running', running)
      gauge('holdfast_jobs_queued', 'Analyses that wait', queued)
      gauge('holdfast_database_bytes', 'Size of the database', databaseBytes)
      watchAlerts(alerts, registry)
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

/** Labels are names of outputs: there are as many as the configuration has. */
function watchAlerts(alerts: Alerts, registry: Registry): void {
  const attempts = new Counter({
    name: 'holdfast_alert_attempts_total',
    help: 'Attempts to deliver alerts, by what became of them',
    labelNames: ['output', 'became'],
    registers: [],
    collect() {
      this.reset()
      for (const [output, counts] of alerts.counts().outputs)
        for (const [became, count] of Object.entries(counts)) this.inc({ output, became }, count)
    },
  })
  const deliveries = new Gauge({
    name: 'holdfast_alert_deliveries',
    help: 'Alerts that wait for an output, or were given up',
    labelNames: ['output', 'state'],
    registers: [],
    collect() {
      this.reset()
      for (const { name, waiting, dead } of alerts.outputs()) {
        this.set({ output: name, state: 'waiting' }, waiting)
        this.set({ output: name, state: 'dead' }, dead)
      }
    },
  })
  const left = new Counter({
    name: 'holdfast_alerts_not_sent_total',
    help: 'Alerts that were not sent: expected, in a maintenance window; or given up, because too many waited',
    labelNames: ['reason'],
    registers: [],
    collect() {
      this.reset()
      const { suppressed, crowdedOut } = alerts.counts()
      this.inc({ reason: 'maintenance' }, suppressed)
      this.inc({ reason: 'crowded-out' }, crowdedOut)
    },
  })
  registry.registerMetric(attempts)
  registry.registerMetric(deliveries)
  registry.registerMetric(left)
}
