/**
 * Web sessions: which server each request of a session reached, and through which proxy, as the servers' side
 * shows it. A session begins with the response that sets its cookie, or with the first request that has it,
 * and ends with a logout, a visit to the login page, another cookie, or half an hour without requests (S2-13
 * of the domain's catalogue).
 *
 * Of services whose configuration names their session cookies (`web`), or whose product is known to keep
 * sessions on one server. Of others behind a relay nobody knows whether their servers share sessions; there
 * it takes a user who had logged in at one server, and whom another one asked to log in again.
 */
import type { CookieFacts } from '../../model/cookie.ts'
import { type HttpResponse, valueIn } from '../../model/http.ts'
import type { HttpRequestSeen, HttpTransaction } from '../../model/observation.ts'
import { packetOf, type PacketReference, type Tap } from '../../model/packet.ts'
import type { Agent, Server } from '../../model/party.ts'
import { keepsWebSessions, type SessionNode, type SessionSwitched } from '../../model/web.ts'
import { requestPath } from '../../model/request-path.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Agents } from '../agents/agents.ts'
import { identityInRequest } from '../agents/identity.ts'
import type { Inventory } from '../servers/inventory.ts'
import { Remembered } from '../../model/remembered.ts'
import { nodeBefore } from './proxy-node.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Sessions remembered; the oldest is forgotten. */
const SESSIONS_MAX = 1 << 16
/** Switched requests that wait for their answers; of further ones none is told. */
const WAITING_MAX = 4096
/** A session that rests so long is over (S2-13; Tomcat's default session timeout is the same). */
export const IDLE_MAX: Micros = seconds(1800)
/** Hex digits of the cookie's hash that name a session. */
const NAME_DIGITS = 12

const LOGOUT = /(?:^|[/._-])(?:log[-_]?(?:out|off)|sign[-_]?(?:out|off))(?:$|[/._?;-])/i
const LOGIN = /(?:^|[/._-])(?:log[-_]?(?:in|on)|sign[-_]?(?:in|on))(?:$|[/._?;-])/i

/** Where a session is at home, as one tap saw it: other taps may see other parties. */
interface Home {
  readonly tap: Tap
  readonly server: Server
  readonly proxy: string | null
  packet: PacketReference
  isBeginning: boolean
}

interface WebSession {
  readonly homes: Home[]
  lastAt: Micros
  requests: number
  /** Its user logged in: what was posted to a login page was not answered by asking again. */
  isLoggedIn: boolean
  /** It was told of each once. */
  toldServer: boolean
  toldProxy: boolean
}

type Switch = Omit<SessionSwitched, 'kind' | 'front' | 'agent' | 'status' | 'symptom' | 'sameConnection'>

/** What a request showed of a session, until its answer is known. */
interface Waiting {
  readonly session: WebSession
  readonly switches: readonly Switch[]
}

interface WebSessionsOptions {
  readonly inventory: Inventory
  readonly agents: Agents
  readonly settle: Micros
  later(at: Micros, act: () => void): void
  tell(event: SessionSwitched): void
  /** The client's side of a request that was seen behind its relay. */
  frontOf(connection: number, index: number): { sighting: TrackedSighting; index: number } | null
}

export class WebSessions {
  private readonly options: WebSessionsOptions
  private readonly sessions = new Remembered<string, WebSession>(SESSIONS_MAX)
  /** By connection and index of the request. */
  private readonly waiting = new Map<string, Waiting>()

  constructor(options: WebSessionsOptions) {
    this.options = options
  }

  requested(sighting: TrackedSighting, o: HttpRequestSeen): void {
    const { server } = sighting
    if (server === null) return
    const { request } = o
    const cookie = sessionCookie(request.cookies ?? [], sighting)
    if (cookie === null) return
    const key = keyOf(sighting, cookie)
    const path = requestPath(request.target)
    const known = this.sessions.get(key)
    const isOver = known === undefined || request.time - known.lastAt > IDLE_MAX
    if (isOver || (request.method === 'GET' && LOGIN.test(path) && !LOGOUT.test(path)))
      this.begin(key, o, sighting, false)
    else this.goesOn(known, o, sighting, cookie)
    if (LOGOUT.test(path)) this.sessions.delete(key)
  }

