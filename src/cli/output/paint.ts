/** Colour only on a terminal, and as NO_COLOR and FORCE_COLOR say. */
import { styleText } from 'node:util'
import type { Destination } from './destination.ts'
import type { Paint } from './page.ts'

export const painter =
  ({ isTerminal }: Destination): Paint =>
  (styles, text) =>
    isTerminal && styles.length > 0 ? styleText([...styles], text) : text
