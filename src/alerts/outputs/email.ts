/**
 * E-mail by SMTP (nodemailer): plain text, one message for each alert, those of one incident in one thread.
 * The Message-ID is the alert's key, so that a second delivery of the same is known as that.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { AlertRecord } from '../record.ts'
import { SecretMissing, secretOf } from '../secret.ts'
import type { EmailSettings } from '../settings.ts'
import { facts, paragraphs, subject } from '../words.ts'
import {
  ATTEMPT_MS_MAX,
  delivered,
  failed,
  type MakeOutput,
  type Outcome,
  reasonOf,
  type World,
} from './output.ts'

export const email: MakeOutput<EmailSettings> = (settings, world) => ({
  target: `${settings.to.join(', ')} through ${settings.host}:${settings.port}`,
  async deliver({ key, record }, signal) {
    try {
      return await send(settings, world, { message: message(key, record, settings), signal })
    } catch (error) {
      return error instanceof SecretMissing ? failed(error.message) : refusal(error as SmtpError)
    }
  },
})

interface SmtpError extends Error {
  readonly code?: string
  readonly response?: string
  readonly responseCode?: number
}

/** 5yz is a no for good (RFC 5321 section 4.2.1), unless it was about who logs in, or about TLS: both are of
 * the settings, and not of this alert. */
function refusal(error: SmtpError): Outcome {
  const { response, responseCode, code } = error
  if (response === undefined) return failed(reasonOf(error))
  if (code === 'ETLS')
    return failed(`the server does not take STARTTLS (${response}): "security" says what else it may be`, {
      isFinal: false,
      wasReached: true,
    })
  const isFinal = (responseCode ?? 0) >= 500 && code !== 'EAUTH'
  return failed(response, { isFinal, wasReached: true })
}

const threadOf = (id: string): string => `<${id}.incident@holdfast.invalid>`

function message(key: string, record: AlertRecord, { from, to }: EmailSettings) {
  const thread = record.type === 'test' ? undefined : threadOf(record.data.id)
  const lines = facts(record).map(([name, value]) => `${`${name}:`.padEnd(13)}${value}`)
  return {
    from,
    to: [...to],
    subject: subject(record),
    text: `${paragraphs(record).join('\n\n')}\n\n${lines.join('\n')}\n`,
    messageId: `<${key}@holdfast.invalid>`,
    ...(thread === undefined ? {} : { references: thread, inReplyTo: thread }),
    date: new Date(record.timestamp),
    // No answers from who is away (RFC 3834 section 5).
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

interface Sending {
  readonly message: ReturnType<typeof message>
  readonly signal: AbortSignal
}

async function send(settings: EmailSettings, world: World, { message, signal }: Sending): Promise<Outcome> {
  const { createTransport } = await import('nodemailer')
  const { host, port, security, ca, user, password } = settings
  const transport = createTransport({
    host,
    port,
    name: hostname(),
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    connectionTimeout: ATTEMPT_MS_MAX,
    greetingTimeout: ATTEMPT_MS_MAX,
    socketTimeout: ATTEMPT_MS_MAX,
    ...(ca === null ? {} : { tls: { ca: readFileSync(ca) } }),
    ...(user === null || password === null
      ? {}
      : { auth: { user, pass: secretOf(password, world.environment) } }),
  })
  const { response, rejected } = await transport.sendMail({ ...message, signal })
  const refused = rejected.length === 0 ? '' : `; refused: ${rejected.join(', ')}`
  return delivered(`${response}${refused}`)
}
