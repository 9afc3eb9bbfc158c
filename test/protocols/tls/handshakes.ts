/**
 * Real TLS connections between node:tls client and server over a pair of streams in memory, and what passed
 * between them: the parts of a story, the key log, the application data.
 */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Duplex } from 'node:stream'
import tls from 'node:tls'
import type { Side } from '../../../src/model/packet.ts'
import type { StoryPart } from '../parser.case.ts'

const pem = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
/** A private key and its certificate, in one file each. */
export const RSA = { key: pem('rsa.pem'), cert: pem('rsa.pem') }
export const EC = { key: pem('ec.pem'), cert: pem('ec.pem') }
export const AGENT = { key: pem('agent.pem'), cert: pem('agent.pem') }

export interface Recorded {
  readonly story: StoryPart[]
  keyLog: string
  /** Application data that each side sent. */
  readonly sent: [string, string]
  /** The session that the client may resume, if it got one. */
  session: Buffer | undefined
  /** What the client sees at the end. */
  resumed: boolean
  protocol: string | null
  error: Error | null
}

export interface Wish {
  readonly client?: tls.ConnectionOptions
  readonly server?: tls.TlsOptions
  /** What the client asks and the server answers, in turn. */
  readonly talk?: readonly (readonly [string, string])[]
  /** Done by the client after the talk. */
  readonly afterwards?: (client: tls.TLSSocket) => Promise<void>
  /** A server that lives over several connections: sessions are its own. */
  readonly by?: tls.Server
}

/** The sides of a wire: what one writes, the other reads, and the story keeps. */
function wire(story: StoryPart[]): [Duplex, Duplex] {
  const make = (side: Side): Duplex =>
    new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        story.push({ side, bytes: new Uint8Array(chunk) })
        // The other side reads after this turn, as over a network.
        setImmediate(() => {
          ends[side === 0 ? 1 : 0].push(chunk)
          done()
        })
      },
      final(done) {
        setImmediate(() => {
          ends[side === 0 ? 1 : 0].push(null)
          done()
        })
      },
    })
  const ends: [Duplex, Duplex] = [make(0), make(1)]
  return ends
}

export const serve = (options: tls.TlsOptions = {}): tls.Server => tls.createServer({ ...RSA, ...options })

/** Lets a client and a server talk, and records it. */
export async function record(wish: Wish = {}): Promise<Recorded> {
  const story: StoryPart[] = []
  const [near, far] = wire(story)
  const recorded: Recorded = {
    story,
    keyLog: '# made for this test\n',
    sent: ['', ''],
    session: undefined,
    resumed: false,
    protocol: null,
    error: null,
  }
  const server = wish.by ?? serve(wish.server)
  const talk = wish.talk ?? [['ask', 'answer']]
  const answers = new Map(talk)
  const attend = (socket: tls.TLSSocket): void => {
    socket.on('error', () => {})
    let heard = ''
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1')
      const answer = answers.get(heard)
      if (answer === undefined) return
      heard = ''
      recorded.sent[1] += answer
      socket.write(answer, 'latin1')
    })
    socket.on('end', () => socket.end())
  }
  server.once('secureConnection', attend)
  server.once('tlsClientError', () => far.end())
  server.emit('connection', far)
  const client = tls.connect({
    socket: near,
    servername: 'server.example',
    rejectUnauthorized: false,
    ...wish.client,
  })
  client.on('keylog', (line: Buffer) => (recorded.keyLog += line.toString('latin1')))
  client.on('session', (session: Buffer) => (recorded.session = session))
  try {
    await once(client, 'secureConnect')
    recorded.resumed = client.isSessionReused()
    recorded.protocol = client.getProtocol()
    for (const [ask, answer] of talk) {
      recorded.sent[0] += ask
      client.write(ask, 'latin1')
      await heard(client, answer.length)
    }
    await wish.afterwards?.(client)
    client.end()
    await once(client, 'close')
  } catch (error) {
    recorded.error = error as Error
    client.destroy()
    await new Promise((done) => setTimeout(done, 20))
  }
  server.removeListener('secureConnection', attend)
  return recorded
}

const heard = (socket: tls.TLSSocket, length: number): Promise<void> =>
  new Promise((done, fail) => {
    let count = 0
    const hear = (chunk: Buffer): void => {
      count += chunk.length
      if (count < length) return
      socket.off('data', hear).off('error', fail)
      done()
    }
    socket.on('data', hear).on('error', fail)
  })
