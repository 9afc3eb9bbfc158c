/** Which servers an agent is to use, in which order: the list that holds for it, as the configuration
 * states it; and how often it comes. */
import type { Service } from './party.ts'
import { PROFILES } from './profiles.data.ts'
import type { Micros } from './time.ts'

export interface PreferenceList {
  /** Names of servers: the first group is preferred, the members of a group are equals. */
  readonly groups: readonly (readonly string[])[]
  /** Where it stands: with a group of agents, with a location, or as priorities of the service's servers. */
  readonly source: 'group' | 'location' | 'service'
  /** The group's or location's name; null for priorities. */
  readonly name: string | null
}

/** The position of a server's group, 0 for the preferred one; null: the list does not name the server. */
export function rankIn(list: PreferenceList, server: string): number | null {
  const rank = list.groups.findIndex((group) => group.includes(server))
  return rank < 0 ? null : rank
}

/** Between regular contacts of an agent that polls; null: it stays connected, or comes as its user likes. */
export function contactInterval({ style, configured, profile }: Service): Micros | null {
  if (style !== 'polling') return null
  return configured?.heartbeat ?? configured?.checkIn ?? PROFILES[profile].checkIn
}
