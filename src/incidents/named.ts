/**
 * Which requirements an incident names: those of the product that its service runs. What a detector names of
 * other products becomes the neutral row of the same matter: nobody has to know the documents of a product
 * that he does not run.
 *
 * The detector names what its case shows; what every alarm of the type breaks is added here from the rows, so
 * that incidents and verdicts (verdicts.ts) cannot disagree.
 */
import type { ProfileName } from '../model/deployment.ts'
import type { IncidentType } from '../model/incident.ts'
import { REQUIREMENTS } from '../model/requirements/index.ts'
import { NEUTRAL_REQUIREMENTS } from '../model/requirements/neutral.data.ts'

/** For each requirement the products that it binds; none: it holds for all. */
const PROFILES_OF: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  REQUIREMENTS.map(({ id, profiles }) => [id, new Set(id.startsWith('X-') ? [] : profiles)]),
)

interface Naming {
  readonly type: IncidentType
  /** By its detector. */
  readonly requirements: readonly string[]
  /** It breaks what it is about, or leaves it undecided; what only informs does neither. */
  readonly weighs: boolean
}

/** The ids that hold for a service of that profile, null if the incident belongs to none: those of the
 * detector and what its type breaks, in the order of the documents; else the neutral ones. */
export function namedFor(
  { type, requirements, weighs }: Naming,
  profile: ProfileName | null,
): readonly string[] {
  const own = requirements.filter((id) => {
    const profiles = PROFILES_OF.get(id)
    return profiles !== undefined && (profiles.size === 0 || (profile !== null && profiles.has(profile)))
  })
  const broken = weighs && profile !== null ? brokenBy(type, profile) : []
  const all = new Set([...own, ...broken])
  if (all.size > 0 || requirements.length === 0)
    return REQUIREMENTS.map(({ id }) => id).filter((id) => all.has(id))
  return NEUTRAL_REQUIREMENTS.filter((row) => row.brokenBy.includes(type)).map(({ id }) => id)
}

const brokenBy = (type: IncidentType, profile: ProfileName): readonly string[] =>
  REQUIREMENTS.filter(
    (row) => !row.byName && row.profiles.includes(profile) && row.brokenBy.includes(type),
  ).map(({ id }) => id)
