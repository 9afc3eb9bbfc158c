/**
 * HTTP/1.1 messages as octets, for hosts to send and for load balancers to put cookies into (RFC 9112, RFC
 * 6265).
 */
type Headers = Readonly<Record<string, string>>

export interface RequestParts {
  readonly host?: string
  /** The Cookie header as it stands. */
  readonly cookie?: string
  readonly headers?: Headers
  readonly body?: string
}

export interface ResponseParts {
  /** One Set-Cookie line each. */
  readonly setCookie?: readonly string[]
  readonly headers?: Headers
  readonly body?: string
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  202: 'Accepted',
  302: 'Found',
  304: 'Not Modified',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}

const octets = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
const lines = (headers: Headers): string[] =>
  Object.entries(headers).map(([name, value]) => `${name}: ${value}`)

export function request(method: string, target: string, parts: RequestParts = {}): Uint8Array {
  const { host = 'server.example.com', cookie, headers = {}, body } = parts
  return octets(
    [
      `${method} ${target} HTTP/1.1`,
      `Host: ${host}`,
      ...(cookie === undefined ? [] : [`Cookie: ${cookie}`]),
      ...lines(headers),
      ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]),
      '',
      body ?? '',
    ].join('\r\n'),
  )
}

export function response(parts: ResponseParts = {}, status = 200): Uint8Array {
  const { setCookie = [], headers = {}, body = '' } = parts
  const bodyless = status === 204 || status === 304
  return octets(
    [
      `HTTP/1.1 ${status} ${REASONS[status] ?? 'Unnamed'}`,
      ...lines(headers),
      ...setCookie.map((cookie) => `Set-Cookie: ${cookie}`),
      ...(bodyless ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]),
      '',
      bodyless ? '' : body,
    ].join('\r\n'),
  )
}

/**
 * The octets with one more Set-Cookie at the end of the header section, if they begin a response; else as
 * they are.
 */
export function withCookie(message: Uint8Array, cookie: string): Uint8Array {
  const text = Buffer.from(message).toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  if (!text.startsWith('HTTP/1.') || end < 0) return message
  return octets(`${text.slice(0, end)}\r\nSet-Cookie: ${cookie}${text.slice(end)}`)
}
