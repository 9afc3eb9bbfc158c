/** A server called an agent, and the agent did not come. */
import type { World } from '../../model/event.ts'
import type { Woken } from '../../model/cadence.ts'
import { counted, detector, PROVED } from '../detector.ts'
import { connectionFilter } from '../wording.ts'
import { called } from './call.ts'

export const wakeupFailed = detector({
  type: 'wakeup-failed',
  asserts: 'A server called an agent, and the agent did not check in in time.',
  notThis: [
    'the agent came in time, at whichever server',
    'the capture ended before the time was over',
    'the capture shows calls, and nobody’s check-ins: they go another way, or were filtered',
    'nobody answered, and the agent had not been seen for long: its host is off',
  ],
  requirements: ['S4-13'],
  flows: PROVED,
  parameters: {},
  watch(_values, world, raise) {
    return {
      woken(event) {
        const { answer, followed, isWatched, isPresent, service } = event
        if (followed !== null || !isWatched || (answer === 'unanswered' && !isPresent)) return
        raise({
          ...called(event),
          type: 'wakeup-failed',
          severity: 'warning',
          confidence: answer === 'taken' ? 0.9 : 0.8,
          actor: {
            role: answer === 'unanswered' ? 'unknown' : 'agent',
            address: event.address,
            confidence: 0.6,
          },
          details: { ...called(event).details, translated: isTranslated(event, world) },
          requirements: service.profile === 'mcafee-epo' ? ['S4-13'] : [],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const of = (answer: string): number => findings.filter((f) => f.details['answer'] === answer).length
    const taken = of('taken')
    const parts = [
      taken > 0 ? `${taken} agreed and did not check in` : null,
      of('refused') > 0 ? `${of('refused')} refused the call` : null,
      of('unanswered') > 0 ? `${of('unanswered')} did not answer` : null,
    ].filter((part) => part !== null)
    const isTranslatedCall = findings.some((f) => f.details['translated'] === true)
    return {
      title: `${counted(findings.length, 'wake-up call')} of ${first.service ?? 'the service'} had no effect`,
      summary:
        `Of the agents that were called, ${parts.join(', ')} within ${String(first.details['withinSeconds'])} s.` +
        (isTranslatedCall ? ' Their addresses are translated: calls from outside cannot reach them.' : ''),
      remedy:
        taken === findings.length
          ? 'Look at the agents: whether they are told to obey calls, and with what delay; their next regular check-in brings what the call was for.'
          : `Let the servers reach TCP port ${String(first.details['port'])} of the agents: local firewalls, and translation of addresses on the way, stand against it.`,
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

/** The configuration says that the called address is one of a translation. */
const isTranslated = ({ address }: Woken, world: World): boolean =>
  world.natMapping(address) !== null || world.translatesFor(address)
