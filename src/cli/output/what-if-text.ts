/** The section of the text for people about other timers. */
import type { WhatIfRecord } from '../../model/what-if.ts'
import { shortName } from './harmless.ts'
import type { Page } from './page.ts'
import { count } from './quantities.ts'
import { whatIfGroups } from './what-if-words.ts'

export function writeWhatIfs(sheet: Page, records: readonly WhatIfRecord[], severalTaps: boolean): void {
  if (records.length === 0) return
  sheet.blank()
  sheet.heading('What if')
  for (const { head, answers, rest } of whatIfGroups(records, severalTaps)) {
    sheet.paragraph(`${head}:`)
    for (const { service, sentences, examples } of answers) {
      sheet.row('service', `${shortName(service)}: ${sentences.join(' ')}`)
      if (examples.length > 0) sheet.row('', examples)
    }
    if (rest > 0)
      sheet.row('', `and ${count(rest)} more services (--format ndjson --include what-if lists all)`)
  }
}
