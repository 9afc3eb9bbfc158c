/** Who did it, and how sure that is. */
import type { Actor } from '../../model/incident.ts'
import { ROLE_WORDS } from './words.data.ts'

export interface NamedActor extends Actor {
  /** What the configuration calls it; null: it does not. */
  readonly name: string | null
}

/** `load balancer lb1 (10.10.2.10)` */
export function actorText({ role, name, address }: NamedActor): string {
  const who = [ROLE_WORDS[role], ...(name === null || name === address ? [] : [name])].join(' ')
  if (address === null) return who
  return name === null || name === address ? `${who} ${address}` : `${who} (${address})`
}

/** `confidence 0.95`; nothing where nobody is named, of whom one could be sure. */
export const sureText = ({ role, confidence }: Actor): string =>
  role === 'unknown' ? '' : `confidence ${confidence.toFixed(2)}`
