/** What every answer says to a browser: nothing foreign is loaded, framed, guessed or told. */
import { secureHeaders } from 'hono/secure-headers'

/** Scripts, styles, pictures and connections of this server only; nothing inline. */
export const CONTENT_SECURITY_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  fontSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
}

const HSTS = 'max-age=31536000'

/** HSTS only where browsers come by https: on plain http it would lock loopback out. */
export const secureAnswers = (https: boolean) =>
  secureHeaders({
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    strictTransportSecurity: https ? HSTS : false,
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
    crossOriginOpenerPolicy: 'same-origin',
    crossOriginResourcePolicy: 'same-origin',
    permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
  })
