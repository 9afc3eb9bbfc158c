/** `/occurrences`: what happened, one at a time. */
import { listOccurrences, occurrenceView } from '../../store/queries/occurrences.ts'
import { describe } from '../describing.ts'
import type { Routes } from '../environment.ts'
import { incidentFilterOf, incidentQuery, numberOf, pageOf, query } from '../parameters.ts'
import { found } from '../problem.ts'
import { occurrenceRow, occurrenceView as occurrenceShape } from '../schemas/incidents.ts'
import { page } from '../schemas/values.ts'

export const occurrences: Routes = (app, { store }) => {
  app.get(
    '/occurrences',
    describe({ tag: 'occurrences', summary: 'Occurrences, the latest first', answer: page(occurrenceRow) }),
    query(incidentQuery),
    (c) => {
      const asked = c.req.valid('query')
      return c.json(listOccurrences(store, incidentFilterOf(asked), pageOf(asked)))
    },
  )
  app.get(
    '/occurrences/:id',
    describe({
      tag: 'occurrences',
      summary: 'One occurrence with the packets that prove it',
      answer: occurrenceShape,
      problems: [404],
    }),
    (c) => c.json(found(occurrenceView(store, numberOf(c, 'occurrence')), 'occurrence')),
  )
}
