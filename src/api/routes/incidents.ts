/** `/incidents`: one cause each, with a life. */
import { changeState } from '../../store/incidents.ts'
import { incidentView } from '../../store/queries/incident-view.ts'
import { listIncidents } from '../../store/queries/incidents.ts'
import { listOccurrences } from '../../store/queries/occurrences.ts'
import { carved, carvedDescription } from '../carving.ts'
import { describe } from '../describing.ts'
import type { Routes } from '../environment.ts'
import {
  body,
  incidentFilterOf,
  incidentOf,
  incidentQuery,
  occurrencesOfQuery,
  pageOf,
  query,
} from '../parameters.ts'
import { found } from '../problem.ts'
import { incidentRow, incidentView as incidentShape, occurrenceRow } from '../schemas/incidents.ts'
import { stateRequest } from '../schemas/operation.ts'
import { page } from '../schemas/values.ts'

export const incidents: Routes = (app, api) => {
  const { store, now } = api
  app.get(
    '/incidents',
    describe({ tag: 'incidents', summary: 'Incidents, the latest first', answer: page(incidentRow) }),
    query(incidentQuery),
    (c) => {
      const asked = c.req.valid('query')
      return c.json(listIncidents(store, incidentFilterOf(asked), pageOf(asked)))
    },
  )
  app.get(
    '/incidents/:id',
    describe({ tag: 'incidents', summary: 'One incident', answer: incidentShape, problems: [404] }),
    (c) => c.json(found(incidentView(store, incidentOf(c)), 'incident')),
  )
  app.get(
    '/incidents/:id/occurrences',
    describe({
      tag: 'incidents',
      summary: 'The occurrences of an incident, the latest first',
      answer: page(occurrenceRow),
      problems: [404],
    }),
    query(occurrencesOfQuery),
    (c) => {
      const incident = incidentOf(c)
      const answer = listOccurrences(store, { incident }, pageOf(c.req.valid('query')))
      if (answer.items.length === 0) found(incidentView(store, incident), 'incident')
      return c.json(answer)
    },
  )
  app.post(
    '/incidents/:id/state',
    describe({
      tag: 'incidents',
      summary: 'Acknowledge, resolve or reopen an incident',
      answer: incidentShape,
      problems: [404, 408, 413, 415, 422],
    }),
    body(stateRequest),
    (c) => {
      const id = incidentOf(c)
      const { state, note = '' } = c.req.valid('json')
      const by = c.get('asker').name ?? ''
      found(changeState(store, id, { state, by, note, at: now() }), 'incident')
      return c.json(found(incidentView(store, id), 'incident'))
    },
  )
  app.get(
    '/incidents/:id/packets',
    carvedDescription('incidents', 'The packets that prove an incident'),
    (c) => carved(c, api, () => api.carve.incident(incidentOf(c))),
  )
}
