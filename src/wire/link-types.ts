/** Link types by name, for people (the numbers and names are in link-types.data.ts). */
import { LINK_TYPE_NAMES } from './link-types.data.ts'

/** `LINKTYPE_ETHERNET (1)`; a number alone if the registry has no name for it. */
export function linkTypeName(linkType: number): string {
  const name = LINK_TYPE_NAMES[linkType]
  return name === undefined ? String(linkType) : `LINKTYPE_${name} (${linkType})`
}
