/** How far the person has come with setting Deskhand up. Deskhand keeps it, so that they can go on another time. */
import { ask, local, type Onboarding, type Progress, type StepView } from '../../lib/local'
import { go } from '../../lib/route.svelte'

const STEPS: readonly StepView[] = [
  { name: 'use', label: 'Permissions', title: 'Choose what ChatGPT may use', text: 'Nothing is open until you open it.' },
  { name: 'tunnel', label: 'Address', title: 'Let ChatGPT reach this computer', text: 'With a free ngrok account. Scripts on this computer need none.' },
  { name: 'connect', label: 'ChatGPT', title: 'Connect a GPT', text: 'An address and a key, pasted into ChatGPT.' },
]

const ORDER = ['gmail', 'apps'] // of the integrations; the others follow

class Journey {
  /** First those of every first run, then those of the integrations. */
  steps = $state.raw(STEPS)
  value = $state.raw<Onboarding>()
  /** The first client's key, which Deskhand tells once; it is nowhere but in this page. */
  key = $state('')

  readonly next = $derived(this.steps.find(({ name }) => this.value?.steps[name] === 'open')?.name)

  async load(): Promise<void> {
    const [value, integrations] = await Promise.all([ask(local.GET('/api/onboarding')), ask(local.GET('/api/onboarding/steps'))])
    const known = ORDER.flatMap((name) => integrations.filter((step) => step.name === name))
    this.steps = [...STEPS, ...known, ...integrations.filter(({ name }) => !ORDER.includes(name))]
    this.value = value
  }

  async save(change: Partial<Progress>): Promise<void> {
    const { finished = false, steps, client = null } = this.value ?? {}
    const body: Progress = { finished, client, ...(steps && { steps }), ...change }
    this.value = await ask(local.PUT('/api/onboarding', { body }))
  }

  /** Notes how a step ended and goes to the one after it; after the last one the window is the usual one. */
  async leave(name: string, how: 'done' | 'skipped', more: Partial<Progress> = {}): Promise<void> {
    const after = this.steps[this.steps.findIndex((step) => step.name === name) + 1]
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
