/**
 * Messages as the incoming webhooks of Slack take them (and Mattermost, Rocket.Chat and others that speak the
 * same): `text` for notifications, `blocks` for the channel.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
import type { AlertRecord } from '../record.ts'
import type { ChatSettings } from '../settings.ts'
import { facts, paragraphs, subject } from '../words.ts'
import { post, shownAddress } from './http.ts'
import type { MakeOutput } from './output.ts'

/** Characters of the text of a section block, and of a field of one, and fields of a section. */
const SECTION_MAX = 3000
const FIELD_MAX = 2000
const FIELDS_MAX = 10

export const slack: MakeOutput<ChatSettings> = ({ url }, world) => ({
  target: shownAddress(url),
  deliver: ({ record }, signal) =>
    post({ address: url, body: JSON.stringify(slackMessage(record)), headers: () => ({}) }, world, signal),
})

/** The three characters that mean something to Slack; nothing from traffic becomes a link or a mention. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const cut = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 3)}...`

export function slackMessage(record: AlertRecord): object {
  const line = escaped(subject(record))
  const section = (text: string) => ({
    type: 'section',
    text: { type: 'plain_text', text: cut(text, SECTION_MAX), emoji: false },
  })
  const fields = facts(record)
    .slice(0, FIELDS_MAX)
    .map(([name, value]) => ({ type: 'plain_text', text: cut(`${name}: ${value}`, FIELD_MAX), emoji: false }))
  return {
    text: line,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(subject(record), 150), emoji: false } },
      ...paragraphs(record).map(section),
      { type: 'section', fields },
    ],
  }
}
