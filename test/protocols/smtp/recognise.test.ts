import { expect, test } from 'vitest'
import { recognisesSmtp } from '../../../src/protocols/smtp/recognise.ts'

const verdict = (text: string): string => recognisesSmtp(1, Buffer.from(`..${text}`), 2, text.length + 2)

test.each([
  '220 mx.example ESMTP Postfix\r\n',
  '220-mx.example esmtp\r\n',
  '421 mx.example SMTP service not available\r\n',
  'EHLO a\r\n',
  'helo b\r\n',
  'LHLO c',
])('%s begins SMTP', (text) => expect(verdict(text)).toBe('certain'))
test.each([
  '220 ',
  '220 ftp.example ready\r\n',
  '220 mx\r\n220 not ESMTP',
  '220\r\n',
  '421 4.3.2 Service not available\r\n',
  '554-no\r\n',
])('%s begins SMTP on its ports', (text) => expect(verdict(text)).toBe('likely'))
test.each(['', '2', '220', '42', '554', 'E', 'ehl', 'HELO'])('%s may begin SMTP', (text) =>
  expect(verdict(text)).toBe('unsure'),
)
test.each([
  '221 bye SMTP\r\n',
  '550 no\r\n',
  '2200 x',
  'HELP\r\n',
  'GET / HTTP/1.1',
  '{"agent"',
  `220 ${'x'.repeat(600)}`,
])('%s does not', (text) => expect(verdict(text)).toBe('no'))
