import { unwrap, api } from '../../lib/api'

/** Starts a sign-in: Deskhand opens Google's page in the browser, if it can. */
export async function signIn(account = ''): Promise<void> {
  await unwrap(api.POST('/api/gmail/sign-in', { body: { open: true, account } }))
}

/** Cancels a pending sign-in and dismisses a failed one. */
export const forgetSignIn = () => unwrap(api.DELETE('/api/gmail/sign-in'))
