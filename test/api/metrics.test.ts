/** What is counted, as Prometheus reads it. */
import { expect, test } from 'vitest'
import { createMetrics } from '../../src/api/metrics.ts'
import type { Alerts } from '../../src/api/ports.ts'
import type { LiveState } from '../../src/model/view.ts'

test('what nobody says of a live capture is no figure, and none is a figure', async () => {
  const metrics = createMetrics()
  const none = () => 0
  const alerts = {
    outputs: () => [],
    counts: () => ({ outputs: [], suppressed: 0, crowdedOut: 0 }),
  } as unknown as Alerts
  const nothing = { bytes: 0, lagSeconds: 0, queuedBytes: 0, openConnections: 0, blindSeconds: 0 }
  const state = { ...nothing, packets: 7, kernelDrops: null, interfaceDrops: 0 } as unknown as LiveState
  metrics.watch({
    streams: none,
    running: none,
    queued: none,
    databaseBytes: none,
    alerts,
    live: () => new Map([['edge', state]]),
  })
  const text = await metrics.text()
  expect(text).toContain('holdfast_live_packets{collector="edge"} 7')
  expect(text).toContain('holdfast_live_interface_drops{collector="edge"} 0')
  expect(text).not.toContain('holdfast_live_kernel_drops{')
})
