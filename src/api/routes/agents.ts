/** `/agents`: who is connected, and one agent's swimlane. */
import { agentView } from '../../store/queries/agent-view.ts'
import { listAgents } from '../../store/queries/agents.ts'
import { describe } from '../describing.ts'
import type { Routes } from '../environment.ts'
import { agentQuery, nameOf, pageOf, query, spanOf, spanQuery } from '../parameters.ts'
import { found } from '../problem.ts'
import { agentRow, agentView as agentShape } from '../schemas/parties.ts'
import { page } from '../schemas/values.ts'

export const agents: Routes = (app, { store }) => {
  app.get(
    '/agents',
    describe({ tag: 'agents', summary: 'Agents, those with most occurrences first', answer: page(agentRow) }),
    query(agentQuery),
    (c) => {
      const asked = c.req.valid('query')
      const { text, service, server } = asked
      return c.json(listAgents(store, { text, service, server }, pageOf(asked)))
    },
  )
  app.get(
    '/agents/:id',
    describe({
      tag: 'agents',
      summary: 'One agent over time',
      description:
        'Without times: the last 24 h in which it was seen. The agents `.` and `..` are asked for as `~.` and `~..`.',
      answer: agentShape,
      problems: [404],
    }),
    query(spanQuery),
    (c) => c.json(found(agentView(store, nameOf(c, 'agent'), spanOf(c.req.valid('query'))), 'agent')),
  )
}
