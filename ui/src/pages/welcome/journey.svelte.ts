/** How far the person has come with setting Deskhand up. Deskhand keeps it, so that they can go on another time. */
import { ask, local, type Onboarding, type Progress } from '../../lib/local'
import { go } from '../../lib/route.svelte'

export type StepName = keyof Onboarding['steps']

export const STEPS: readonly { name: StepName; word: string; title: string; text: string }[] = [
  { name: 'use', word: 'Permissions', title: 'Choose what ChatGPT may use', text: 'Nothing is open until you open it.' },
  { name: 'tunnel', word: 'Address', title: 'Let ChatGPT reach this computer', text: 'With a free ngrok account. Scripts on this computer need none.' },
  { name: 'connect', word: 'ChatGPT', title: 'Connect a GPT', text: 'An address and a key, pasted into ChatGPT.' },
  { name: 'gmail', word: 'Gmail', title: 'Sign in to Gmail', text: 'With a Google account. Programs need none.' },
  { name: 'apps', word: 'Programs', title: 'Choose your programs', text: 'Only what stands on your list can be started.' },
]

class Journey {
  value = $state.raw<Onboarding>()
  /** The first client's key, which Deskhand tells once; it is nowhere but in this page. */
  key = $state('')

  readonly next = $derived(STEPS.find(({ name }) => this.value?.steps[name] === 'open')?.name)

  async load(): Promise<void> { this.value = await ask(local.GET('/api/onboarding')) }

  async save(change: Partial<Progress>): Promise<void> {
    const { finished = false, steps, client = null } = this.value ?? {}
    const body: Progress = { finished, client, ...(steps && { steps }), ...change }
    this.value = await ask(local.PUT('/api/onboarding', { body }))
  }

  /** Notes how a step ended and goes to the one after it; after the last one the window is the usual one. */
  async leave(name: StepName, how: 'done' | 'skipped', more: Partial<Progress> = {}): Promise<void> {
    const after = STEPS[STEPS.findIndex((step) => step.name === name) + 1]
    const steps = { ...this.value!.steps, [name]: how }
    await this.save({ ...more, steps, finished: !after || this.value!.finished })
    if (after) go('welcome', after.name)
    else go('overview')
  }
}

export const journey = new Journey()

/** At a first start the window begins with the welcome, unless it was asked for another page. */
export async function beginWhereItBegins(): Promise<void> {
  await journey.load().catch(() => undefined) // the overview says what is wrong
  if (journey.value && !journey.value.finished && !location.hash) go('welcome')
}
