/** What the page of one agent says first. Pure. */
import type { AgentView } from '../../src/api/contract.ts'
import { counted, listed, numberWord, seconds, time } from '../text.ts'
import { ROLE_WORDS } from '../words.data.ts'

/** What cuts an agent off; a server that closes by its own design does not. */
const CUTS: ReadonlySet<string> = new Set(['severed-idle', 'severed-active', 'mass-disconnect'])

export interface AgentFacts {
  readonly cuts: number
  readonly hops: number
  readonly addresses: number
  readonly attachedTo: string | null
  readonly since: string | null
  readonly isAttached: boolean
}

export function agentFacts({ happenings, stays, addresses }: AgentView): AgentFacts {
  const last = stays.reduce<AgentView['stays'][number] | null>(
    (a, b) => (a === null || b.end > a.end ? b : a),
    null,
  )
  return {
    cuts: happenings.filter(({ type }) => CUTS.has(type)).length,
    hops: happenings.filter(({ type }) => type === 'server-hop').length,
    addresses: new Set(addresses.map(({ address }) => address)).size,
    attachedTo: last?.server ?? null,
    since: last?.start ?? null,
    isAttached: last !== null && (last.endedBy === 'open' || last.endedBy === 'capture-end'),
  }
}

/** `Cut 8 times since 20 Nov 22:25:12 UTC, always by the load balancer lb1 after 300 s of silence.` */
export function agentSentence(agent: AgentView): string {
  const facts = agentFacts(agent)
  if (agent.happenings.length === 0 && agent.stays.length === 0)
    return agent.connections.length === 0
      ? 'It was not seen in this time.'
      : `Nothing happened to it in this time. ${hiddenSentence(agent)}`
  if (agent.happenings.length === 0)
    return `Nothing happened to it in this time. It was ${facts.isAttached ? 'attached to' : 'last with'} ${facts.attachedTo}.`
  const parts = [cutSentence(agent), hopSentence(facts.hops)].filter((part) => part !== '')
  return parts.length > 0
    ? parts.join(' ')
    : `${counted(agent.happenings.length, 'thing')} happened to it in this time.`
}

/** Why nothing is told of servers, where connections were seen and none of them. */
export const hiddenSentence = ({ connections }: AgentView): string =>
  `Which server took its ${counted(connections.length, 'connection')} was not seen: something on the way hides that. A capture behind it shows it.`

/** What stands for the servers that a relay hides. */
const HIDDEN_SERVER = 'not seen'

/**
 * An agent of which no server was seen, with its connections as its stays: there is one lane, and silences
 * and cuts have their place on it. Any other agent as it is.
 */
export function withHiddenServer(agent: AgentView): AgentView {
  const { stays, connections, happenings, services } = agent
  if (stays.length > 0) return agent
  const service = services[0] ?? ''
  return {
    ...agent,
    stays: connections.map(({ start, end }) => {
      return { server: HIDDEN_SERVER, service, start, end, connections: 1, bytes: 0, endedBy: 'open' }
    }),
    connections: connections.map((connection) => ({ ...connection, server: HIDDEN_SERVER })),
    happenings: happenings.map((one) => ({ ...one, server: { name: HIDDEN_SERVER, address: '', port: 0 } })),
  }
}

function cutSentence({ happenings }: AgentView): string {
  const cuts = happenings.filter(({ type }) => CUTS.has(type))
  if (cuts.length === 0) return ''
  const first = cuts.reduce((a, b) => (a.at < b.at ? a : b))
  const actors = [
    ...new Set(
      cuts.map(({ actor }) =>
        [`the ${ROLE_WORDS[actor.role]}`, actor.name ?? actor.address].filter(Boolean).join(' '),
      ),
    ),
  ]
  const by = cuts.every(({ actor }) => actor.role === 'unknown' || actor.role === 'middlebox')
    ? 'by something on the path'
    : `${cuts.length > 1 && actors.length === 1 ? 'always ' : ''}by ${listed(actors.slice(0, 3))}`
  const times =
    cuts.length === 1 ? `Cut at ${time(first.at)}` : `Cut ${cuts.length} times since ${time(first.at)}`
  return `${times}, ${by}${silence(cuts)}.`
}

/** The silence before the cuts, if it is one and the same to the second. */
function silence(cuts: AgentView['happenings']): string {
  const lengths = cuts
    .map(({ details }) => details['silenceSeconds'])
    .filter((s): s is number => typeof s === 'number')
  if (lengths.length < cuts.length) return ''
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)]
  return most - least <= 1 ? ` after ${seconds(Math.round(least), 0)} of silence` : ''
}

const hopSentence = (hops: number): string =>
  hops === 0 ? '' : `${TIMES[hops] ?? `${numberWord(hops, true)} times`} it moved to another server.`

const TIMES: readonly (string | undefined)[] = [undefined, 'Once', 'Twice']
