/** `/alerts`: outputs, tests, deliveries, dead letters that are sent again. */
import { expect, test } from 'vitest'
import { alertOutputRow, alertTest, deliveryRow, resendAnswer } from '../../../src/api/schemas/alerts.ts'
import { page } from '../../../src/api/schemas/values.ts'
import type { Alerts } from '../../../src/api/ports.ts'
import { addDelivery, endDelivery, resendDeliveries } from '../../../src/store/deliveries.ts'
import { outputStanding } from '../../../src/store/queries/deliveries.ts'
import { bearer, json, NOW, problemOf, rigOf } from '../harness.ts'

function rig(auth = { open: true, https: false }) {
  const made: ReturnType<typeof rigOf> = rigOf({
    auth,
    alerts: {
      outputs: () => [
        {
          name: 'ops',
          type: 'webhook',
          target: 'https://hooks.example.com/',
          ...outputStanding(made.store, 'ops'),
        },
      ],
      test: async (name) =>
        name === 'ops'
          ? { at: '2026-11-21T02:08:06.123456Z', target: 't', isDelivered: false, answer: 'HTTP 500' }
          : null,
      resend: (of) => resendDeliveries(made.store, { ...of, at: NOW }),
      counts: () => ({
        outputs: new Map([['ops', { delivered: 3, postponed: 2, dead: 1 }]]),
        suppressed: 4,
        crowdedOut: 0,
      }),
    } satisfies Alerts,
  })
  for (const [output, title] of [
    ['ops', 'first'],
    ['ops', 'second'],
    ['mail', 'third'],
  ] as const)
    addDelivery(made.store, {
      output,
      incident: 7,
      kind: 'opened',
      severity: 'critical',
      title,
      body: '{}',
      at: NOW,
    })
  endDelivery(made.store, { id: 1, state: 'dead', answer: 'HTTP 500', at: NOW })
  endDelivery(made.store, { id: 2, state: 'delivered', answer: 'HTTP 200', at: NOW })
  return made
}

test('outputs and deliveries have the shapes that the description tells', async () => {
  const { ask } = rig()
  const outputs: unknown = await (await ask('/api/v1/alerts/outputs')).json()
  expect(page(alertOutputRow).parse(outputs)).toEqual(outputs)
  expect(outputs).toMatchObject({
    items: [
      { name: 'ops', waiting: 0, dead: 1, delivered: { id: 2 }, failed: { id: 1, answer: 'HTTP 500' } },
    ],
  })
  const list: unknown = await (await ask('/api/v1/alerts/deliveries?limit=2')).json()
  expect(page(deliveryRow).parse(list)).toEqual(list)
  expect(list).toMatchObject({ items: [{ id: 3 }, { id: 2 }], total: 3, next: expect.any(String) })
  const { next } = list as { next: string }
  const rest = await (await ask(`/api/v1/alerts/deliveries?limit=2&cursor=${next}`)).json()
  expect(rest).toMatchObject({
    items: [{ id: 1, incident: 'HF-7', severity: 'critical', finished: '2026-11-21T02:08:06.123456Z' }],
    next: null,
  })
  const dead = await (await ask('/api/v1/alerts/deliveries?state=dead&output=ops')).json()
  expect(dead).toMatchObject({ items: [{ id: 1 }], total: 1 })
  expect((await problemOf(await ask('/api/v1/alerts/deliveries?state=lost'))).field).toBe('state')
})

test('a test says what was answered', async () => {
  const { ask } = rig()
  const answer: unknown = await (await ask('/api/v1/alerts/outputs/ops/test', { method: 'POST' })).json()
  expect(alertTest.parse(answer)).toEqual(answer)
  expect(await problemOf(await ask('/api/v1/alerts/outputs/opps/test', { method: 'POST' }))).toMatchObject({
    status: 404,
  })
})

test('dead letters wait again: one, those of an output, all', async () => {
  const { ask, store } = rig()
  const resend = async (body: object) => (await ask('/api/v1/alerts/deliveries/resend', json(body))).json()
  expect(resendAnswer.parse(await resend({ output: 'mail' }))).toEqual({ resent: 0 })
  expect(await resend({ id: 1 })).toEqual({ resent: 1 })
  endDelivery(store, { id: 1, state: 'dead', answer: '', at: NOW })
  expect(await resend({})).toEqual({ resent: 1 })
  expect(await problemOf(await ask('/api/v1/alerts/deliveries/resend', json({ id: 99 })))).toMatchObject({
    status: 404,
  })
  expect(await problemOf(await ask('/api/v1/alerts/deliveries/resend', json({ ids: 1 })))).toMatchObject({
    status: 422,
  })
})

test('a viewer sends nothing', async () => {
  const { ask, token } = rig({ open: false, https: false })
  const headers = bearer(token('viewer'))
  expect((await ask('/api/v1/alerts/outputs', { headers })).status).toBe(200)
  expect((await ask('/api/v1/alerts/outputs/ops/test', { method: 'POST', headers })).status).toBe(403)
  const operator = bearer(token('operator'))
  expect((await ask('/api/v1/alerts/outputs/ops/test', { method: 'POST', headers: operator })).status).toBe(
    200,
  )
})

test('the metrics count by output', async () => {
  const { ask } = rig()
  const text = await (await ask('/metrics')).text()
  expect(text).toContain('holdfast_alert_attempts_total{output="ops",became="postponed"} 2\n')
  expect(text).toContain('holdfast_alert_deliveries{output="ops",state="dead"} 1\n')
  expect(text).toContain('holdfast_alerts_not_sent_total{reason="maintenance"} 4\n')
})