  answered(sighting: TrackedSighting, o: HttpTransaction): void {
    const { request, response } = o
    if (response !== null && response.setCookieLines > 0 && sighting.server !== null) {
      const set = response.setCookies.find((cookie) => isSessionCookie(cookie, sighting))
      const old = request === null ? null : sessionCookie(request.cookies ?? [], sighting)
      if (set !== undefined && old !== null && set.valueHash !== old.valueHash)
        this.sessions.delete(keyOf(sighting, old))
      if (set !== undefined && !set.expired && !this.sessions.has(keyOf(sighting, set)))
        this.begin(keyOf(sighting, set), o, sighting, true)
    }
    if (isLogin(o)) this.noteLogin(sighting, o)
    const key = `${o.connection}|${o.index}`
    const waiting = this.waiting.get(key)
    if (waiting === undefined) return
    this.waiting.delete(key)
    const { later, settle } = this.options
    later(o.time + 2 * settle, () => this.toldOf(waiting, o))
  }

  private begin(
    key: string,
    o: HttpRequestSeen | HttpTransaction,
    sighting: TrackedSighting,
    isBeginning: boolean,
  ): void {
    const { time, packet } = isBeginning ? (o as HttpTransaction).response! : o.request!
    this.sessions.set(key, {
      homes: [this.homeAt(sighting, o, packetOf(sighting, packet, time), isBeginning)],
      lastAt: time,
      requests: isBeginning ? 0 : 1,
      isLoggedIn: false,
      toldServer: false,
      toldProxy: false,
    })
  }

  private homeAt(
    sighting: TrackedSighting,
    o: HttpRequestSeen | HttpTransaction,
    packet: PacketReference,
    isBeginning: boolean,
  ): Home {
    const proxy = nodeBefore(sighting, o.request, this.options.inventory)
    return { tap: sighting.tap, server: sighting.server!, proxy, packet, isBeginning }
  }

  private goesOn(
    session: WebSession,
    o: HttpRequestSeen,
    sighting: TrackedSighting,
    cookie: CookieFacts,
  ): void {
    const server = sighting.server!
    const { time: at, packet, target } = o.request
    const here = packetOf(sighting, packet, at)
    const home = session.homes.find(({ tap }) => tap === sighting.tap)
    const now = this.homeAt(sighting, o, here, false)
    const requestsBefore = session.requests++
    session.lastAt = at
    if (home === undefined) return void session.homes.push(now)
    const facts = {
      sighting,
      cookie: cookie.name,
      session: cookie.valueHash.slice(0, NAME_DIGITS),
      requestsBefore,
      at,
      packet,
      target,
    }
    const switches: Switch[] = []
    const node = (name: string, of: Home, isServer: boolean): SessionNode => ({
      name,
      server: isServer ? of.server : null,
      packet: of.packet,
      isBeginning: of.isBeginning,
    })
    if (home.server.id !== server.id && !session.toldServer) {
      session.toldServer = keepsWebSessions(sighting.service)
      switches.push({
        ...facts,
        what: 'server',
        from: node(home.server.name, home, true),
        to: node(server.name, now, true),
      })
    }
    if (home.proxy !== null && now.proxy !== null && home.proxy !== now.proxy && !session.toldProxy) {
      session.toldProxy = true
      switches.push({
        ...facts,
        what: 'proxy',
        from: node(home.proxy, home, false),
        to: node(now.proxy, now, false),
      })
    }
    if (switches.length > 0 && this.waiting.size < WAITING_MAX)
      this.waiting.set(`${o.connection}|${o.index}`, { session, switches })
    if (home.server.id === server.id && home.proxy === now.proxy) {
      home.packet = here
      home.isBeginning = false
    }
  }

  /** `client`: the connection that a client made itself; null if that was not seen. */
  private askedBy(
    client: TrackedSighting | null,
    { request }: HttpTransaction,
    { service }: TrackedSighting,
  ): Agent | null {
    const { agents } = this.options
    const claim = request === null ? null : identityInRequest(request, service)
    if (claim !== null) return agents.named(claim)
    return client === null ? null : agents.at(client.tap, client.originator.address, 'address')
  }

