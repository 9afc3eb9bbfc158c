/**
 * Which requirements an incident names: those of the product that its service runs. What a detector names of
 * other products becomes the neutral row of the same matter: nobody has to know the documents of a product
 * that he does not run.
 */
import type { ProfileName } from '../model/deployment.ts'
import type { IncidentType } from '../model/incident.ts'
import { REQUIREMENTS } from '../model/requirements/index.ts'
import { NEUTRAL_REQUIREMENTS } from '../model/requirements/neutral.data.ts'

/** For each requirement the products that it binds; none: it holds for all. */
const PROFILES_OF: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  REQUIREMENTS.map(({ id, profiles }) => [id, new Set(id.startsWith('X-') ? [] : profiles)]),
)

/** The ids that hold for a service of that profile, null if the incident belongs to none; in their order,
 * the neutral ones where none of them does. */
export function namedFor(
  ids: readonly string[],
  type: IncidentType,
  profile: ProfileName | null,
): readonly string[] {
  const own = ids.filter((id) => {
    const profiles = PROFILES_OF.get(id)
    return profiles !== undefined && (profiles.size === 0 || (profile !== null && profiles.has(profile)))
  })
  if (own.length > 0 || ids.length === 0) return own
  return NEUTRAL_REQUIREMENTS.filter(({ brokenBy }) => brokenBy.includes(type)).map(({ id }) => id)
}
