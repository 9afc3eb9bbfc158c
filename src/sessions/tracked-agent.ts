/** The session stage's own view of an agent: what detectors read, and what it is attached to. */
import type { Agent, AgentAddress, Service } from '../model/party.ts'
import type { IdentifiedBy } from '../model/record.ts'
import { Attachment } from './sighting.ts'

/** What is remembered of an agent and a service. Every agent that this stage tells of is one of its own. */
export const attachmentOf = (agent: Agent, service: Service): Attachment =>
  (agent as TrackedAgent).attachmentTo(service)

export class TrackedAgent implements Agent {
  readonly id: string
  readonly identifiedBy: IdentifiedBy
  readonly confidence: number
  readonly nameable: boolean
  readonly addresses: AgentAddress[] = []
  /** Most agents use one service: only the others need a map. */
  private first: Attachment | null = null
  private others: Map<Service, Attachment> | null = null

  constructor(id: string, identifiedBy: IdentifiedBy, confidence: number, nameable: boolean) {
    this.id = id
    this.identifiedBy = identifiedBy
    this.confidence = confidence
    this.nameable = nameable
  }

  attachmentTo(service: Service): Attachment {
    this.first ??= new Attachment(service)
    if (this.first.service === service) return this.first
    this.others ??= new Map()
    let attachment = this.others.get(service)
    if (attachment === undefined) this.others.set(service, (attachment = new Attachment(service)))
    return attachment
  }
}
