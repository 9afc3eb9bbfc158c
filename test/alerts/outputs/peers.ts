/** Receivers of alerts on loopback, each real: an HTTP server, a syslog receiver over TCP or TLS. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttp, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTls } from 'node:tls'
import { onTestFinished } from 'vitest'

export interface Request {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface HttpPeer {
  readonly url: string
  readonly requests: Request[]
  /** Resolves when so many have come. */
  came(count: number): Promise<void>
}

interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** Answers the nth request (from 0) as told; `null`: not at all. */
export async function httpPeer(answer: (n: number) => Answer | null): Promise<HttpPeer> {
  const requests: Request[] = []
  const waiting = new Set<() => void>()
  const server = createHttp((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const said = answer(requests.length)
      requests.push({ headers: request.headers, body })
      for (const look of waiting) look()
      if (said !== null) response.writeHead(said.status, said.headers).end(said.body)
    })
  })
  server.listen(0, '127.0.0.1')
  await listening(server)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    requests,
    came: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (requests.length < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}

const listening = (server: Server): Promise<void> =>
  new Promise((resolve) => server.once('listening', () => resolve()))

export interface Certificate {
  readonly key: string
  readonly cert: string
  /** File of the certificate, which vouches for itself. */
  readonly path: string
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-alerts-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A certificate for localhost, made by openssl. */
export function certificate(): Certificate {
  const place = folder()
  const [key, cert] = [join(place, 'key.pem'), join(place, 'cert.pem')]
  const about = [
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost,IP:127.0.0.1',
    '-days',
    '2',
  ]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...about], {
    stdio: 'pipe',
  })
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8'), path: cert }
}

export interface SyslogPeer {
  readonly port: number
  /** All that a connection brought, once it has ended. */
  readonly next: Promise<Buffer>
}

export async function syslogPeer(tls: Certificate | null, resets = false): Promise<SyslogPeer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const onConnection = (socket: Socket): void => {
    const parts: Buffer[] = []
    if (resets) return void socket.resetAndDestroy()
    socket.on('data', (part: Buffer) => parts.push(part))
    socket.on('error', () => undefined)
    socket.on('end', () => resolve(Buffer.concat(parts)))
  }
  const server =
    tls === null ? createTcp(onConnection) : createTls({ key: tls.key, cert: tls.cert }, onConnection)
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await listening(server)
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, next: promise }
}
