/** What the server counts, for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/).
 * Labels are routes and statuses, never what a client writes: their number is bounded. */
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
    watch({ streams, running, queued, databaseBytes }) {
      gauge('holdfast_event_streams', 'Event streams that are open', streams)
      gauge('holdfast_jobs_running', 'Analyses that are running', running)
      gauge('holdfast_jobs_queued', 'Analyses that wait', queued)
      gauge('holdfast_database_bytes', 'Size of the database', databaseBytes)
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
