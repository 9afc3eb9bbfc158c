/**
 * The vendors' requirements that incidents violate, in one sentence each. `S0`: Symantec DLP endpoint agents;
 * `S1`: Symantec Endpoint Protection Manager; `S2`: Symantec Encryption Management Server.
 */
export const REQUIREMENTS: Readonly<Record<string, string>> = {
  'S0-01': 'Rules on persistence hold up to version 12.0.1, and not for the default set-up from 12.5 on.',
  'S0-04': 'Nothing on the path may sever an agent’s connection, idle or not.',
  'S0-05': 'A connection that is severed costs a large overhead: agents download their policies again.',
  'S0-07': 'The product balances nothing itself: a spread over servers is the network’s doing.',
  'S0-09': 'The same agent stays on the same server.',
  'S0-10': 'Going to another server costs the same overhead as coming back.',
  'S0-11': 'What a server holds for an agent that went elsewhere is not freed at once.',
  'S0-15': 'A load balancer and the network behind it support persistent connections, active or inactive.',
  'S0-16': 'The load balancer keeps an agent with its server, and the server’s answers on the same way.',
  'S0-19': 'Address translation is static: both sides keep their addresses, also without traffic.',
  'S1-19': 'A connection that is held for push mode is not cut.',
  'S2-30': 'Stickiness is set wherever several nodes serve one name.',
  'S2-33': 'The answer to an enrolment holds one Set-Cookie; one that a load balancer adds can make it fail.',
  'S2-34': 'From 10.5.1 on the enrolment cookie is ovidCookie, and others beside it are tolerated.',
  'S2-35': 'The same source address always reaches the same server.',
}
