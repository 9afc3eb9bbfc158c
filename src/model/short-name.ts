/** Names from traffic within a sentence. */

/** No agent, server or cookie is known by more; longer names are cut in the middle. */
const NAME_CHARACTERS_MAX = 64
const HALF = Math.floor((NAME_CHARACTERS_MAX - 3) / 2)

export const shortName = (name: string): string =>
  name.length <= NAME_CHARACTERS_MAX ? name : `${name.slice(0, HALF)}...${name.slice(-HALF)}`
