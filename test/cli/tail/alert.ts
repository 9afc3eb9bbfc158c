/** Alerts of a story: the load balancer cuts EPA-0017 off dlp1. */
import type { OccurrenceRow } from '../../../src/model/view.ts'

export const alert = (changes: Partial<OccurrenceRow> = {}): OccurrenceRow => ({
  id: 63,
  incident: 'HF-2041',
  type: 'severed-idle',
  severity: 'critical',
  at: '2026-11-21T02:07:58.173245Z',
  tap: 'client',
  service: 'dlp-endpoint',
  agent: { id: 'EPA-0017', address: '10.10.1.101' },
  server: { name: 'dlp1', address: '10.10.3.11', port: 10443 },
  actor: { role: 'load-balancer', address: '10.10.2.10', name: 'lb1', confidence: 0.97 },
  manner: 'rst',
  sentence: 'The load balancer lb1 (10.10.2.10) reset EPA-0017 and dlp1 after 300 s of silence.',
  remedy: 'On lb1, raise the idle timeout from 300 s to at least 86,400 s.',
  confidence: 0.97,
  details: { signature: 'rst-at-expiry', silenceSeconds: 300.03 },
  connection: 4711,
  ...changes,
})
