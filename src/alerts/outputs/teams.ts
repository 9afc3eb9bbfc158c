/**
 * Messages as the webhooks of Microsoft Teams take them (the workflow "When a Teams webhook request is
 * received"): one adaptive card.
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
import type { AlertRecord } from '../record.ts'
import type { ChatSettings } from '../settings.ts'
import { facts, paragraphs, subject } from '../words.ts'
import { post, shownAddress } from './http.ts'
import type { MakeOutput } from './output.ts'

/** Teams refuses messages of more than 28 KB; sentences are cut well below. */
const TEXT_MAX = 4000

export const teams: MakeOutput<ChatSettings> = ({ url }, world) => ({
  target: shownAddress(url),
  deliver: ({ record }, signal) =>
    post({ address: url, body: JSON.stringify(teamsMessage(record)), headers: () => ({}) }, world, signal),
})

/** Colours that a card knows; the word of the severity stands in the facts. */
const COLOURS = { critical: 'attention', warning: 'warning', info: 'accent' } as const

/** What Markdown of a text block means something by is escaped: text from traffic stays text. */
export const escaped = (text: string): string => text.replaceAll(/[\\`*_[\]()#<>!|~]/g, String.raw`\$&`)

export function teamsMessage(record: AlertRecord): object {
  const { severity, url } = record.data
  const block = (text: string) => ({ type: 'TextBlock', text: escaped(text.slice(0, TEXT_MAX)), wrap: true })
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { ...block(subject(record)), weight: 'bolder', color: COLOURS[severity] },
      ...paragraphs(record)
        .filter((text) => text !== url)
        .map(block),
      { type: 'FactSet', facts: facts(record).map(([title, value]) => ({ title, value: escaped(value) })) },
    ],
    ...(url === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open in Holdfast', url }] }),
  }
  return {
    type: 'message',
    attachments: [
      { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card },
    ],
  }
}
