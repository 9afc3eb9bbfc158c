/** The OpenAPI document as a page for people. */

interface Schema {
  readonly [member: string]: unknown
}
interface Parameter {
  readonly in: string
  readonly name: string
  readonly required?: boolean
  readonly description?: string
  readonly schema?: Schema
}
interface Operation {
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
  readonly responses: Readonly<
    Record<
      string,
      { readonly description?: string; readonly content?: Readonly<Record<string, { schema?: Schema }>> }
    >
  >
}
export interface OpenApiDocument {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas?: Readonly<Record<string, Schema>> }
}

const SPECIAL: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => SPECIAL[character] ?? '')
/** Text in which `code` is marked as such. */
const prose = (text: string): string => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>')

/** A whole page. */
export function documentPage({ info, paths, components }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const tags = [...new Set(operations.map(({ operation }) => tagOf(operation)))]
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => tagOf(operation) === tag)
    return `<h2 id="${escaped(tag)}">${escaped(tag)}</h2>${own.map(operationPart).join('')}`
  })
  const schemas = Object.entries(components.schemas ?? {}).map(
    ([name, schema]) =>
      `<details id="schema-${escaped(name)}"><summary><code>${escaped(name)}</code></summary>${schemaPart(schema)}</details>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)} API</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/api/docs.css"></head><body><main>
<h1>${escaped(info.title)} API</h1><p>Version ${escaped(info.version)} · <a href="/api/v1/openapi.json">OpenAPI document</a></p>
<p>${prose(info.description ?? '')}</p>
${sections.join('\n')}
<h2 id="schemas">schemas</h2>${schemas.join('')}
</main></body></html>`
}

const tagOf = (operation: Operation): string => operation.tags?.[0] ?? 'other'

function operationPart({
  path,
  method,
  operation,
}: {
  path: string
  method: string
  operation: Operation
}): string {
  const { summary = '', description = '', parameters = [], requestBody, responses } = operation
  const name = `${method.toUpperCase()} ${path}`
  return `<details><summary><code>${escaped(name)}</code><span>${escaped(summary)}</span></summary>
${description === '' ? '' : `<p>${prose(description)}</p>`}${parametersPart(parameters)}${
    requestBody === undefined ? '' : `<h3>Body</h3>${contentPart(requestBody.content)}`
  }<h3>Answers</h3><table>${Object.entries(responses)
    .map(
      ([status, { description: words = '', content }]) =>
        `<tr><th>${escaped(status)}</th><td>${prose(words)}</td><td>${content === undefined ? '' : linksOf(content)}</td></tr>`,
    )
    .join('')}</table></details>`
}

function parametersPart(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return ''
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${escaped(parameter.name)}</code></td><td>${parameter.in}${parameter.required === true ? ', required' : ''}</td>` +
      `<td>${prose(parameter.description ?? '')}</td><td><code>${escaped(JSON.stringify(parameter.schema ?? {}))}</code></td></tr>`,
  )
  return `<h3>Parameters</h3><table>${rows.join('')}</table>`
}

const contentPart = (content: Readonly<Record<string, { readonly schema?: Schema }>>): string =>
  Object.entries(content)
    .map(
      ([type, { schema }]) =>
        `<p><code>${escaped(type)}</code></p>${schema === undefined ? '' : schemaPart(schema)}`,
    )
    .join('')

/** Media types, with links to the schemas that they refer to. */
function linksOf(content: Readonly<Record<string, { readonly schema?: Schema }>>): string {
  return Object.entries(content)
    .map(([type, { schema }]) => {
      const names = [...JSON.stringify(schema ?? {}).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
        (match) => match[1] ?? '',
      )
      const links = [...new Set(names)].map(
        (name) => `<a href="#schema-${escaped(name)}">${escaped(name)}</a>`,
      )
      return links.length > 0 ? links.join(', ') : `<code>${escaped(type)}</code>`
    })
    .join(', ')
}

/** A schema as JSON, its references as links. */
const schemaPart = (schema: Schema): string =>
  `<pre>${escaped(JSON.stringify(schema, null, 2)).replace(
    /#\/components\/schemas\/(\w+)/g,
    '<a href="#schema-$1">#/components/schemas/$1</a>',
  )}</pre>`
