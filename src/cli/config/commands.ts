/** `holdfast config check` and `holdfast config schema`. */
import type { ConfiguredService } from '../../model/deployment.ts'
import type { Micros } from '../../model/time.ts'
import { toSeconds } from '../../model/time.ts'
import { type Console, say } from '../console.ts'
import { EXIT } from '../failure.ts'
import { harmless } from '../output/harmless.ts'
import { counted, duration } from '../output/quantities.ts'
import { type Loaded, loadConfig } from './load.ts'
import { problemText } from './problems.ts'
import { jsonSchema } from './schema.ts'

/**
 * Tells every problem on standard error, or on standard output what the configuration comes to. Answers the
 * exit code.
 */
export function checkConfig(path: string, console: Console): number {
  const loaded = loadConfig(path)
  if ('deployment' in loaded) {
    console.out.write(`${path} is valid.\n${comesTo(loaded)}`)
    for (const note of loaded.notes) console.error.write(`${harmless(problemText(path, note))}\n`)
    return EXIT.success
  }
  const { problems, more } = loaded
  for (const problem of problems) console.error.write(`${harmless(problemText(path, problem))}\n`)
  say(
    console,
    `${path} has ${counted(problems.length + more, 'problem')}${more > 0 ? `; the first ${problems.length} are shown` : ''}`,
  )
  return EXIT.failure
}

export function printSchema(console: Console): number {
  console.out.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
  return EXIT.success
}

/** One line for each service: what holds for it, with the defaults of its profile; and how much else there
 * is. */
function comesTo({ deployment, collectors, alerts }: Extract<Loaded, { alerts: unknown }>): string {
  const { services, locations, groups, devices, agents } = deployment
  const others = [
    [locations.length, 'location'],
    [groups.length, 'group'],
    [devices.length, 'device'],
    [agents.length, 'agent'],
    [collectors.length, 'collector'],
    [alerts.outputs.length, 'output'],
  ] as const
  const rest = others.filter(([n]) => n > 0).map(([n, what]) => counted(n, what))
  const lines = services.map(serviceText)
  return [...lines, ...(rest.length > 0 ? [rest.join(', ')] : [])]
    .map((line) => `${harmless(line)}\n`)
    .join('')
}

function serviceText(service: ConfiguredService): string {
  const facts = [
    service.ports.length > 0 ? `ports ${service.ports.join(', ')}` : 'any port',
    counted(service.servers.length, 'server'),
    service.connections ?? 'connections as seen',
    `${service.persistence ?? 'persistence not stated'}${span(' for ', service.persistenceDuration)}`,
    `idle after ${duration(toSeconds(service.idleThreshold ?? 0))}`,
    service.serverIdleTimeout === null
      ? 'servers never close'
      : `servers close after ${duration(toSeconds(service.serverIdleTimeout))}`,
    ...(service.checkIn === null ? [] : [`check-in every ${duration(toSeconds(service.checkIn))}`]),
    ...(service.heartbeat === null ? [] : [`heartbeat every ${duration(toSeconds(service.heartbeat))}`]),
  ]
  return `${service.name} (${service.profile}): ${facts.join('; ')}`
}

const span = (before: string, time: Micros | null): string =>
  time === null ? '' : `${before}${duration(toSeconds(time))}`
