import { describe, expect, test } from 'vitest'
import { rigOf } from './harness.ts'

interface Document {
  readonly openapi: string
  readonly paths: Record<
    string,
    Record<string, { parameters?: { name: string }[]; responses: Record<string, object> }>
  >
  readonly components: { readonly schemas: Record<string, object> }
}

const documentOf = async (): Promise<Document> =>
  (await (await rigOf().ask('/api/v1/openapi.json')).json()) as Document

describe('the OpenAPI document', () => {
  test('describes every route that answers data', async () => {
    const rig = rigOf()
    const { paths } = (await (await rig.ask('/api/v1/openapi.json')).json()) as Document
    const undescribed = new Set(['/api/v1/openapi.json', '/api/docs', '/api/docs.css'])
    const routed = rig.api.app.routes
      .filter(({ method, path }) => method !== 'ALL' && !undescribed.has(path))
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.sort()).toEqual([...new Set(routed)].sort())
  })

  test('has all schemas that it refers to, and an error for each route', async () => {
    const document = await documentOf()
    expect(document.openapi).toBe('3.1.0')
    const referred = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
      ([, name]) => name,
    )
    const known = Object.keys(document.components.schemas)
    expect([...new Set(referred)].filter((name) => !known.includes(name ?? ''))).toEqual([])
    expect(known).toEqual(
      expect.arrayContaining(['IncidentRow', 'Incident', 'Problem', 'Overview', 'Health']),
    )
    for (const [path, methods] of Object.entries(document.paths))
      for (const { responses } of Object.values(methods))
        expect.soft([path, Object.keys(responses)]).toEqual([path, expect.arrayContaining(['500'])])
  })

  test('tells what is answered to who has the present version', async () => {
    const { paths } = await documentOf()
    const tells304 = Object.entries(paths).flatMap(([path, { get }]) =>
      get !== undefined && '304' in get.responses ? path : [],
    )
    expect(tells304).toContain('/api/v1/incidents/{id}')
    const rig = rigOf()
    for (const path of ['/api/v1/incidents', '/api/v1/events', '/api/v1/session', '/healthz']) {
      const answer = await rig.ask(path, { method: 'HEAD' })
      expect.soft([path, tells304.includes(path)]).toEqual([path, answer.headers.has('etag')])
    }
  })

  test('names the filters', async () => {
    const { paths } = await documentOf()
    const names = paths['/api/v1/incidents']?.['get']?.parameters?.map(({ name }) => name)
    expect(names).toEqual(
      'state severity type service agent server capture from to since text cursor limit'.split(' '),
    )
  })

  test('has a page that needs nothing from elsewhere', async () => {
    const rig = rigOf()
    const answer = await rig.ask('/api/docs')
    const html = await answer.text()
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(html).toContain('GET /api/v1/incidents/{id}/occurrences')
    expect(html).not.toMatch(/<script|style=|\son\w+=|https?:\/\//)
    const links = [...html.matchAll(/(?:href|src)="([^"#]+)"/g)].map(([, link]) => link)
    expect(new Set(links)).toEqual(new Set(['data:,', '/api/docs.css', '/api/v1/openapi.json']))
    expect((await rig.ask('/api/docs.css')).headers.get('content-type')).toContain('text/css')
    const anchors = [...html.matchAll(/href="#([\w-]+)"/g)].map(([, anchor]) => anchor)
    expect(anchors.filter((anchor) => !html.includes(`id="${anchor}"`))).toEqual([])
  })
})
