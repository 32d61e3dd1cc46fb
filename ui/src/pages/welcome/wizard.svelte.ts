/** Setup wizard. The server stores its progress. */
import { unwrap, api, type Onboarding, type Progress, type StepView } from '../../lib/api'
import { go } from '../../lib/route.svelte'
import { texts } from '../../texts/welcome'
import { texts as common } from '../../texts/common'

const STEPS: readonly StepView[] = [
  { name: 'use', label: common.permissions, title: texts.wizard.useTitle, text: texts.wizard.useHint },
  { name: 'tunnel', label: common.address, title: texts.wizard.tunnelTitle, text: texts.wizard.tunnelHint },
  { name: 'connect', label: texts.wizard.connect, title: texts.wizard.connectTitle, text: texts.wizard.connectHint },
]

const ORDER = ['gmail', 'apps'] // of the integrations; the others follow

class Wizard {
  /** Fixed steps, then those of the integrations. */
  steps = $state.raw(STEPS)
  value = $state.raw<Onboarding>()
  /** Key of the first client, shown once and kept in this page only. */
  key = $state('')

  readonly next = $derived(this.steps.find(({ name }) => this.value?.steps[name] === 'open')?.name)

  async load(): Promise<void> {
    const [value, integrations] = await Promise.all([unwrap(api.GET('/api/onboarding')), unwrap(api.GET('/api/onboarding/steps'))])
    const known = ORDER.flatMap((name) => integrations.filter((step) => step.name === name))
    this.steps = [...STEPS, ...known, ...integrations.filter(({ name }) => !ORDER.includes(name))]
    this.value = value
  }

  async save(change: Partial<Progress>): Promise<void> {
    const { finished = false, steps, client = null } = this.value ?? {}
    const body: Progress = { finished, client, ...(steps && { steps }), ...change }
    this.value = await unwrap(api.PUT('/api/onboarding', { body }))
  }

  /** Records how a step ended and shows the next one, or the overview after the last. */
  async leave(name: string, how: 'done' | 'skipped', more: Partial<Progress> = {}): Promise<void> {
    const after = this.steps[this.steps.findIndex((step) => step.name === name) + 1]
    const steps = { ...this.value!.steps, [name]: how }
    await this.save({ ...more, steps, finished: !after || this.value!.finished })
    if (after) go('welcome', after.name)
    else go('overview')
  }
}

export const wizard = new Wizard()

/** Opens the wizard at the first start, unless another page is requested. */
export async function openWizardAtFirstStart(): Promise<void> {
  await wizard.load().catch(() => undefined) // the overview shows the error
  if (wizard.value && !wizard.value.finished && !location.hash) go('welcome')
}
