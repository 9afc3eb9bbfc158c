/** `/services` and `/servers`: who is served by what. */
import { listServers } from '../../store/queries/servers.ts'
import { serviceView } from '../../store/queries/service-view.ts'
import { listServices } from '../../store/queries/services.ts'
import { describe } from '../describing.ts'
import type { Routes } from '../environment.ts'
import { nameOf, pageOf, query, serverQuery, spanOf, spanQuery, wholeList } from '../parameters.ts'
import { found } from '../problem.ts'
import { serverRow, serviceRow, serviceView as serviceShape } from '../schemas/parties.ts'
import { page } from '../schemas/values.ts'

export const services: Routes = (app, { store }) => {
  app.get(
    '/services',
    describe({
      tag: 'services',
      summary: 'Services, with how they are',
      description: 'Without times: the last 24 h that were seen.',
      answer: page(serviceRow),
    }),
    query(spanQuery),
    (c) => c.json(wholeList(listServices(store, spanOf(c.req.valid('query'))))),
  )
  app.get(
    '/services/:id',
    describe({ tag: 'services', summary: 'One service', answer: serviceShape, problems: [404] }),
    query(spanQuery),
    (c) => c.json(found(serviceView(store, nameOf(c, 'service'), spanOf(c.req.valid('query'))), 'service')),
  )
  app.get(
    '/servers',
    describe({ tag: 'services', summary: 'Servers', answer: page(serverRow) }),
    query(serverQuery),
    (c) => {
      const asked = c.req.valid('query')
      return c.json(listServers(store, { service: asked.service }, pageOf(asked)))
    },
  )
}