  /** The session is the one that the answer sets, or else the one that it leaves as it is. */
  private noteLogin(sighting: TrackedSighting, { request, response }: HttpTransaction): void {
    const set = response!.setCookieLines === 0 ? null : sessionCookie(response!.setCookies, sighting)
    const cookie = set ?? sessionCookie(request!.cookies ?? [], sighting)
    const session = cookie === null ? undefined : this.sessions.get(keyOf(sighting, cookie))
    if (session !== undefined) session.isLoggedIn = true
  }

  private toldOf({ session, switches }: Waiting, o: HttpTransaction): void {
    for (const one of switches) {
      const sighting = one.sighting as TrackedSighting
      if (o.response === null && isBack(session, one)) {
        if (one.what === 'server') session.toldServer = false
        else session.toldProxy = false
        continue
      }
      if (!keepsWebSessions(sighting.service)) {
        if (one.what !== 'server' || session.toldServer || !isAskedAgain(session, one.target, o)) continue
        session.toldServer = true
      }
      const paired = this.options.frontOf(o.connection, o.index)
      // A relay's connection may go on with other clients' requests: it was joined by its first.
      const joined = o.index === 0 ? sighting.path.sightings.find(({ leg }) => leg === 'front') : undefined
      const front = paired?.sighting ?? joined ?? null
      this.options.tell({
        kind: 'session-switched',
        ...one,
        front,
        agent: this.askedBy(front ?? (sighting.leg === 'direct' ? sighting : null), o, sighting),
        sameConnection: paired === null ? null : paired.index > 0,
        status: o.response?.status ?? null,
        symptom: o.response === null || LOGOUT.test(one.target) ? null : symptomOf(o.response),
      })
    }
  }
}

/** Since then it was where it is at home: its relay had tried another server in between. */
const isBack = ({ homes }: WebSession, { at, sighting }: Switch): boolean =>
  homes.some(({ tap, packet }) => tap === sighting.tap && packet.at > at)

/** Something was posted to a login page, and the answer does not ask for it again. */
const isLogin = ({ request, response }: HttpTransaction): boolean =>
  request?.method === 'POST' &&
  LOGIN.test(requestPath(request.target)) &&
  response !== null &&
  response.status < 400 &&
  symptomOf(response) === null

/** Whoever had logged in is sent to log in by a page that is no part of that. That access is denied (403) may
 * be meant so. */
const isAskedAgain = ({ isLoggedIn }: WebSession, target: string, { response }: HttpTransaction): boolean =>
  isLoggedIn &&
  !isAtItsEnds(target) &&
  response !== null &&
  response.status !== 403 &&
  symptomOf(response) === 'login'

/** A request with which sessions begin or end: another server is as good then. */
export function isAtItsEnds(target: string): boolean {
  const path = requestPath(target)
  return LOGIN.test(path) || LOGOUT.test(path)
}

/** What tells a browser that its session is unknown here. */
export function symptomOf(response: HttpResponse): SessionSwitched['symptom'] {
  if (response.status >= 500) return 'error'
  if (response.status === 401 || response.status === 403 || response.status === 440) return 'login'
  const isRedirect = response.status >= 301 && response.status <= 308 && response.status !== 304
  return isRedirect && LOGIN.test(valueIn(response.headers, 'location') ?? '') ? 'login' : null
}

const keyOf = ({ service }: TrackedSighting, { name, valueHash }: CookieFacts): string =>
  `${service.name}|${name}|${valueHash}`

/** The cookie of the client's session with this service. */
export const sessionCookie = (
  cookies: readonly CookieFacts[],
  sighting: TrackedSighting,
): CookieFacts | null => cookies.find((cookie) => isSessionCookie(cookie, sighting)) ?? null

/** The configuration's names; else the application's own that the catalogue knows. */
function isSessionCookie({ name, role, valueLength }: CookieFacts, { service }: TrackedSighting): boolean {
  if (valueLength === 0) return false
  const names = service.configured?.web?.sessionCookies ?? []
  return names.length > 0 ? names.includes(name) : role === 'application'
}

/** Sessions may be kept there, and one who is taken elsewhere be lost: behind a relay, nobody says that it is
 * anything else. */
export const mayKeepSessions = ({ service, leg }: TrackedSighting): boolean =>
  keepsWebSessions(service) ||
  (leg === 'back' && service.profile === 'generic' && (service.configured?.smtp ?? null) === null)
