/** Alerts on their way out, as answers; and the body of a request to send some again. */
import { z } from 'zod'
import type {
  AlertOutputRow,
  AlertOutputType,
  AlertTest,
  DeliveryRow,
  DeliveryState,
  ResendAnswer,
} from '../../model/view.ts'
import { count, instant, number, severity } from './values.ts'

const NAME_MAX = 200

export const deliveryState = z.enum(['waiting', 'delivered', 'dead'] satisfies DeliveryState[])

export const deliveryRow = z
  .object({
    id: number,
    key: z.string().meta({ description: 'the same at every attempt' }),
    output: z.string(),
    incident: z.string().nullable(),
    kind: z.string(),
    severity,
    title: z.string(),
    state: deliveryState,
    attempts: count,
    created: instant,
    next: instant.nullable(),
    finished: instant.nullable(),
    answer: z.string().nullable().meta({ description: 'to the last attempt' }),
  })
  .meta({ id: 'DeliveryRow' }) satisfies z.ZodType<DeliveryRow>

const types = ['webhook', 'syslog', 'email', 'slack', 'teams', 'file'] satisfies AlertOutputType[]

export const alertOutputRow = z
  .object({
    name: z.string(),
    type: z.enum(types),
    target: z.string(),
    waiting: count,
    dead: count,
    delivered: deliveryRow.nullable(),
    failed: deliveryRow.nullable(),
  })
  .meta({ id: 'AlertOutputRow' }) satisfies z.ZodType<AlertOutputRow>

export const alertTest = z
  .object({ at: instant, target: z.string(), isDelivered: z.boolean(), answer: z.string() })
  .meta({ id: 'AlertTest' }) satisfies z.ZodType<AlertTest>

export const resendRequest = z
  .strictObject({ id: number.optional(), output: z.string().min(1).max(NAME_MAX).optional() })
  .meta({ id: 'ResendRequest' })

export const resendAnswer = z
  .object({ resent: count })
  .meta({ id: 'ResendAnswer' }) satisfies z.ZodType<ResendAnswer>
