import { expect, test } from 'vitest'
import { recognisesSmtp } from '../../../src/protocols/smtp/recognise.ts'

const verdict = (text: string): string => recognisesSmtp(1, Buffer.from(`..${text}`), 2, text.length + 2)

test.each([
  '220 mx.example ESMTP Postfix\r\n',
  '220-mx.example esmtp\r\n',
  'EHLO a\r\n',
  'helo b\r\n',
  'LHLO c',
])('%s begins SMTP', (text) => expect(verdict(text)).toBe('certain'))
test.each([
  '',
  '2',
  '220',
  '220 ',
  '220 ftp.example ready\r\n',
  '220 mx\r\n220 not ESMTP',
  'E',
  'ehl',
  'HELO',
])('%s may begin SMTP', (text) => expect(verdict(text)).toBe('unsure'))
test.each(['221 bye SMTP\r\n', 'HELP\r\n', 'GET / HTTP/1.1', '{"agent"', `220 ${'x'.repeat(600)}`])(
  '%s does not',
  (text) => expect(verdict(text)).toBe('no'),
)
