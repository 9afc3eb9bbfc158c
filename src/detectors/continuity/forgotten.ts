/**
 * Idle connections that no timer took: others were silent for longer and lived. Where the silences of most
 * have one moment in common, whoever knew of the connections forgot them then: it failed over to another that
 * did not know them, was restarted, or its table was flushed. Each loss shows when its connection is used
 * next, after a silence of its own.
 */
import type { Finding } from '../../model/incident.ts'
import { withinSentence } from '../../model/device-name.ts'
import { momentText, seconds, type Micros } from '../../model/time.ts'
import { counted, spokenRange, times } from '../detector.ts'
import { spokenSilences } from '../silence-length.ts'
import { bestSplit, type Signature } from '../timer.ts'
import { agentsAmong } from '../wording.ts'

/** So many agents that lose their connections at one moment are no accident, as of a mass disconnect. */
const AGENTS_MIN = 4
/** What explains losses explains so large a share of them: a few more may have reasons of their own. */
const MOST = 0.8
/** A timer is the reason as long as it is right about as many as it is wrong about. */
const HALF = 0.5

type Findings = readonly [Finding, ...Finding[]]

interface Moment {
  readonly from: Micros
  readonly to: Micros
  readonly findings: readonly Finding[]
}

interface Words {
  readonly title: string
  readonly summary: string
  readonly remedy: string
}

/** How losses of one signature read that no timer explains, of whoever is named `who`; null if one does.
 * `survived`: silences in seconds that connections of their kind survived. */
export function forgottenWords(
  findings: Findings,
  signature: Signature,
  survived: readonly number[],
  who: string,
): Words | null {
  const severed = findings.map(({ details }) => details['silenceSeconds'] as number)
  const how = HOW.get(signature)
  const byTimer = bestSplit(survived, severed).explained / severed.length
  if (how === undefined || byTimer >= MOST) return null
  const moments = momentsOf(findings)
  if (moments.length === 0 && byTimer >= HALF) return null
  const whose = `${counted(findings.length, 'idle connection')} of ${counted(agentsAmong(findings), 'agent')} to ${findings[0].service ?? 'the service'}`
  const others = `Silences of up to ${spokenRange([Math.max(...survived)])} were survived: no one timer explains that.`
  if (moments.length === 0)
    return {
      title: `${who} loses idle connections, by no timer`,
      summary: `The next segment on ${whose} ${how}, after ${spokenSilences(findings)} without a packet. ${others}`,
      remedy: `Look in the log of ${withinSentence(who)} at these times: a table of connections that was full or flushed, a failover or a change of its policy does this, and so does a timer for some addresses only.`,
    }
  const isOne = moments.length === 1
  return {
    title: `${who} forgot its connections${isOne ? '' : ` ${times(moments.length)}`}`,
    summary: `${whose} were lost at ${isOne ? 'one moment, ' : `${moments.length} moments: `}${moments.map((m) => momentWords(m, isOne)).join('; ')}. The next segment on each ${how}, after ${spokenSilences(findings)} without a packet. ${others}${oneServerText(findings)}`,
    remedy: `Look in the log of ${withinSentence(who)} at ${isOne ? 'that time' : 'those times'} for a failover, a restart, a flush of its table of connections or a change of its policy. Where it is a cluster, let its members synchronise their connections.`,
  }
}

const HOW: ReadonlyMap<Signature, string> = new Map([
  ['silent', 'met nobody'],
  ['rst-on-next', 'drew a RST'],
])

/** The fewest moments that all silences have one of within; none where that says nothing, as of losses that
 * each came by itself. */
function momentsOf(findings: Findings): readonly Moment[] {
  const all: Finding[][] = []
  let to: Micros = -Infinity
  // In order of their ends, one that had begun by the last moment shares it; the first that had not ends the
  // next one.
  for (const finding of findings.toSorted((a, b) => a.at - b.at)) {
    if (startOf(finding) <= to) all.at(-1)!.push(finding)
    else {
      to = finding.at
      all.push([finding])
    }
  }
  const moments = all
    .filter((its) => agentsAmong(its) >= AGENTS_MIN)
    .map((its) => ({ from: lastStart(its), to: its[0]!.at, findings: its }))
  const explained = moments.reduce((n, moment) => n + moment.findings.length, 0)
  return explained >= MOST * findings.length ? moments : []
}

const lastStart = (findings: readonly Finding[]): Micros =>
  findings.reduce((last, finding) => Math.max(last, startOf(finding)), -Infinity)

const startOf = ({ at, details }: Finding): Micros => at - seconds(details['silenceSeconds'] as number)

function momentWords({ from, to, findings }: Moment, isOne: boolean): string {
  const [since, until] = [momentText(from), momentText(to)]
  const when = since === until ? since : `between ${since} and ${until}`
  return isOne ? when : `${findings.length} of them ${since === until ? `at ${when}` : when}`
}

/** A host that is restarted without a word leaves its connections in the same way. */
function oneServerText(findings: Findings): string {
  const servers = new Set(findings.map(({ server }) => server?.name ?? null))
  const [only] = servers
  return servers.size > 1 || only == null
    ? ''
    : ` All of them led to ${only}, whose host may have been restarted as well.`
}
