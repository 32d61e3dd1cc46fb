// Signs in as a strict client does, step by step: node sign_in.mjs ISSUER RESOURCE PROTECTED [CLIENT_ID SECRET METHOD]
// Where a browser would be opened, it prints the address and reads from stdin where the browser came out.
import * as oauth from 'oauth4webapi'
import { createInterface } from 'node:readline'

const [issuer, resource, protectedAddress, clientId, secret, method] = process.argv.slice(2)
const options = { [oauth.allowInsecureRequests]: true }
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const callback = 'http://127.0.0.1:7777/callback'
const say = (step, told) => console.log(JSON.stringify({ step, ...told }))

const found = await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...options })
const server = await oauth.processDiscoveryResponse(new URL(issuer), found)
say('discovered')

async function identify() {
  if (clientId) {
    const way = method === 'basic' ? oauth.ClientSecretBasic : oauth.ClientSecretPost
    return [{ client_id: clientId }, way(secret)]
  }
  const metadata = { redirect_uris: [callback], token_endpoint_auth_method: 'none', client_name: 'Strict' }
  const answer = await oauth.dynamicClientRegistrationRequest(server, metadata, options)
  return [await oauth.processDynamicClientRegistrationResponse(answer), oauth.None()]
}
const [client, way] = await identify()
say('known')

async function signIn() {
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const address = new URL(server.authorization_endpoint)
  const told = {
    response_type: 'code', client_id: client.client_id, redirect_uri: callback, state, resource, scope: 'read:apps offline_access',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(told)) address.searchParams.set(name, value)
  say('browser', { go: address.href })
  const { value } = await lines.next()
  return [oauth.validateAuthResponse(server, client, new URL(value), state), verifier]
}

const more = { additionalParameters: { resource }, ...options }
async function bring([code, verifier]) {
  const answer = await oauth.authorizationCodeGrantRequest(server, client, way, code, callback, verifier, more)
  return oauth.processAuthorizationCodeResponse(server, client, answer)
}
async function knock(token) {
  try {
    return (await oauth.protectedResourceRequest(token, 'GET', new URL(protectedAddress), undefined, null, options)).status
  } catch (error) {
    if (error instanceof oauth.WWWAuthenticateChallengeError) return error.status
    throw error
  }
}
async function refused(work) {
  try {
    await work()
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError) return error.error
    throw error
  }
  return 'taken'
}

const first = await bring(await signIn())
say('in', { status: await knock(first.access_token) })
const refresh = async (token) =>
  oauth.processRefreshTokenResponse(server, client, await oauth.refreshTokenGrantRequest(server, client, way, token, more))
const second = await refresh(first.refresh_token)
say('refreshed', { another: second.refresh_token !== first.refresh_token, status: await knock(second.access_token) })
await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, way, second.refresh_token, options))
say('revoked', { status: await knock(second.access_token), refresh: await refused(() => refresh(second.refresh_token)) })

const brought = await signIn()
const third = await bring(brought)
say('replayed', { error: await refused(() => bring(brought)), status: await knock(third.access_token) })
process.exit(0)  // it would wait for more to read
