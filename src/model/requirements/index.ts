/** Every requirement that the vendors state, document by document, and what any client needs. */
import type { Requirement } from '../requirement.ts'
import { CROSS_REQUIREMENTS } from './cross.data.ts'
import { DLP_REQUIREMENTS } from './dlp.data.ts'
import { EPO_REQUIREMENTS } from './epo.data.ts'
import { NEUTRAL_REQUIREMENTS } from './neutral.data.ts'
import { SEMS_REQUIREMENTS } from './sems.data.ts'
import { SEPM_REQUIREMENTS } from './sepm.data.ts'

export const REQUIREMENTS: readonly Requirement[] = [
  ...DLP_REQUIREMENTS,
  ...SEPM_REQUIREMENTS,
  ...SEMS_REQUIREMENTS,
  ...EPO_REQUIREMENTS,
  ...CROSS_REQUIREMENTS,
  ...NEUTRAL_REQUIREMENTS,
]
