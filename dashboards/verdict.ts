/** The overview's first sentences: what is broken, for whom. Words, made of the services' own verdicts. */
import type { Overview, ServiceRow } from '../src/api/contract.ts'
import { count, counted, numberWord } from './text.ts'

const LEAD_SENTENCES = 2
const UNPROVEN = 'Whether idle connections hold is not shown: none was silent for long and then answered.'

export interface Verdict {
  readonly title: string
  readonly lead: string
}

const withStop = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`)

/** Of an overview that covers something. */
export function verdictOf(overview: Pick<Overview, 'services' | 'captures'>): Verdict {
  const { services } = overview
  const critical = services.filter(({ worst }) => worst === 'critical')
  const warned = services.filter(({ worst }) => worst === 'warning')
  if (critical.length === 0 && warned.length === 0)
    return services.some(({ holdsIdle }) => holdsIdle)
      ? { title: 'Nothing is broken.', lead: basis(overview) }
      : { title: 'Nothing broken was seen.', lead: `${basis(overview)} ${UNPROVEN}` }
  const worst = critical.length > 0 ? critical : warned
  return { title: title(services, worst, critical.length > 0), lead: lead([...critical, ...warned]) }
}

function title(services: readonly ServiceRow[], worst: readonly ServiceRow[], isCritical: boolean): string {
  const what = isCritical
    ? worst.length === 1
      ? 'is broken'
      : 'are broken'
    : worst.length === 1
      ? 'breaks a requirement'
      : 'break requirements'
  if (services.length === 1) return `${services[0]?.name ?? 'The service'} ${what}.`
  if (worst.length === services.length) return `All ${numberWord(services.length)} services ${what}.`
  return `${numberWord(worst.length, true)} of ${numberWord(services.length)} services ${what}.`
}

/** One service's sentence stands alone; of more, each is told by its own name. */
function lead(services: readonly ServiceRow[]): string {
  return services
    .slice(0, LEAD_SENTENCES)
    .map(({ name, verdict }) => (services.length === 1 ? withStop(verdict) : `${name}: ${withStop(verdict)}`))
    .join(' ')
}

function basis({ captures, services }: Pick<Overview, 'services' | 'captures'>): string {
  const packets = captures.reduce((sum, capture) => sum + (capture.packets ?? 0), 0)
  const agents = services.reduce((sum, service) => sum + service.agents, 0)
  return `In 24 h, ${counted(agents, 'agent')} at ${counted(services.length, 'service')}${
    packets > 0 ? `, from ${count(packets)} packets in ${counted(captures.length, 'capture')}` : ''
  }.`
}
