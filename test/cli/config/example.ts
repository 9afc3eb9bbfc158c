/** The configuration that the documentation shows: every key once. */
export const EXAMPLE = String.raw`services:
  - name: dlp-endpoint
    profile: symantec-dlp            # symantec-dlp | symantec-dlp-12.5 | symantec-sepm | symantec-sems | mcafee-epo | generic
    fqdn: dlp.example.com
    ports: [10443]
    vips: [10.10.2.10]
    connections: persistent          # persistent | polling | web
    persistence: sticky              # sticky | failover | ordered | weighted | random | none
    persistenceDuration: 24h
    idleThreshold: 60s               # a gap this long counts as idle
    serverIdleTimeout: 30s           # the server's own idle close, by design; absent: never
    heartbeat: 270s
    checkIn: 60m
    servers:                         # the real servers; priority 1 is preferred, equal priorities are a group
      - { name: dlp1, addresses: [10.10.3.11], priority: 1, weight: 10, replicationAddresses: [10.10.9.11] }
      - { name: dlp2, addresses: [10.10.3.12], priority: 2, weight: 1 }
    failback: { expected: true, delay: 24h }
    tls: { mode: passthrough }       # passthrough | termination | any
    enrolment: { paths: [/omc/enroll], singleSetCookie: true, cookie: ovidCookie }
    web: { sessionCookies: [JSESSIONID], csrfFields: [csrfToken], proxies: [10.10.2.21, 10.10.2.22] }
    smtp: { ports: [25], nextHops: [10.10.5.25] }
    replication: { ports: [444] }
    wakeUp: { port: 8081, within: 60s }
    identity:                        # first that matches names the agent
      - httpHeader: X-Agent-Id
      - urlParameter: AgentGuid
      - cookie: agent
      - payloadPattern: '"agent":"([^"]+)"'   # first group, in the agent's first bytes
      - clientCertificate: subject
locations:                           # who must use which servers, in which order of preference
  - { name: Office, subnets: [10.10.1.0/25], servers: { sepm: [[sepm1], [sepm2]] } }
groups:
  - { name: A, agents: [GUID-1, 10.10.1.7], servers: { epo: [[ah1, ah2], [ah3]] } }
devices:                             # what stands in between
  - { role: load-balancer, name: lb1, addresses: [10.10.2.2, 10.10.3.1, 10.10.2.10], idleTimeout: 300s }
  - { role: firewall, addresses: [10.10.1.1, 10.10.2.1] }
nat:
  - { inside: 10.10.1.0/24, outside: [203.0.113.5], mapping: static }   # static | shared | pool
dns: { names: [keys.example.com] }
agents:
  - { id: EPA-0017, addresses: [10.10.1.101] }
ignore: [10.10.1.250]                # scanners, probes
`
