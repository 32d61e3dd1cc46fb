import { ask, local } from '../../lib/local'

/** Begins to sign an account in: Deskhand opens Google's page in this computer's browser, if it can. */
export async function signIn(account = ''): Promise<void> {
  await ask(local.POST('/api/gmail/sign-in', { body: { open: true, account } }))
}

/** Waits for no sign-in any more, and says nothing more of one that failed. */
export const forgetSignIn = () => ask(local.DELETE('/api/gmail/sign-in'))
