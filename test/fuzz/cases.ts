/** The cases of a run by their number: broken captures, and more of broken conversations, which are
 * faster. */
import { analyse } from './analyse.ts'
import type { Seed } from './corpus.ts'
import type { Dialogue } from './dialogues.ts'
import { listen } from './listen.ts'
import { mutatedDialogue } from './mutate-dialogue.ts'
import type { DialogueCase } from './mutate-dialogue.ts'
import { mutated } from './mutate.ts'
import type { Case } from './mutate.ts'

export interface Material {
  readonly seed: number
  readonly captures: readonly Seed[]
  readonly dialogues: readonly Dialogue[]
}

/** One case in so many is a capture. */
const CAPTURES = 8

export const isCapture = (number: number): boolean => number % CAPTURES === 0
export const captureCase = ({ captures, seed }: Material, number: number): Case =>
  mutated(captures, seed, number)
export const dialogueCase = ({ dialogues, seed }: Material, number: number): DialogueCase =>
  mutatedDialogue(dialogues, seed, number)

/** Throws on whatever must not happen. */
export async function tryCase(material: Material, number: number): Promise<void> {
  if (isCapture(number)) await analyse(captureCase(material, number).bytes)
  else listen(dialogueCase(material, number), number)
}
