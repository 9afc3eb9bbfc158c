/** `/connections`: TCP connections as they were seen. */
import { connectionView, listConnections } from '../../store/queries/connections.ts'
import { carved, carvedDescription } from '../carving.ts'
import { describe } from '../describing.ts'
import type { Routes } from '../environment.ts'
import { connectionQuery, numberOf, pageOf, query, spanOf } from '../parameters.ts'
import { found } from '../problem.ts'
import { connectionRow, connectionView as connectionShape } from '../schemas/parties.ts'
import { page } from '../schemas/values.ts'

export const connections: Routes = (app, api) => {
  const { store } = api
  app.get(
    '/connections',
    describe({ tag: 'connections', summary: 'Connections, the latest first', answer: page(connectionRow) }),
    query(connectionQuery),
    (c) => {
      const asked = c.req.valid('query')
      const { service, agent, server, capture, endReason } = asked
      const filter = { service, agent, server, capture, endReason, ...spanOf(asked) }
      return c.json(listConnections(store, filter, pageOf(asked)))
    },
  )
  app.get(
    '/connections/:id',
    describe({ tag: 'connections', summary: 'One connection', answer: connectionShape, problems: [404] }),
    (c) => c.json(found(connectionView(store, numberOf(c, 'connection')), 'connection')),
  )
  app.get('/connections/:id/packets', carvedDescription('connections', 'The packets of a connection'), (c) =>
    carved(c, api, () => api.carve.connection(numberOf(c, 'connection'))),
  )
}
