/** `/alerts`: where alerts go, what became of each, and dead letters that are sent again. */
import { deliveryRow, listDeliveries } from '../../store/queries/deliveries.ts'
import { describe } from '../describing.ts'
import type { Routes } from '../environment.ts'
import { body, deliveryQuery, nameOf, pageOf, query, wholeList } from '../parameters.ts'
import { found } from '../problem.ts'
import {
  alertOutputRow,
  alertTest,
  deliveryRow as deliveryShape,
  resendAnswer,
  resendRequest,
} from '../schemas/alerts.ts'
import { page } from '../schemas/values.ts'

export const alerts: Routes = (app, { store, alerts: port }) => {
  app.get(
    '/alerts/outputs',
    describe({ tag: 'alerts', summary: 'Where alerts go, and how that fares', answer: page(alertOutputRow) }),
    (c) => c.json(wholeList(port.outputs())),
  )
  app.post(
    '/alerts/outputs/:id/test',
    describe({
      tag: 'alerts',
      summary: 'Send a marked test alert to an output, and say what was answered',
      answer: alertTest,
      problems: [404, 408, 413, 415],
    }),
    async (c) => c.json(found(await port.test(nameOf(c, 'output')), 'output')),
  )
  app.get(
    '/alerts/deliveries',
    describe({
      tag: 'alerts',
      summary: 'Alerts on their way out, the latest first',
      answer: page(deliveryShape),
    }),
    query(deliveryQuery),
    (c) => {
      const asked = c.req.valid('query')
      return c.json(listDeliveries(store, asked, pageOf(asked)))
    },
  )
  app.post(
    '/alerts/deliveries/resend',
    describe({
      tag: 'alerts',
      summary: 'Send dead letters again: one, those of an output, or all',
      answer: resendAnswer,
      problems: [404, 408, 413, 415, 422],
    }),
    body(resendRequest),
    (c) => {
      const { id, output } = c.req.valid('json')
      if (id !== undefined) found(deliveryRow(store, id), 'delivery')
      const of = { ...(id === undefined ? {} : { id }), ...(output === undefined ? {} : { output }) }
      return c.json({ resent: port.resend(of) })
    },
  )
}
