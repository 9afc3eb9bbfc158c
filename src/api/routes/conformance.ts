/** `/requirements`: what the network has to do for the agents, and whether it did. */
import { listRequirements } from '../../store/queries/requirements.ts'
import { describe } from '../describing.ts'
import type { Routes } from '../environment.ts'
import { query, requirementQuery, wholeList } from '../parameters.ts'
import { requirementRow } from '../schemas/operation.ts'
import { page } from '../schemas/values.ts'

export const conformance: Routes = (app, { store }) => {
  app.get(
    '/requirements',
    describe({
      tag: 'conformance',
      summary: 'The verdict on each requirement',
      answer: page(requirementRow),
    }),
    query(requirementQuery),
    (c) => {
      const { service } = c.req.valid('query')
      const rows = listRequirements(store)
      return c.json(
        wholeList(service === undefined ? rows : rows.filter((row) => service.includes(row.service ?? ''))),
      )
    },
  )
}
