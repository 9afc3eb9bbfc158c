/** An alert, for the outputs to tell. */
import type { AlertRecord } from '../../src/alerts/record.ts'

export const RECORD: AlertRecord = {
  type: 'incident.opened',
  timestamp: '2026-11-21T02:08:06.123456Z',
  data: {
    kind: 'incident',
    id: 'HF-2041',
    type: 'severed-idle',
    severity: 'critical',
    state: 'open',
    service: 'dlp-endpoint',
    title: 'The load balancer 10.10.2.10 cut 18 idle agents after 300 s.',
    summary: 'Idle connections are cut after 300 s.',
    start: '2026-11-20T22:25:12.000000Z',
    end: '2026-11-21T02:08:06.123456Z',
    occurrences: 18,
    agents: 18,
    actor: { role: 'load-balancer', address: '10.10.2.10', name: 'lb1', confidence: 0.96 },
    requirements: ['S0-04'],
    remedy: 'On lb1, raise the idle timeout from 300 s to at least 86,400 s.',
    filter: 'tcp.flags.reset == 1',
    confidence: 0.96,
    details: { signature: 'silent' },
    newOccurrences: 18,
    latest: {
      at: '2026-11-21T02:08:06.123456Z',
      sentence: 'EPA-0017 was cut off after 304 s of silence.',
      agent: { id: 'EPA-0017', address: '10.10.1.101' },
      server: { name: 'dlp1', address: '10.10.3.11', port: 10443 },
      manner: 'silent',
      tap: 'client',
    },
    url: 'https://monitor.example.com/incidents/HF-2041',
  },
}

export const KEY = 'hf_0123456789abcdef0123456789abcdef'
export const SHIPMENT = { key: KEY, record: RECORD }

/** What came from traffic tries to be more than text. */
export const HOSTILE: AlertRecord = {
  ...RECORD,
  data: {
    ...RECORD.data,
    title: 'á\r\nBcc: x@example.com \u202e<!channel> "]\\ [x](http://y)',
    service: 'ü',
  },
}

export const NEVER = new AbortController().signal
export const WORLD = { environment: {}, now: () => Date.parse('2026-11-21T02:08:07Z') * 1000 }
