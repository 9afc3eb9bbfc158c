/** `holdfast config suggest`: a first configuration, from what captures show without one. */
import { EMPTY_DEPLOYMENT } from '../../model/deployment.ts'
import type { AnalysisRecord, IncidentRecord, RecordSink } from '../../model/record.ts'
import { analyze } from '../../pipeline/monitor.ts'
import { recordHelper } from '../ahead-thread.ts'
import type { AnalyzeArguments } from '../analyze/arguments.ts'
import { openInputs } from '../analyze/inputs.ts'
import { interruption } from '../analyze/interruption.ts'
import { plannedOf } from '../analyze/plan.ts'
import { progressOf, secretsOf } from '../analyze/run.ts'
import { beginnings } from '../beginnings.ts'
import { type Console, say } from '../console.ts'
import { EXIT, failure } from '../failure.ts'
import { writeDestination } from '../output/destination.ts'
import { counted } from '../output/quantities.ts'
import { parseConfig } from './load.ts'
import { suggestionText } from './suggest-document.ts'
import { suggestionOf } from './suggest-plan.ts'
import { survey } from './suggest-survey.ts'

/** Incidents that are read for timers and devices. */
const INCIDENTS_MAX = 1_000

/** Exit code; throws failures. */
export async function suggestConfig(words: AnalyzeArguments, console: Console): Promise<number> {
  const plan = await plannedOf(words)
  const secrets = await secretsOf(plan, console)
  const surveyor = survey()
  const incidents: IncidentRecord[] = []
  const faults: string[] = []
  const open = await openInputs(plan.inputs, false, plan.beside, await beginnings(plan.inputs))
  const progress = await progressOf(plan, console)
  const { signalled, ignore } = interruption()
  try {
    const options = { deployment: EMPTY_DEPLOYMENT, secrets, from: plan.from, to: plan.to, ...recordHelper() }
    const more = { followers: [surveyor], onProgress: progress.update }
    const sinks = [gathering(incidents, faults)]
    const { packets } = await Promise.race([analyze(open.inputs, { ...options, ...more }, sinks), signalled])
    const [fault] = faults
    if (packets === 0 && fault !== undefined) throw failure(fault)
  } finally {
    ignore()
    progress.stop()
    open.close()
  }
  const names = plan.inputs.map(({ tap, path }) => (tap === '' ? path : `${tap}=${path}`))
  const suggestion = suggestionOf(surveyor.facts(), incidents)
  const text = suggestionText(suggestion, names)
  assertValid(text)
  writeDestination(plan.output, console.out, (destination) => destination.write(text))
  if (!plan.quiet) {
    for (const fault of faults) say(console, fault)
    const services = suggestion.services.filter(({ isThin }) => !isThin)
    if (services.length === 0) say(console, 'no service was seen well enough to be written down')
    else if (plan.output !== null && plan.output !== '-')
      say(
        console,
        `${plan.output} describes ${counted(services.length, 'service')}; read it before you use it`,
      )
  }
  return EXIT.success
}

function gathering(incidents: IncidentRecord[], faults: string[]): RecordSink {
  return {
    kinds: new Set(['incident', 'capture']),
    write(record: AnalysisRecord) {
      if (record.kind === 'incident' && incidents.length < INCIDENTS_MAX) incidents.push(record)
      if (record.kind === 'capture' && record.quality.readError !== null)
        faults.push(`${record.path} was not read to its end: ${record.quality.readError}`)
    },
  }
}

/** What is written is what `config check` accepts, whatever the traffic holds. */
function assertValid(text: string): void {
  const loaded = parseConfig(text)
  if ('deployment' in loaded) return
  const [problem] = loaded.problems
  throw new Error(`the suggestion is no valid configuration: line ${problem?.line}: ${problem?.message}`)
}
