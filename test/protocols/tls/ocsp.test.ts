import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OcspAnswer } from '../../../src/model/tls.ts'
import { ANSWERS_MAX, readCertificateStatus } from '../../../src/protocols/tls/ocsp.ts'
import { bytes, concat, extension, made, message, keyLogOf, vector } from './craft.ts'
import { record, RSA, serve } from './handshakes.ts'
import { play } from './play.ts'

/** Made with `openssl ocsp` 3.0 for a P-256 authority, without its certificate. */
const GOOD = bytes(
  '3081ff0a0100a081f93081f606092b06010505073001010481e83081e530818ba10f300d310b300906035504030c02434118' +
    '0f32303236313132313137353233345a30673065303d300906052b0e03021a05000414711d397671c9facf2242095925979a' +
    '0698e46b110414f38c0b618ee7bac5df0e9d0467e35b86551c0e2602040f1e2d3c8000180f32303236313132313137353233' +
    '345aa011180f32303236313132383137353233345a300a06082a8648ce3d0403020349003046022100a31f000a64392ce701' +
    '9394b64cf275fa23236e4f7d6fb6c62ff33533bf792e0b022100f0a261d54e187d6d30aadfc2ecb141ed01603baba59d65f6' +
    '5994c0687f0ffbad',
)
const REVOKED = bytes(
  '308201130a0100a082010c3082010806092b06010505073001010481fa3081f730819fa10f300d310b300906035504030c02' +
    '4341180f32303236313132313137353233345a307b3079303b300906052b0e03021a05000414711d397671c9facf22420959' +
    '25979a0698e46b110414f38c0b618ee7bac5df0e9d0467e35b86551c0e2602021000a116180f323032363131323031323030' +
    '30305aa0030a0101180f32303236313132313137353233345aa011180f32303236313132383137353233345a300a06082a86' +
    '48ce3d040302034700304402201893a5e45bfe43b1bc0d071057cd96038510017ed6f12ce48eecec34dfb9388a02201bafe0' +
    '27d6382e8a5bd8ca4ae8d4616bb9e825aaa44a38610d9c20ff10aeac8e',
)
const UNKNOWN = bytes(
  '3081fc0a0100a081f63081f306092b06010505073001010481e53081e2308188a10f300d310b300906035504030c02434118' +
    '0f32303236313132313137353233355a30643062303a300906052b0e03021a05000414711d397671c9facf2242095925979a' +
    '0698e46b110414f38c0b618ee7bac5df0e9d0467e35b86551c0e260201778200180f32303236313132313137353233355aa0' +
    '11180f32303236313132383137353233355a300a06082a8648ce3d0403020349003046022100dff53a5a796738405be46dcc' +
    '42f878fc56335b082a25fffc210da8309fe3225a022100aa271e153c3ef03c9654afbc23a2c585208e9f6e5bb7c450fc76d8' +
    'ba86dfc977',
)
/** OCSPResponse with the status tryLater (RFC 6960 §4.2.1). */
const TRY_LATER = bytes('30030a0103')

const HELD = { thisUpdate: '2026-11-21T17:52:34Z', nextUpdate: '2026-11-28T17:52:34Z' }
const SAYS_GOOD: OcspAnswer = { status: 'good', serial: '0f1e2d3c', ...HELD, revokedAt: null }
const SAYS_REVOKED: OcspAnswer = {
  status: 'revoked',
  serial: '1000',
  ...HELD,
  revokedAt: '2026-11-20T12:00:00Z',
}

const one = (response: Uint8Array): Uint8Array => concat(Uint8Array.of(1), vector(3, response))
const several = (...responses: Uint8Array[]): Uint8Array =>
  concat(Uint8Array.of(2), vector(3, ...responses.map((response) => vector(3, response))))

function read(body: Uint8Array): { fits: boolean; told: OcspAnswer[] } {
  const told: OcspAnswer[] = []
  return { fits: readCertificateStatus(body, 0, body.length, told), told }
}

describe('CertificateStatus', () => {
  test.each([
    ['good', one(GOOD), [SAYS_GOOD]],
    ['revoked', one(REVOKED), [SAYS_REVOKED]],
    [
      'several, and none for one certificate',
      several(GOOD, new Uint8Array(0), REVOKED),
      [SAYS_GOOD, SAYS_REVOKED],
    ],
    ['an error answers nothing', one(TRY_LATER), []],
    ['another type', concat(Uint8Array.of(9), vector(3, GOOD)), []],
  ])('%s', (_, body, told) => {
    expect(read(body)).toEqual({ fits: true, told })
  })

  test('a certificate that its authority does not know', () => {
    expect(read(one(UNKNOWN)).told).toMatchObject([{ status: 'unknown', serial: '77', revokedAt: null }])
  })

  test('of many answers, so many are told', () => {
    const many = Array.from({ length: ANSWERS_MAX + 3 }, () => GOOD)
    expect(read(several(...many)).told).toHaveLength(ANSWERS_MAX)
  })

  test('cut anywhere it says nothing; damaged anywhere it does no harm', () => {
    const whole = one(REVOKED)
    for (let end = 0; end < whole.length; end++) expect(read(whole.slice(0, end)).told).toEqual([])
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, octet) => {
        const damaged = whole.slice()
        damaged[at] = octet
        expect(read(damaged).told.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 300 },
    )
  })
})

describe('stapled by a server', () => {
  const client = { requestOCSP: true }
  const stapler = () => {
    const server = serve()
    server.on('OCSPRequest', (_certificate, _issuer, answer) => answer(null, Buffer.from(GOOD)))
    return server
  }

  test('in TLS 1.2, as a message of its own', async () => {
    const { story } = await record({ client: { ...client, maxVersion: 'TLSv1.2' }, by: stapler() })
    const { handshakes } = play(story)
    expect(handshakes.map(({ ocsp }) => ocsp)).toEqual([[SAYS_GOOD]])
  })

  test('in TLS 1.3, beside its certificate: with keys', async () => {
    const { story, keyLog } = await record({ client, by: stapler() })
    expect(play(story, { keys: keyLog }).handshakes.map(({ ocsp }) => ocsp)).toEqual([[SAYS_GOOD]])
    expect('ocsp' in play(story).handshakes[0]!).toBe(false)
  })

  test('to the second certificate of a chain', () => {
    const der = new Uint8Array(
      Buffer.from(/CERTIFICATE-----([^-]*)/.exec(RSA.cert)![1]!.replaceAll(/\s/g, ''), 'base64'),
    )
    const entry = (...extensions: Uint8Array[]): Uint8Array =>
      concat(vector(3, der), vector(2, ...extensions))
    const certificate = message(
      11,
      vector(1),
      vector(3, entry(), entry(extension(18), extension(5, one(REVOKED)))),
    )
    const { story } = made({ flight: [certificate] })
    const { handshakes } = play(story, { keys: keyLogOf() })
    expect(handshakes).toMatchObject([{ certificates: [{}, {}], ocsp: [SAYS_REVOKED] }])
  })
})
