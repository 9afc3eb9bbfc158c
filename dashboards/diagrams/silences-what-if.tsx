/**
 * What another idle timeout would have done to the connections of a service: a slider over the lengths of
 * silence.
 */
import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import type { ServiceView } from '../../src/api/contract.ts'
import { count, counted, duration } from '../text.ts'
import { cutBy } from './silences-layout.ts'

interface Props {
  readonly service: Pick<ServiceView, 'silences' | 'connections'>
  /** Seconds, ascending: see `askableTimers`. */
  readonly timers: readonly number[]
  /** Which of them is asked about. */
  readonly index: number
  readonly choose: (index: number) => void
}

export function SilencesWhatIf({ service, timers, index, choose }: Props): JSX.Element {
  const id = useId()
  const sentence = whatIfSentence(service, timers[index]!)
  return (
    <div class="what-if">
      <label for={id}>What if the idle timeout were {duration(timers[index]!)}?</label>
      <input
        id={id}
        type="range"
        min="0"
        max={timers.length - 1}
        step="1"
        value={index}
        aria-valuetext={sentence}
        onInput={(event) => choose(event.currentTarget.valueAsNumber)}
      />
      <output for={id}>{sentence}</output>
    </div>
  )
}

/** Of a connection its longest silence counts. */
export function whatIfSentence(
  { silences, connections }: Pick<ServiceView, 'silences' | 'connections'>,
  seconds: number,
): string {
  const cut = cutBy(silences, seconds)
  const all = counted(Math.max(connections, cut), 'connection')
  const timeout = `With an idle timeout of ${duration(seconds)}`
  if (cut === 0) return `${timeout}, none of ${all} would have been cut.`
  return `${timeout}, ${count(cut)} of ${all} would have been cut.`
}
