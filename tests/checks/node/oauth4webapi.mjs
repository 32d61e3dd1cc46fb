// A strict client: https://github.com/panva/oauth4webapi. It prints what happens as lines of JSON; where it prints an address to
// visit, it reads from stdin the address that the browser was sent back to.
//
//     node oauth4webapi.mjs ISSUER RESOURCE REDIRECT_URI [CLIENT_ID CLIENT_SECRET post|basic]
import { strict as assert } from 'node:assert'
import { createInterface } from 'node:readline'
import * as oauth from 'oauth4webapi'

const [issuer, resource, redirectUri, clientId, clientSecret, method] = process.argv.slice(2)
const plain = { [oauth.allowInsecureRequests]: true } // loopback has no certificate
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (step, more = {}) => console.log(JSON.stringify({ step, ...more }))
const fails = async (error, act) => {
  const caught = await act().then(
    () => assert.fail(`${error} was expected`),
    (found) => found,
  )
  assert.equal(caught.error, error, String(caught))
}

const found = await oauth.discoveryRequest(new URL(issuer), { ...plain, algorithm: 'oauth2' })
const told = await found.clone().json()
assert.equal(told.issuer, issuer, 'the issuer is the same string, slash or not')
const server = await oauth.processDiscoveryResponse(new URL(issuer), found)
assert.deepEqual(server.code_challenge_methods_supported, ['S256'])
assert.equal(server.authorization_response_iss_parameter_supported, true)
say('discovery')

const resources = await oauth.resourceDiscoveryRequest(new URL(resource), plain)
const described = await oauth.processResourceDiscoveryResponse(new URL(resource), resources)
assert.equal(described.resource, resource)
assert.deepEqual(described.authorization_servers, [issuer], 'the issuer is the same string here too')
say('resource')

let client = { client_id: clientId }
let proof = { post: oauth.ClientSecretPost, basic: oauth.ClientSecretBasic }[method]?.(clientSecret)
if (!clientId) {
  const wanted = { client_name: 'oauth4webapi', redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }
  const registered = await oauth.dynamicClientRegistrationRequest(server, wanted, plain)
  client = await oauth.processDynamicClientRegistrationResponse(registered)
  assert.deepEqual(client.redirect_uris, [redirectUri])
  assert.equal(client.token_endpoint_auth_method, 'none')
  assert.equal(client.client_secret, undefined)
  proof = oauth.None()
  say('registration')
}

async function authorize() {
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const address = new URL(server.authorization_endpoint)
  const asked = {
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'read:mail offline_access',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    resource,
    state,
  }
  Object.entries(asked).forEach(([name, value]) => address.searchParams.set(name, value))
  say('visit', { address: address.href })
  const back = new URL((await lines.next()).value)
  assert.equal(back.searchParams.get('iss'), issuer, 'as a string')
  return { verifier, answer: oauth.validateAuthResponse(server, client, back, state) }
}

const exchange = async ({ verifier, answer }) => {
  const request = oauth.authorizationCodeGrantRequest
  const more = { ...plain, additionalParameters: { resource } }
  const response = await request(server, client, proof, answer, redirectUri, verifier, more)
  assert.equal(response.headers.get('cache-control'), 'no-store')
  return oauth.processAuthorizationCodeResponse(server, client, response)
}
const refresh = async (token) => {
  const response = await oauth.refreshTokenGrantRequest(server, client, proof, token, plain)
  return oauth.processRefreshTokenResponse(server, client, response)
}
const call = async (token) => {
  const tool = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: {} })
  const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' })
  const asked = resource === issuer ? ['GET', new URL('/gmail/auth/status', issuer)] : ['POST', new URL(resource), headers, tool]
  try {
    return (await oauth.protectedResourceRequest(token, ...asked.concat(Array(4 - asked.length).fill(undefined)), plain)).status
  } catch (error) {
    return error.status ?? error.cause?.status ?? 0
  }
}

const first = await authorize()
const wrong = { ...first, verifier: oauth.generateRandomCodeVerifier() }
await fails('invalid_grant', () => exchange(wrong))
say('a wrong verifier is refused')

const second = await authorize()
const tokens = await exchange(second)
assert.equal(tokens.token_type, 'bearer')
assert.ok(tokens.refresh_token)
assert.notEqual(await call(tokens.access_token), 401)
say('exchange')

const heirs = await refresh(tokens.refresh_token)
assert.notEqual(heirs.refresh_token, tokens.refresh_token)
assert.notEqual(heirs.access_token, tokens.access_token)
say('refresh')

const grandchildren = await refresh(heirs.refresh_token)
await fails('invalid_grant', () => refresh(tokens.refresh_token))
assert.notEqual(await call(grandchildren.access_token), 401)
assert.ok(await refresh(grandchildren.refresh_token))
say('a spent refresh token is refused')

const third = await authorize()
const others = await exchange(third)
const revoke = async (token) =>
  oauth.processRevocationResponse(await oauth.revocationRequest(server, client, proof, token, plain))
await revoke(others.refresh_token)
await revoke('dh_rt_never-there')
await fails('invalid_grant', () => refresh(others.refresh_token))
assert.equal(await call(others.access_token), 401)
say('revocation')

const fourth = await authorize()
const last = await exchange(fourth)
await fails('invalid_grant', () => exchange(fourth))
assert.equal(await call(last.access_token), 401)
say('a code is used once')

const fifth = await authorize()
const spare = await exchange(fifth)
say('done', { access_token: spare.access_token })
process.exit(0)
