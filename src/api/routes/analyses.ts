/** `/analyses`: jobs that read captures, and what became of them. */
import type { AnalysisRow } from '../../model/view.ts'
import { analysisRow, listAnalyses } from '../../store/queries/analyses.ts'
import { describe } from '../describing.ts'
import type { Routes } from '../environment.ts'
import { analysisQuery, body, numberOf, pageOf, query } from '../parameters.ts'
import { found } from '../problem.ts'
import { analysisRequest, analysisRow as analysisShape, withoutUndefined } from '../schemas/operation.ts'
import { page } from '../schemas/values.ts'
import { withTimeLeft } from '../time-left.ts'

export const analyses: Routes = (app, { store, jobs }) => {
  const one = (id: number): AnalysisRow => withTimeLeft(found(analysisRow(store, id), 'analysis'), jobs)

  app.get(
    '/analyses',
    describe({ tag: 'analyses', summary: 'Analyses, the latest first', answer: page(analysisShape) }),
    query(analysisQuery),
    (c) => {
      const asked = c.req.valid('query')
      const answer = listAnalyses(store, { state: asked.state }, pageOf(asked))
      return c.json({ ...answer, items: answer.items.map((row) => withTimeLeft(row, jobs)) })
    },
  )
  app.get(
    '/analyses/:id',
    describe({ tag: 'analyses', summary: 'One analysis', answer: analysisShape, problems: [404] }),
    (c) => c.json(one(numberOf(c, 'analysis'))),
  )
  app.post(
    '/analyses',
    describe({
      tag: 'analyses',
      summary: 'Analyse captures of one time together',
      answer: analysisShape,
      status: 201,
      problems: [404, 408, 409, 413, 415, 422, 503],
    }),
    body(analysisRequest),
    async (c) => {
      const id = await jobs.start(withoutUndefined(c.req.valid('json')))
      return c.json(one(id), 201, { Location: `/api/v1/analyses/${id}` })
    },
  )
  app.post(
    '/analyses/:id/cancel',
    describe({ tag: 'analyses', summary: 'Cancel an analysis', answer: analysisShape, problems: [404, 409] }),
    async (c) => {
      const id = numberOf(c, 'analysis')
      await jobs.cancel(id)
      return c.json(one(id))
    },
  )
  app.delete(
    '/analyses/:id',
    describe({
      tag: 'analyses',
      summary: 'Remove an analysis and what it alone found',
      answer: '',
      status: 204,
      problems: [404, 409],
    }),
    async (c) => {
      await jobs.remove(numberOf(c, 'analysis'))
      return c.body(null, 204)
    },
  )
}
