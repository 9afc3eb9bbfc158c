/** The OpenAPI 3.1 document, made from the routes themselves, and a page to read it: plain HTML made once,
 * without scripts, and a style sheet of its own, so that it stands under the same policy as everything
 * else. */
import { generateSpecs } from 'hono-openapi'
import type { ApiApp } from './environment.ts'
import { documentPage } from './documentation-page.ts'
import type { OpenApiDocument } from './documentation-page.ts'
import { DOCUMENT_STYLES } from './documentation.data.ts'

const INTRODUCTION = `What Holdfast found, and what it does. Lists are pages: hand \`next\` back as \`cursor\`. Filters
combine, and most may be given several times. Errors are problems (RFC 9457). Programs send a token as
\`Authorization: Bearer\`; browsers log in at \`/api/v1/session\` and send its \`csrfToken\` as \`X-CSRF-Token\` with
whatever changes something. Viewers read, operators change, admins delete.`

const about = (version: string) => ({
  info: { title: 'Holdfast', version, description: INTRODUCTION.replaceAll('\n', ' ') },
  components: {
    securitySchemes: {
      token: { type: 'http' as const, scheme: 'bearer' },
      login: { type: 'apiKey' as const, in: 'cookie', name: 'holdfast' },
    },
  },
  // an empty requirement: in open mode nobody has to log in
  security: [{ token: [] }, { login: [] }, {}],
})

/** What a client is told that has the present version already (`versions.ts`). */
const UNCHANGED = { description: 'Nothing changed since the answer whose ETag `If-None-Match` names' }

/**
 * Adds the document and its page. They hold nothing but what the source says, so anybody may read them.
 * `isTagged`: the answers to GET have an ETag.
 */
export function documentation(app: ApiApp, version: string, isTagged: (path: string) => boolean): void {
  const made: { document?: Promise<OpenApiDocument>; page?: string } = {}
  const document = (): Promise<OpenApiDocument> => (made.document ??= described())
  const described = async (): Promise<OpenApiDocument> => {
    const specs = (await generateSpecs(app as never, {
      documentation: about(version),
      excludeStaticFile: false,
      defaultValidationErrorResponse: false,
    })) as unknown as OpenApiDocument
    for (const [path, { get }] of Object.entries(specs.paths))
      if (get !== undefined && isTagged(path)) Object.assign(get.responses, { 304: UNCHANGED })
    return specs
  }

  app.get('/api/v1/openapi.json', async (c) => c.json(await document()))
  app.get('/api/docs', async (c) => c.html((made.page ??= documentPage(await document()))))
  app.get('/api/docs.css', (c) => c.body(DOCUMENT_STYLES, 200, { 'Content-Type': 'text/css; charset=utf-8' }))
}
