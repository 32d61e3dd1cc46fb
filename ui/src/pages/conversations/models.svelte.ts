/** Models that a message can be sent to, shared by all composers. */
import { explain } from '../../lib/api'
import { listModels, readConnection } from '../openai/openai'

class Models {
  names = $state.raw<string[]>([])
  /** Default model. */
  standard = $state('')
  /** Host of another service than OpenAI's; empty otherwise. */
  service = $state('')
  /** Undefined: not known yet. */
  keyIsSet = $state<boolean>()
  /** Why that is not known. */
  error = $state('')

  /** Fetches them; without them the default model can still be used. */
  async load(): Promise<void> {
    this.error = ''
    try {
      const connection = await readConnection()
      this.keyIsSet = connection.key_is_set || connection.is_free
      this.standard = connection.model
      this.service = connection.is_free ? new URL(connection.base_url).host : ''
      if (this.keyIsSet) this.names = (await listModels()).map(({ id }) => id)
    } catch (error) { if (this.keyIsSet === undefined) this.error = explain(error) } // otherwise the composer only offers no other model
  }
}

export const models = new Models()
