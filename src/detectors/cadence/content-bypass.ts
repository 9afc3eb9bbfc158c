/** Content does not come by way of the agent's handler: fetched elsewhere by agents, or anew each time. */
import type { ContentAgain, ContentAstray } from '../../model/cadence.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import { counted, detector, times, unseen } from '../detector.ts'
import { listWords, named, orderWords } from '../policy-words.ts'
import { about, agentOf, agentsAmong, connectionFilter, packets } from '../wording.ts'

/** Agents and servers told apart; further ones are not told. */
const TOLD_MAX = 1 << 16

export const contentBypass = detector({
  type: 'content-bypass',
  asserts:
    'An agent fetched content from a server outside its list, or a handler fetched the same content again and again.',
  notThis: [
    'its own handler gives it the content',
    'a repository that is no server of the product',
    'its own handler had failed for it',
    'it checks in there as well: that is for those who judge lists',
    'no list is stated for the agent',
    'a catalogue, which is to be fetched again',
    'the content has changed',
  ],
  requirements: ['S4-06', 'S4-07'],
  flows: unseen('which files are fetched'),
  parameters: {},
  watch(_values, _world, raise) {
    const told = new Set<string>()
    return {
      'content-astray'(event) {
        const key = `${event.agent.id}|${event.server.id}`
        if (told.has(key) || told.size >= TOLD_MAX) return
        told.add(key)
        raise(astray(event))
      },
      'content-again': (event) => raise(again(event)),
    }
  },
  describe(findings) {
    const first = findings[0]
    const { from, target, list, order } = first.details as Readonly<Record<string, string>>
    const often = Number(first.details['times'])
    if (target !== undefined) {
      const files = new Set(findings.map((f) => f.details['target'])).size
      return {
        title: `${first.server?.name ?? 'A handler'} does not keep what it fetches`,
        summary: `${first.server?.name} fetched ${counted(files, 'file')} from ${from} again and again within a day, unchanged; ${target} ${times(often)}.`,
        remedy:
          'See whether lazy caching is switched on at the handler, and whether its disk and its list of repositories allow it.',
        filter: connectionFilter(findings),
        details: first.details,
      }
    }
    const agents = agentsAmong(findings)
    return {
      title: `Agents fetch content from ${from}, past their handlers`,
      summary: `${counted(agents, 'agent')} fetched content from ${from}, which is not on ${list} (${order}).`,
      remedy: `See the repository policy of these agents: whether it names ${from}, and whether their own handlers have the content.`,
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

function astray({ agent, server, list, sighting, at, packet }: ContentAstray): Finding {
  const { service } = server
  return {
    ...about(sighting),
    type: 'content-bypass',
    severity: 'warning',
    at,
    agent: agentOf(sighting, agent),
    server: named(server),
    service: service.name,
    actor: { role: 'agent', address: null, confidence: 0.7 },
    manner: null,
    confidence: 0.8 * agent.confidence,
    details: { from: server.name, list: listWords(list, service), order: orderWords(list) },
    evidence: packets({
      ...packetOf(sighting, packet, at),
      note: `the agent asks ${server.name} for content`,
    }),
    cause: `${service.name}|astray|${server.id}`,
    requirements: ['S4-06'],
  }
}

function again(event: ContentAgain): Finding {
  const { service, server, from, target, bytes, first, last } = event
  return {
    type: 'content-bypass',
    severity: 'warning',
    at: last.at,
    tap: last.tap,
    agent: null,
    server: named(server),
    service: service.name,
    connection: null,
    tuple: null,
    actor: { role: 'server', address: server.address, confidence: 0.8 },
    manner: null,
    confidence: 0.8,
    details: { from, target, bytes, times: event.times },
    evidence: packets(
      { ...first, note: 'the handler gets the file' },
      { ...last, note: `the same file again: ${event.times} times by now` },
    ),
    cause: `${service.name}|again|${server.id}|${from}`,
    requirements: ['S4-07'],
  }
}
