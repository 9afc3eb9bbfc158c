/** `/overview`, `/counts` and `/taps`: how everything is. */
import { z } from 'zod'
import { counts, overview } from '../../store/queries/overview.ts'
import { liveTaps } from '../../store/queries/taps.ts'
import { describe } from '../describing.ts'
import type { Routes } from '../environment.ts'
import { instantOf, overviewQuery, query } from '../parameters.ts'
import { counts as countsShape, overviewView, tapRow } from '../schemas/operation.ts'
import { withTimeLeft } from '../time-left.ts'

export const overviewRoutes: Routes = (app, { store, jobs }) => {
  app.get(
    '/overview',
    describe({ tag: 'overview', summary: 'How everything is, and what is new', answer: overviewView }),
    query(overviewQuery),
    (c) => {
      const { since } = c.req.valid('query')
      const answer = overview(store, since === undefined ? {} : { since: instantOf(since) ?? 0 })
      return c.json({ ...answer, jobs: answer.jobs.map((row) => withTimeLeft(row, jobs)) })
    },
  )
  app.get(
    '/counts',
    describe({ tag: 'overview', summary: 'How much there is of everything', answer: countsShape }),
    (c) => c.json(counts(store)),
  )
  app.get(
    '/taps',
    describe({
      tag: 'overview',
      summary: 'What is being read, live captures first: packets a second in the last minute, and losses',
      answer: z.array(tapRow),
    }),
    (c) => c.json([...liveTaps(store), ...jobs.taps()]),
  )
}
